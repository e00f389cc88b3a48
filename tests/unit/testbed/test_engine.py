from __future__ import annotations

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
