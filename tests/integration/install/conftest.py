"""An environment with the harness as a stranger would have it: from a wheel, and with no checkout in sight.

The wheel is built from what is in this checkout, once a session. To be quick, the environment borrows the packages that
the harness depends on from the one that runs the tests; `.ci/installed` runs the same tests in one that has borrowed
nothing, whose Python CANVAS_HARNESS_INSTALLED names.
"""

from __future__ import annotations

import os
import subprocess
import sysconfig
import venv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[3]
PATIENCE_S = 300


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of commands of an environment with the harness in it."""
    if given := os.environ.get("CANVAS_HARNESS_INSTALLED"):
        return Path(given).absolute().parent
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=True)
    commands = folder / "bin"
    # A line in a .pth file makes packages importable, and does not follow what .pth files there say: not the checkout.
    libraries = next((folder / "lib").glob("python*/site-packages"))
    (libraries / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    command = commands / "pytest"
    command.write_text(f"#!{commands}/python\nimport pytest\n\nraise SystemExit(pytest.main())\n")
    command.chmod(0o755)
    pip_install(commands, [sources(tmp_path_factory)])
    return commands


def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a new copy of what the checkout would publish: setuptools finds again what it has built in an old one."""
    folder = tmp_path_factory.mktemp("sources")
    for name in tracked():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((ROOT / name).read_bytes())
    return folder


def pip_install(commands: Path, arguments: list[Any], **environment: str) -> None:
    command = [commands / "python", "-m", "pip", "install", "--no-deps", "--no-cache-dir", *arguments]
    done = run(command, commands, environment)
    if "No matching distribution found for setuptools" in done.stdout:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("pip reaches no index here: no wheel can be built")
    assert done.returncode == 0, done.stdout


def tracked() -> list[str]:
    """Name the files that git knows, and those that it would take."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [name for name in listed if (ROOT / name).is_file()]


def run(command: list[Any], folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST", "VIRTUAL"))}
    return subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env=clean | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


@pytest.fixture
def stranger(installed: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Type a command in the folder `tmp_path`; its first word is looked for in the environment."""

    def type_(command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        program, *arguments = command.split()
        return run([installed / program, *arguments], tmp_path, environment)

    return type_


@pytest.fixture
def without_compiler(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder to look for modules in, with the harness as it is installed where there is no C compiler."""
    folder = tmp_path_factory.mktemp("without_compiler")
    pip_install(installed, ["--target", folder, sources(tmp_path_factory)], CC="/bin/false")
    return folder


@pytest.fixture
def install_checkout(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Return what installs a checkout of its own, editable, in an environment of its own, and says where it is."""
    checkout, environment = sources(tmp_path_factory), tmp_path_factory.mktemp("developers")
    venv.create(environment, with_pip=True)

    def install() -> Path:
        pip_install(environment / "bin", ["--editable", checkout])
        return checkout

    return install
