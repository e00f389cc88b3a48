from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from harness.cli.doctor_command import conclusion
from harness.doctor import engine_found, redis_found, surroundings
from harness.doctor.findings import Examination, Finding, State

if TYPE_CHECKING:
    from pathlib import Path


def examination(**states: State) -> Examination:
    return Examination(
        findings=tuple(Finding(name=name.replace("_", " "), state=state, found="") for name, state in states.items())
    )


@pytest.mark.parametrize(
    ("states", "can_run", "text"),
    [
        ({"Virtual_time": "ok", "Redis": "ok"}, True, "harness run works here, in virtual time"),
        ({"Virtual_time": "limited", "Redis": "ok"}, True, "harness run works here, in real time"),
        ({"Virtual_time": "ok", "Redis": "missing"}, False, "harness run cannot work here: Redis"),
    ],
)
def test_what_is_missing_decides_and_what_is_limited_does_not(
    states: dict[str, State],
    can_run: bool,  # noqa: FBT001 - a parameter of the test
    text: str,
) -> None:
    assert examination(**states).can_run is can_run
    assert conclusion(examination(**states)) == text


@pytest.mark.parametrize(
    ("reason", "lines"),
    [
        ("the package docker is not installed: pip install it", ("pip install 'canvas-harness[containers]'",)),
        ("containers share journals and FIFOs with the harness, which takes Linux", ()),
        ("no Docker engine at /x: uid 1 has no permission", ("sudo usermod -aG docker $USER", "newgrp docker")),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there are no containers")
def test_each_reason_against_containers_has_its_own_remedy(
    reason: str, lines: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_found, "unavailable", lambda: reason)
    assert engine_found.find_engine().remedies == lines


@pytest.mark.parametrize(("version", "state"), [("6.0.16", "missing"), ("6.2.0", "ok"), ("10.0.1", "ok")])
def test_a_redis_that_is_too_old_is_none(version: str, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_found, "find_program", lambda _=None: "/x/redis-server")
    monkeypatch.setattr(redis_found, "version_of", lambda _: ("Redis", version))
    assert redis_found.find_redis().state == state


def test_a_folder_that_cannot_be_written_to_says_why(tmp_path: Path) -> None:
    assert surroundings.why_not_writable(tmp_path / "gone") == "no such file or directory"
    assert surroundings.why_not_writable(tmp_path) is None
    assert list(tmp_path.iterdir()) == []
