"""Every error that a person can run into: what it says, how it exits, and that it leaves nothing behind.

`tests/bench/errors.py` runs these, measures them, and makes a table of what they found.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Command

HERE = Path(__file__).parent
STRANGERS = str(HERE / "strangers")
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where testbeds have a private folder each
TABLE = "CANVAS_HARNESS_ERROR_TABLE"
RUNS, FULL = "runs", "full"


class Told(Protocol):
    """Runs the command, and sees to it that it says and does what it should."""

    def __call__(
        self,
        *arguments: str,
        code: int,
        says: tuple[str, ...],
        meanwhile: Callable[[Command], None] = ...,
        wrapper: tuple[str, ...] = ...,
        **environment: str,
    ) -> str: ...


@pytest.fixture
def told(harness: Callable[..., Command], folder: Path, request: pytest.FixtureRequest) -> Told:
    def told(
        *arguments: str,
        code: int,
        says: tuple[str, ...],
        meanwhile: Callable[[Command], None] = lambda _: None,
        wrapper: tuple[str, ...] = (),
        **environment: str,
    ) -> str:
        pages = set(SHARED_MEMORY.glob("canvas-harness-*"))
        command = harness(*arguments, wrapper=wrapper, **environment)
        meanwhile(command)
        found = command.finish()
        seconds = time.monotonic() - command.began
        names = {path.name for path in (folder / "tmp").iterdir()}
        mine = {path.name for path in set(SHARED_MEMORY.glob("canvas-harness-*")) - pages if path.name in names}
        left = [*command.family().values(), *names, *mine]
        keep(request.node.name, command.output, found, seconds, left)
        assert found == code, command.output
        for part in says:
            assert part in command.output
        assert left == []
        return command.output

    return told


def keep(test: str, output: str, code: int, seconds: float, left: list[str]) -> None:
    """Write down what was found, where somebody makes a table of it."""
    if path := os.environ.get(TABLE):
        row = {"error": test, "text": output, "code": code, "seconds": seconds, "left": left}
        with Path(path).open("a") as table:
            table.write(json.dumps(row) + "\n")


def as_ordinary_user() -> tuple[str, ...]:
    """Return what takes root's right to write everywhere away; an ordinary user has none."""
    if os.geteuid():
        return ()
    if not shutil.which("setpriv"):
        pytest.skip("root may write everywhere, and there is no setpriv to take that away")
    return ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


def with_small_disk_at(path: Path, size: str) -> tuple[str, ...]:
    """Return what gives a command a disk of its own, of this size, at this place."""
    spaces = ("unshare", "-m") if os.geteuid() == 0 else ("unshare", "-rm")
    mounting = f"mount -t tmpfs -o size={size} none '{path}' && exec \"$@\""
    if (
        not shutil.which("unshare")
        or subprocess.run([*spaces, "sh", "-c", mounting, "sh", "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("no disk of one's own can be mounted here")
    return (*spaces, "sh", "-c", mounting, "sh")


def kill(name: str) -> Callable[[Command], None]:
    def meanwhile(command: Command) -> None:
        command.read_until("testbed up")
        os.kill(command.process_of(name), signal.SIGKILL)

    return meanwhile


# ---- wrong usage ---------------------------------------------------------------------------------------------------


def test_a_scenario_that_is_not_known_is_named_with_those_that_are(told: Told) -> None:
    told("run", "hapy", code=2, says=("expected: a scenario, one of happy", "found: 'hapy'", "to do: write 'happy'"))


def test_an_option_that_is_not_known_is_named(told: Told) -> None:
    told("run", "--worker", code=2, says=("No such option", "--workers"))


def test_an_apps_module_that_is_not_there_is_named(told: Told) -> None:
    parts = ("expected: the app no_such_module:app to be there", "no module named 'no_such_module'", "PYTHONPATH=.")
    assert "Traceback" not in told("run", "no_module", code=2, says=parts, PYTHONPATH=STRANGERS)


def test_an_app_that_is_not_in_its_module_is_named(told: Told) -> None:
    parts = ("expected: the app patient_app:no_such_app to be there", "has no 'no_such_app'", "write patient_app:app")
    assert "Traceback" not in told("run", "no_attribute", code=2, says=parts, PYTHONPATH=STRANGERS)


def test_what_is_no_celery_app_is_not_taken_for_one(told: Told) -> None:
    parts = ("expected: patient_app:no_app to be a Celery app", "found: 'patient'", "`module:attribute`")
    assert "Traceback" not in told("run", "no_app", code=2, says=parts, PYTHONPATH=STRANGERS)


def test_an_app_that_fails_at_import_gives_its_own_traceback_and_none_of_ours(told: Told) -> None:
    parts = ("expected: the app failing_app:app to be imported", "found: KeyError: 'NO_SUCH_SETTING'")
    output = told("run", "fails_at_import", code=2, says=(*parts, "-c 'import failing_app'"), PYTHONPATH=STRANGERS)
    frames = [line.split('"')[1] for line in output.splitlines() if line.strip().startswith("File ")]
    assert frames[:2] == [f"{STRANGERS}/failing_app.py"] * 2
    assert not any("celery" in frame or "/harness/" in frame.replace(STRANGERS, "") for frame in frames)


def test_pythonpath_means_what_it_means_where_the_command_was_typed(told: Told, folder: Path) -> None:
    told("run", "no_app", code=2, says=("to be a Celery app",), PYTHONPATH=os.path.relpath(STRANGERS, folder))


def test_a_package_whose_scenarios_cannot_be_imported_is_named_with_its_traceback(told: Told) -> None:
    parts = ("expected: the scenarios of the package unimportable", "found: NameError: name 'undefined_name'")
    output = told("run", "happy", code=2, says=(*parts, "uninstall the package"), PYTHONPATH=str(HERE / "unimportable"))
    assert [line.split('"')[1] for line in output.splitlines() if line.startswith("  File ")] == [
        str(HERE / "unimportable" / "unimportable.py")
    ]


# ---- where runs are kept -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "mode"),
    [(("--directory", f"locked/{RUNS}"), 0o500), (("--directory", f"locked/{RUNS}"), 0), ((), 0o500)],
    ids=["named", "named, out of sight", "default"],
)
def test_a_place_for_runs_that_cannot_be_written_to_is_refused_before_anything_starts(
    arguments: tuple[str, ...], mode: int, told: Told, folder: Path
) -> None:
    locked = folder if not arguments else folder / "locked"
    locked.mkdir(exist_ok=True)
    wrapper = as_ordinary_user()
    locked.chmod(mode)
    try:
        parts = ("expected: to make the", "found: ", "to do: give --directory a place")
        output = told("run", "happy", *arguments, code=2, says=parts, wrapper=wrapper)
    finally:
        locked.chmod(0o700)
    assert "testbed up" not in output


def test_a_file_where_runs_should_be_kept_is_no_folder(told: Told, folder: Path) -> None:
    (folder / "harness-runs").touch()
    told("run", "happy", code=2, says=("expected: harness-runs to be a folder", "found: 'it is a file'"))


def test_a_full_disk_under_the_runs_is_named(told: Told, folder: Path) -> None:
    (folder / FULL).mkdir()
    wrapper = with_small_disk_at(folder / FULL, "16k")
    parts = ("expected: to be able to write into the run directory", "No space left on device", "room on the disk")
    told("run", "happy", "--directory", f"{FULL}/{RUNS}", code=3, says=parts, wrapper=wrapper)


@pytest.mark.parametrize("size", ["4k", "16k", "40k"])
def test_a_full_disk_under_temporary_files_is_named_whatever_dies_of_it(size: str, told: Told, folder: Path) -> None:
    wrapper = with_small_disk_at(folder / "tmp", size)
    parts = ("No space left on device", "to do: make room there, or set TMPDIR")
    output = told("run", "happy", code=3, says=parts, wrapper=wrapper)
    assert "Traceback" not in output


# ---- processes that die --------------------------------------------------------------------------------------------


def test_a_worker_that_dies_at_its_start_has_the_last_word(told: Told) -> None:
    parts = ("expected: worker-1 to start and to stay", "ended with exit code 7", "no licence for this host")
    output = told("run", "dies_at_start", code=3, says=parts, PYTHONPATH=STRANGERS)
    assert "superuser" not in output


def test_a_worker_that_cannot_start_says_where_celery_gave_up(told: Told) -> None:
    parts = ("expected: worker-1 to start and to stay", "exit code 1", "TypeError: 'int' object is not iterable")
    output = told("run", "wrong_settings", code=3, says=(*parts, "celery/app/amqp.py"), PYTHONPATH=STRANGERS)
    assert "/harness/" not in output.replace(STRANGERS, "")
    assert "click/" not in output


@pytest.mark.parametrize("name", ["redis", "sender", "recorder"])
def test_a_part_that_is_killed_in_the_middle_is_named_with_its_signal(name: str, told: Told) -> None:
    parts = (f"expected: {name} to live as long as its testbed", f"'{name} ended with SIGKILL'", f"logs/{name}.log")
    told("run", "waits", "--clock", "real", code=3, says=parts, meanwhile=kill(name), PYTHONPATH=STRANGERS)


def test_a_worker_that_is_killed_in_the_middle_is_a_fact_of_the_run(told: Told, folder: Path) -> None:
    def meanwhile(command: Command) -> None:
        command.read_until("testbed up")
        deadline = time.monotonic() + 20
        while not any("AttemptStarted" in path.read_text() for path in folder.glob("tmp/*/journals/worker-1-*")):
            assert time.monotonic() < deadline, command.output
        os.kill(command.process_of("worker-1"), signal.SIGKILL)

    parts = ("waits: incomplete (settled with loss)", "was with worker-1, which died", "0 of 1 as expected")
    told("run", "waits", "--clock", "real", code=1, says=parts, meanwhile=meanwhile, PYTHONPATH=STRANGERS)


# ---- what the machine has not --------------------------------------------------------------------------------------


def test_where_there_is_no_redis_it_is_said_how_to_get_one(told: Told) -> None:
    parts = ("expected: a Redis server", "neither redis-server nor valkey-server", "`harness doctor`")
    told("run", "happy", code=3, says=parts, PATH="/no/such/folder", PYTHONPATH=str(HERE / "absent"))


def test_a_redis_that_is_asked_for_and_not_there_is_wrong_usage(told: Told) -> None:
    parts = ("expected: --redis-server to name a program", "found: '/no/redis'", "to do: give the path")
    told("run", "happy", "--redis-server", "/no/redis", code=2, says=parts)


def test_a_program_that_is_no_redis_is_told_by_its_own_words(told: Told) -> None:
    told("run", "happy", "--redis-server", "/bin/ls", code=3, says=("expected: redis to become ready", "to do: mend"))


def test_a_celery_that_is_too_old_is_refused_with_the_line_to_type(told: Told) -> None:
    parts = ("expected: celery 5.4 or later", "found: '5.3.6'", "pip install 'celery>=5.4'")
    told("run", "happy", code=3, says=parts, PYTHONPATH=str(HERE / "outdated"))


def interpreter_that_says(statement: str) -> tuple[str, ...]:
    """Return what runs the command in an interpreter that takes itself, or its machine, for another one."""
    code = f"import runpy, sys; {statement}; sys.argv = ['harness', *sys.argv[6:]]; runpy.run_module('harness')"
    return ("sh", "-c", 'exec "$2" -P -c "$0" "$@"', code, "sh")


def test_a_python_that_is_too_old_is_refused_before_it_stumbles_over_anything(told: Told) -> None:
    parts = ("expected: Python 3.11 or later", "found: 3.10", "to do: make an environment with a later one")
    told("run", "happy", code=3, says=parts, wrapper=interpreter_that_says("sys.version_info = (3, 10, 4)"))


def test_a_machine_without_virtual_time_says_so_in_one_line_and_runs(told: Told) -> None:
    parts = ("real time: virtual time needs Linux, this is darwin", "1 of 1 as expected")
    told("run", "happy", code=0, says=parts, wrapper=interpreter_that_says("sys.platform = 'darwin'"))


# ---- being asked to end --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "code", "says"), [(2, 130, "interrupted"), (15, 143, "terminated")])
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("moment", ["start-up", "run"])
def test_whoever_asks_for_the_end_gets_it_once_or_twice(  # noqa: PLR0913, PLR0917 - they are the test's parameters
    number: int, code: int, says: str, times: int, moment: str, told: Told
) -> None:
    def meanwhile(command: Command) -> None:
        if moment == "run":
            command.read_until("testbed up")
        else:
            while not any("harness.testbed.supervise" in line for line in command.family().values()):
                assert command.process.poll() is None
        for _ in range(times):
            command.process.send_signal(number)

    output = told(
        *("run", "waits", "--clock", "real"), code=code, says=(says,), meanwhile=meanwhile, PYTHONPATH=STRANGERS
    )
    assert "Traceback" not in output
    assert output.endswith("nothing was left behind\n")
