"""Every kind of wait, each in a process of its own under the clock; HARNESS_CLOCK_PYTHON names the interpreter."""

from collections.abc import Callable
from typing import Any

import pytest


def test_a_wait_does_under_the_clock_what_it_does_in_real_time(
    case: Any, run_case: Callable[[str], Any], request: pytest.FixtureRequest
) -> None:
    outcome = run_case(request.node.callspec.id)
    assert case.expects(outcome["result"]), outcome
    if case.virtual_s is not None:
        # Never early; and jumps never skipped more than was waited for, so it is late by no more than the real time
        # that the work itself took, however busy the machine is.
        skipped_s = outcome["virtual_s"] - outcome["real_s"]
        assert outcome["virtual_s"] > case.virtual_s - case.early_s, outcome
        assert case.virtual_s / 2 < skipped_s < case.virtual_s + 0.02, outcome
    if case.most_wakeups is not None:
        assert outcome["wakeups"] <= case.most_wakeups, outcome
