"""On which testbeds the tests that need one are run, and what it means that one cannot be had here."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from harness.scenario import TESTBEDS

if TYPE_CHECKING:
    from harness.scenario import Conditions


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for `testbed_name` once on every testbed that was asked for."""
    if "testbed_name" in metafunc.fixturenames:
        wanted = metafunc.config.getoption("--testbed")
        metafunc.parametrize("testbed_name", TESTBEDS if wanted in (None, "all") else (wanted,), scope="session")


@pytest.fixture(scope="session")
def conditions(testbed_name: str, request: pytest.FixtureRequest) -> Conditions:
    """Conditions for the testbed at hand; skips, with the reason, where this machine has no such testbed."""
    from harness.scenario import Conditions  # noqa: PLC0415 - not before a test needs it

    if testbed_name == "containers":
        from harness.testbed.containers import unavailable  # noqa: PLC0415 - it loads the Docker client

        if reason := unavailable():
            # A green run in CI must mean that they ran.
            (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no containers here: {reason}")
    option = request.config.getoption
    wanted = Conditions(
        testbed=testbed_name,
        # With RabbitMQ it is real anyway: what needs virtual time is skipped with that reason.
        clock="real" if option("--broker") == "rabbitmq" else option("--clock"),
        redis_server=option("--redis-server"),
        broker=option("--broker"),
        redis_image=option("--redis-image"),
        python_image=option("--python-image"),
        rabbitmq_image=option("--rabbitmq-image"),
    )
    if testbed_name == "local" and option("--testbed") != "local":
        return wanted.on_local()  # images are for the other one
    return wanted
