"""Real time behind the face of a clock."""

import time

from harness.clock.real_clock import RealClock


def test_real_time_needs_nothing_and_never_jumps() -> None:
    clock = RealClock()
    assert clock.environment({"LD_PRELOAD": "x.so"}) == {}
    assert clock.why_not_jumping() == "the clock is real"
    assert clock.report() == ()
    assert abs(clock.now_ns() - time.time_ns()) < 10**9


def test_real_time_knows_its_budget_too() -> None:
    clock = RealClock()
    assert not clock.is_at_limit()
    clock.limit(0)
    assert clock.is_at_limit()
    clock.limit(None)
    assert not clock.is_at_limit()
