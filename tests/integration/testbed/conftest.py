"""Testbeds for the conformance suite: one that is shared where that is allowed, and fresh ones."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.catalog import find_scenarios
from harness.testbed.choose import make_testbed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from harness.scenario import Conditions, Scenario
    from harness.testbed.testbed import Testbed


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
