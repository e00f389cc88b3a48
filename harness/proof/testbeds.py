"""Keeps testbeds between tests that wish the same, and takes them away."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import ExitStack
from typing import TYPE_CHECKING

from harness.testbed.choose import make_testbed

if TYPE_CHECKING:
    from harness.proof.wishes import Wishes
    from harness.scenario import Conditions, Scenario
    from harness.testbed.testbed import Testbed

# A testbed is half a dozen processes; tests of one wish mostly stand together.
_KEPT_AT_ONCE = 3


class Testbeds:
    """The testbeds of a test session, those used last at the end."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, ...], Testbed] = OrderedDict()

    def get(self, wishes: Wishes, scenario: Scenario, conditions: Conditions) -> Testbed:
        """Return a testbed that stands: a former one of the same wishes, else a new one."""
        testbed = self._kept.pop(wishes.key, None)
        if testbed is None:
            while len(self._kept) >= _KEPT_AT_ONCE:
                self._kept.popitem(last=False)[1].stop()
            testbed = make_testbed(scenario, conditions)
            testbed.start()
        self._kept[wishes.key] = testbed
        return testbed

    def drop(self, wishes: Wishes) -> None:
        """Take a testbed away in which something may be left that would be in the way of the next run."""
        if (testbed := self._kept.pop(wishes.key, None)) is not None:
            testbed.stop()

    def close(self) -> None:
        """Take all of them away, also if one resists."""
        with ExitStack() as stack:
            while self._kept:
                stack.callback(self._kept.popitem()[1].stop)
