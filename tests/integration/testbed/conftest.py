"""Testbeds for the conformance suite: one that is shared where that is allowed, fresh ones, and containers."""

from __future__ import annotations

import os
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.catalog import find_scenarios
from harness.scenario import Conditions
from harness.testbed.choose import make_testbed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from docker import DockerClient

    from harness.scenario import Scenario
    from harness.testbed.containers import ContainerTestbed
    from harness.testbed.testbed import Testbed


A_HARNESS = """
import sys, time
from harness.catalog import find_scenarios
from harness.scenario import Conditions
from harness.testbed.choose import make_testbed

testbed = make_testbed(find_scenarios(["happy"])[0], Conditions(testbed="containers"))
if sys.argv[1] == "half":  # all that is started stays half-way: Redis is up, and nothing else is ordered
    testbed._start_all = lambda parts: [print(testbed.premises.directory, flush=True), time.sleep(60)]
testbed.start()
print(testbed.premises.directory, flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="session")
def happy() -> Scenario:
    """Return the scenario in which nothing goes wrong."""
    return find_scenarios(["happy"])[0]


@pytest.fixture(scope="session")
def slow() -> Scenario:
    """Return the scenario whose first attempts take five seconds each."""
    return find_scenarios(["slow"])[0]


@pytest.fixture(scope="session")
def fresh(conditions: Conditions, happy: Scenario) -> Callable[..., AbstractContextManager[Testbed]]:
    """Return what makes a testbed that is up inside a `with` and gone after it."""

    @contextmanager
    def make(scenario: Scenario = happy, **changes: object) -> Iterator[Testbed]:
        testbed = make_testbed(scenario, replace(conditions, **changes))
        testbed.start()
        try:
            yield testbed
        finally:
            testbed.stop()

    return make


@pytest.fixture(scope="session")
def shared(fresh: Callable[..., AbstractContextManager[Testbed]]) -> Iterator[Testbed]:
    """Return a testbed that several tests use one after another."""
    with fresh() as testbed:
        yield testbed


@pytest.fixture(scope="module")
def here(request: pytest.FixtureRequest) -> Conditions:
    """Return conditions for containers; skip, with the reason, where there can be none."""
    if request.config.getoption("--testbed") == "local":
        pytest.skip("only local testbeds were asked for")
    from harness.testbed.containers import unavailable  # noqa: PLC0415 - it loads the Docker client

    if reason := unavailable():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no containers here: {reason}")
    return Conditions(testbed="containers", clock=request.config.getoption("--clock"))


@pytest.fixture(scope="module")
def engine(here: Conditions) -> Iterator[DockerClient]:
    """Return a connection of our own to the engine."""
    assert here
    from harness.testbed.engine import connect  # noqa: PLC0415 - as above

    with closing(connect()) as client:
        yield client


@pytest.fixture
def unstarted(here: Conditions, happy: Scenario) -> ContainerTestbed:
    """Return a testbed that has not been started."""
    from harness.testbed.containers import ContainerTestbed  # noqa: PLC0415 - as above

    return ContainerTestbed(happy.app, here, happy.service)


@pytest.fixture(scope="session")
def a_harness() -> str:
    """Return a program that starts a testbed of containers, says where its folder is, and stays."""
    return A_HARNESS
