"""The workflow on GitHub: it does what this repository says elsewhere, by the same commands, and nothing of its own."""

from __future__ import annotations

import configparser
import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
# What prepares a machine is no command of the project's.
PREPARES = re.compile(
    r"(sudo )?apt-get (update|install -y (--no-install-recommends )?[a-z0-9. -]+)"
    r"|git config --global --add safe\.directory \"\$PWD\""
)


def jobs() -> dict[str, Any]:
    return {
        f"{path.stem}.{name}": job
        for path in WORKFLOWS
        for name, job in yaml.safe_load(path.read_text())["jobs"].items()
    }


def steps() -> list[dict[str, Any]]:
    return [step for job in jobs().values() for step in job["steps"]]


def tox() -> configparser.ConfigParser:
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(ROOT / "tox.ini")
    return settings


def readmes_test_command() -> str:
    (command,) = re.findall(r"^    (python3 -m venv .*/pytest)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    return str(command)


def is_ours(command: str) -> bool:
    """Say whether a command is one that this repository has: a script, tox with environments that there are."""
    (wanted,) = (one for one in PROJECT["project"]["optional-dependencies"]["dev"] if one.startswith("tox"))
    if re.fullmatch(rf"(\.venv/bin/)?pip install (-q )?'{re.escape(wanted)}'", command):
        return True
    if match := re.fullmatch(r"(?:\.venv/bin/)?tox run -e (.+)", command):
        return all(is_an_environment(name) for name in match[1].split(","))
    script = ROOT / command
    return re.fullmatch(r"\.ci/[a-z-]+", command) is not None and os.access(script, os.X_OK)


def celery_versions() -> list[str]:
    matrices = [job.get("strategy", {}).get("matrix", {}) for job in jobs().values()]
    (found,) = (matrix["version"] for matrix in matrices if "version" in matrix)
    return list(found)


def is_an_environment(name: str) -> bool:
    """Say whether tox.ini has it: by its name, or as one of those that `{4,5}` stands for. The matrix fills it in."""
    patterns = [re.escape(section.removeprefix("testenv:")) for section in tox().sections()]
    patterns = [re.sub(r"\\{(.*)\\}", lambda one: f"(?:{one[1].replace(',', '|')})", one) for one in patterns]
    names = [name.replace("${{ matrix.version }}", version) for version in celery_versions()]
    return all(any(re.fullmatch(pattern, one) for pattern in patterns) for one in names)


@pytest.mark.parametrize("run", [step["run"] for step in steps() if "run" in step])
def test_every_command_is_the_readmes_or_toxs_or_a_script_of_this_repository(run: str) -> None:
    if run == readmes_test_command():
        return
    strange = [command for command in run.split(" && ") if not (PREPARES.fullmatch(command) or is_ours(command))]
    assert strange == []


def test_all_that_must_hold_is_run() -> None:
    runs = [step["run"] for step in steps() if "run" in step]
    assert readmes_test_command() in runs  # all tests, in containers as well
    named = {name for run in runs for match in re.findall(r"tox run -e (\S+)", run) for name in match.split(",")}
    assert named >= {"lint", "types", "imports", "embedded", "celery${{"}
    assert celery_versions() == ["54", "55", "56", "57"]
    assert any(run.endswith(".ci/wheels && .ci/installed") for run in runs)
    assert ".ci/examples" in runs


def test_the_pythons_are_those_that_the_project_says_it_supports() -> None:
    matrices = (job["strategy"]["matrix"] for job in jobs().values() if "strategy" in job)
    (matrix,) = (matrix["python"] for matrix in matrices if "python" in matrix)
    said = [
        line.rpartition(" ")[2] for line in PROJECT["project"]["classifiers"] if re.search(r"Python :: 3\.\d", line)
    ]
    of_tox = re.findall(r"py3(\d+)", tox()["tox"]["env_list"])
    assert matrix == said == [f"3.{minor}" for minor in of_tox]


@pytest.mark.parametrize("step", [step["uses"] for step in steps() if "uses" in step])
def test_what_others_wrote_is_named_by_its_commit_and_said_which_version_that_is(step: str) -> None:
    assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step)
    texts = [path.read_text() for path in WORKFLOWS]
    assert any(re.search(rf"{re.escape(step)} # v\d+\.\d+\.\d+$", text, re.MULTILINE) for text in texts)


@pytest.mark.parametrize("name", jobs())
def test_a_job_ends_in_time_and_may_change_nothing(name: str) -> None:
    assert 0 < jobs()[name]["timeout-minutes"] <= 20
    (workflow,) = (yaml.safe_load(path.read_text()) for path in WORKFLOWS if path.stem == name.partition(".")[0])
    assert workflow["permissions"] == {"contents": "read"}
    assert "permissions" not in jobs()[name]
