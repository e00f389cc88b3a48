from __future__ import annotations

import platform
from typing import TYPE_CHECKING

import pytest

from harness.testbed import engine

if TYPE_CHECKING:
    from pathlib import Path


def test_without_the_docker_package_the_reason_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "docker", None)
    assert "canvas-harness[containers]" in str(engine.unreachable())


def test_without_a_socket_the_reason_names_where_it_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("docker")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")
    assert f"{tmp_path}/no.sock" in str(engine.unreachable())


def test_an_engine_of_this_kernel_is_of_use() -> None:
    ours = {"KernelVersion": platform.release(), "SecurityOptions": ["name=seccomp,profile=default"]}
    assert engine.why_useless(ours) is None
    assert engine.why_useless(ours | {"SecurityOptions": None}) is None


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"KernelVersion": "6.6.12-linuxkit"}, "6.6.12-linuxkit"),
        ({"SecurityOptions": ["name=seccomp,profile=default", "name=rootless"]}, "name=rootless"),
        ({"SecurityOptions": ["name=userns"]}, "name=userns"),
    ],
)
def test_an_engine_on_another_kernel_or_with_other_users_is_of_none(other: dict[str, object], reason: str) -> None:
    assert reason in str(engine.why_useless({"KernelVersion": platform.release()} | other))
