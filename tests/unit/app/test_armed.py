from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from harness.app.armed import Armed
from harness.errors import UsageError
from harness.faults import Fault

if TYPE_CHECKING:
    from pathlib import Path

KILL = Fault(strike="kill_worker", point="after_count", member=1)
AGAIN = Fault(strike="deliver_again", point="taken", member=0)


def data(*faults: Fault) -> list[dict[str, Any]]:
    return [asdict(fault) for fault in faults]


@pytest.fixture
def armed(tmp_path: Path) -> Armed:
    return Armed(tmp_path)


def test_where_nothing_is_armed_nothing_strikes(armed: Armed) -> None:
    assert list(armed.at("after_count", 1)) == []


def test_a_fault_strikes_at_its_point_of_its_member_and_nowhere_else(armed: Armed) -> None:
    armed.write("order-1", data(KILL))
    assert list(armed.at("before_count", 1)) == []
    assert list(armed.at("after_count", 0)) == []
    assert list(armed.at("after_count", None)) == []
    assert list(armed.at("after_count", 1)) == [KILL]


def test_of_several_processes_only_the_first_one_strikes_and_only_once(armed: Armed, tmp_path: Path) -> None:
    armed.write("order-1", data(KILL))
    assert list(Armed(tmp_path).at("after_count", 1)) == [KILL]
    assert list(Armed(tmp_path).at("after_count", 1)) == []


def test_the_same_fault_strikes_again_in_the_next_run(armed: Armed) -> None:
    armed.write("order-1", data(KILL))
    assert list(armed.at("after_count", 1)) == [KILL]
    armed.write("order-5", data(KILL))
    assert list(armed.at("after_count", 1)) == [KILL]


def test_what_has_not_struck_does_not_strike_in_a_run_that_has_no_faults(armed: Armed) -> None:
    armed.write("order-1", data(KILL))
    assert armed.is_ahead("kill_worker", "after_count", 1)
    armed.write("order-5", [])
    assert list(armed.at("after_count", 1)) == []


def test_what_is_ahead_is_known_until_it_has_struck(armed: Armed) -> None:
    armed.write("order-1", data(AGAIN, KILL))
    assert armed.is_ahead("kill_worker", "after_count", 1)
    assert not armed.is_ahead("kill_worker", "after_count", 0)
    assert not armed.is_ahead("deliver_again", "after_count", 1)
    assert list(armed.at("after_count", 1)) == [KILL]
    assert not armed.is_ahead("kill_worker", "after_count", 1)


def test_a_message_that_will_be_wanted_is_kept_as_it_came_first(armed: Armed, tmp_path: Path) -> None:
    armed.write("order-1", data(AGAIN))
    assert armed.wants_message_of(0)
    assert not armed.wants_message_of(1)
    armed.keep_message(0, {"payload": "first"})
    armed.keep_message(0, {"payload": "second"})
    other = Armed(tmp_path)
    assert other.wants_message_of(0)
    assert other.message(0) == {"payload": "first"}


def test_a_fault_that_there_is_not_is_refused_where_it_is_armed(armed: Armed) -> None:
    with pytest.raises(UsageError, match="the strike of a fault"):
        armed.write("order-1", [asdict(KILL) | {"strike": "kill_everything"}])
