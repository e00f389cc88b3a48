"""Fixtures for nodes without Docker: a Docker client whose containers are processes, and Redis that knows its port.

Worker nodes need none: their containers are those of pytest-celery, or of the suite, over another kind of container.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pytest_docker_tools import container, fxtr

from harness.pytest_celery.processes.client import ProcessClient
from harness.pytest_celery.processes.redis_container import ProcessRedisContainer

if TYPE_CHECKING:
    from harness.pytest_celery.processes.engine import ProcessEngine

_NETWORK = "{default_pytest_celery_network.name}"


@pytest.fixture(scope="session")
def docker_client(_canvas_harness_engine: ProcessEngine) -> ProcessClient:
    """Return what pytest-docker-tools shall ask for containers, and gets processes from."""
    return ProcessClient(_canvas_harness_engine)


default_redis_broker = container(
    image="{default_redis_broker_image}",
    command=fxtr("default_redis_broker_command"),
    network=_NETWORK,
    wrapper_class=ProcessRedisContainer,
)
default_redis_backend = container(
    image="{default_redis_backend_image}",
    command=fxtr("default_redis_backend_command"),
    network=_NETWORK,
    wrapper_class=ProcessRedisContainer,
)
