"""Fixtures for nodes in containers: the Docker client that pytest-celery uses, which lets the probe into workers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.pytest_celery.observation import Observation


@pytest.fixture(scope="session")
def docker_client(docker_client: Any, _canvas_harness_engine: Observation) -> Any:
    """Return pytest-docker-tools' own client, by which whoever starts a worker starts one with a probe in it."""
    from harness.pytest_celery.observed_containers import ObservedClient  # noqa: PLC0415 - it needs the client

    return ObservedClient(docker_client, _canvas_harness_engine)
