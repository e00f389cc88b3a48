"""A suite of pytest-celery's as people have them, and one line more: the first."""

pytest_plugins = ["canvas_harness.pytest_celery"]

import os
from pathlib import Path

import pytest
import shop_tasks
from pytest_celery import CeleryBrokerCluster
from pytest_docker_tools import build


@pytest.fixture
def default_worker_tasks(default_worker_tasks):
    """Have workers know this suite's tasks besides pytest-celery's."""
    return {*default_worker_tasks, shop_tasks}


@pytest.fixture
def celery_broker_cluster(celery_redis_broker):
    """Run every test with Redis, and not once more with RabbitMQ."""
    cluster = CeleryBrokerCluster(celery_redis_broker)
    yield cluster
    cluster.teardown()


# ---- where images come from on a machine without a registry

celery_base_worker_image = build(
    path=str(Path(__file__).parent),
    tag="canvas-harness/pytest-celery-suite",
    network_mode="host",
    buildargs={"PYTHON_IMAGE": os.environ.get("CANVAS_HARNESS_PYTHON_IMAGE", "python:3.12-slim")},
)


@pytest.fixture
def default_redis_broker_image():
    return os.environ.get("CANVAS_HARNESS_REDIS_IMAGE", "redis:7")


@pytest.fixture
def default_redis_backend_image():
    return os.environ.get("CANVAS_HARNESS_REDIS_IMAGE", "redis:7")


@pytest.fixture(scope="session", autouse=True)
def engine_beside_the_tests(pytestconfig):
    """pytest-docker-tools takes a machine that is itself a container for a neighbour of those that it starts."""
    with pytest.MonkeyPatch.context() as patch:
        if pytestconfig.getoption("--testbed") != "local":
            patch.setattr("pytest_docker_tools.wrappers.container.tests_inside_container", lambda: False)
        yield
