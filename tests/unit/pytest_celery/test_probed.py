"""What a worker's container gets so that the probe is in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.pytest_celery.probed import environment_of, is_worker, with_probe, words_of

WORKER = ["celery", "-A", "app", "worker", "-n", "one@%h"]
SHELL = ["/bin/sh", "-c", "celery -A app worker --loglevel=$LOG_LEVEL"]


@pytest.mark.parametrize("command", [WORKER, SHELL, "celery -A app worker", ["python", "-m", "celery", "worker"]])
def test_a_worker_is_known_by_its_command(command: list[str] | str) -> None:
    assert is_worker(command)


@pytest.mark.parametrize("command", [None, [], ["redis-server"], "celery -A app beat", ["sh", "-c", "my-worker"]])
def test_what_is_no_worker_is_left_alone(command: list[str] | str | None) -> None:
    assert not is_worker(command)


@pytest.mark.parametrize("command", [WORKER, SHELL, "celery -A app worker"])
def test_a_worker_imports_the_probe_in_whatever_form_its_command_is(command: list[str] | str) -> None:
    probed = with_probe(command)
    assert type(probed) is type(command)
    assert words_of(probed) == [*words_of(command), "-I", "harness.probe"]


def test_an_environment_may_be_a_list() -> None:
    assert environment_of(["A=1", "B=x=y"]) == environment_of({"A": "1", "B": "x=y"}) == {"A": "1", "B": "x=y"}
    assert environment_of(None) == {}


def test_the_arguments_of_a_worker_are_added_to_and_never_replaced(tmp_path: Path) -> None:
    pytest.importorskip("docker")
    from harness.pytest_celery.probed import probed  # noqa: PLC0415 - it needs the client

    given = {"command": WORKER, "environment": {"PYTHONPATH": "/app", "X": "1"}, "volumes": {"v": {}}, "mounts": ["m"]}
    arguments = probed(given, {"Cmd": None, "Env": ["PYTHONPATH=/image"]}, {"NAME": "worker-1"}, tmp_path)
    assert arguments["environment"] == {"PYTHONPATH": "/app:/opt/canvas-harness", "X": "1", "NAME": "worker-1"}
    assert arguments["volumes"] == {"v": {}}
    assert arguments["mounts"][0] == "m"
    sources = [mount["Source"] for mount in arguments["mounts"][1:]]
    assert sources[1] == str(tmp_path)
    assert (Path(sources[0]) / "probe" / "__init__.py").is_file()
    assert given["environment"] == {"PYTHONPATH": "/app", "X": "1"}


def test_an_images_own_command_and_path_count_where_none_is_given(tmp_path: Path) -> None:
    pytest.importorskip("docker")
    from harness.pytest_celery.probed import probed  # noqa: PLC0415 - it needs the client

    arguments = probed({"command": None}, {"Cmd": SHELL, "Env": ["PYTHONPATH=/image"]}, {}, tmp_path)
    assert arguments["environment"]["PYTHONPATH"] == "/image:/opt/canvas-harness"
    assert arguments["command"][2].endswith(" -I harness.probe")
