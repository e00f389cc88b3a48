"""What Celery does with a chord when something goes wrong at the worst moment: a specification, by version.

`early` tasks are acknowledged when they start, `late` ones when they are through, `requeued` ones are late and have
task_reject_on_worker_lost. The moments are those of harness/faults.py; docs/faults.md says what Celery promises. Each
fault is tried as often as CANVAS_HARNESS_REPEATS says (not at all without it), and must come to the same.
"""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

import pytest

from harness.campaign import RunEnded, RunFailed, TimeIsReal, carry_out_all
from harness.catalog import find_scenarios
from harness.history.aftermath import Aftermath, aftermath_of
from harness.run.needs import lacking
from harness.scenario import Experiment
from harness.testbed.choose import make_testbed
from scenarios.catalog.faults import IS_5_7, SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.run.run import Run
    from harness.scenario import Conditions, Scenario

    Runs = Callable[[str], list[Run]]
    Came = Callable[[str], Aftermath]

REPEATS = int(os.environ.get("CANVAS_HARNESS_REPEATS", "0"))
NAMES = [scenario.name for scenario in SCENARIOS]
POINTS = ("before-result", "before-count", "after-count", "before-body", "after-body")
pytestmark = pytest.mark.skipif(
    not REPEATS, reason="faults strike on demand: CANVAS_HARNESS_REPEATS=2 has each of them tried twice"
)
every_fault = pytest.mark.parametrize("name", NAMES)
since_5_7 = pytest.mark.skipif(not IS_5_7, reason="before Celery 5.7 it is otherwise: see the next test, or the last")
before_5_7 = pytest.mark.skipif(IS_5_7, reason="since Celery 5.7 it is otherwise: see the next test, or the last")


@pytest.fixture(scope="session")
def runs(conditions: Conditions, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Return what looks up the runs of a scenario on the testbed at hand."""
    if conditions.clock == "real":
        pytest.skip("each of them spans minutes: they need virtual time")
    able = [one for one in find_scenarios(["faults"]) if not lacking(one, make_testbed(one, conditions))]
    again = [replace(one, name=f"{one.name}.{number}") for number in range(REPEATS) for one in able]
    ended: dict[str, Run] = {}
    failed: dict[str, Exception] = {}
    experiments = [Experiment(scenario=one, conditions=conditions) for one in again]
    for progress in carry_out_all(experiments, tmp_path_factory.mktemp("faults")):
        match progress:
            case RunEnded():
                ended[progress.run.experiment.scenario.name] = progress.run
            case RunFailed():
                failed[progress.experiment.scenario.name] = progress.error
            case TimeIsReal():
                (pytest.fail if os.environ.get("CI") else pytest.skip)(f"they need virtual time: {progress.reason}")
            case _:
                pass

    def runs_of(name: str) -> list[Run]:
        if name not in {one.name for one in able}:
            pytest.skip(f"the testbed `{conditions.testbed}` cannot do that to itself")
        names = [f"{name}.{number}" for number in range(REPEATS)]
        for each in names:
            if each in failed:
                raise failed[each]
        return [ended[each] for each in names]

    return runs_of


@pytest.fixture
def came(runs: Runs) -> Came:
    """Return what says what came of a fault, the same each time."""

    def came_of(name: str) -> Aftermath:
        found = [aftermath_of(run.history) for run in runs(f"fault-{name}")]
        (same, _), *others = [(one, list(many)) for one, many in groupby(found)]
        assert others == []
        return same

    return came_of


def attempts(after: Aftermath) -> list[int]:
    return [member.attempts for member in after.members]


def counts(after: Aftermath) -> list[int]:
    return [member.counts for member in after.members]


def states(after: Aftermath) -> list[str | None]:
    return [*(member.state for member in after.members), after.state]


def is_lost_without_a_word(after: Aftermath) -> bool:
    """Say whether neither the body nor its errback ever came, and every member is said to have succeeded."""
    is_mute = after.sent == after.errbacks == 0
    return is_mute and states(after) == ["SUCCESS"] * len(after.members) + ["PENDING"]


# ---- of all of them ----------------------------------------------------------------------------------------------


@every_fault
def test_each_fault_comes_to_what_is_known_of_it(name: str, runs: Runs) -> None:
    for run in runs(name):
        assert run.is_as_expected, (run.settlement, run.discrepancies, run.surprises)
        assert run.unproved == ()


@every_fault
def test_each_fault_strikes_once_and_is_on_record(name: str, runs: Runs) -> None:
    scenario = find(name)
    for run in runs(name):
        assert aftermath_of(run.history).strikes == tuple(fault.strike for fault in scenario.faults)


@every_fault
def test_each_fault_comes_to_the_same_each_time(name: str, runs: Runs) -> None:
    assert len({str(aftermath_of(run.history)) for run in runs(name)}) == 1


# ---- a message that is delivered twice ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["early", "late"])
def test_a_member_delivered_twice_runs_twice_and_the_body_once(kind: str, came: Came) -> None:
    after = came(f"delivered-twice-{kind}")
    assert attempts(after) == [2, 1]
    assert (after.sent, after.received) == (1, ((0, 1),))


@since_5_7
@pytest.mark.parametrize("kind", ["early", "late"])
def test_what_a_member_returns_the_second_time_counts_for_nothing(kind: str, came: Came) -> None:
    assert came(f"delivered-twice-{kind}-stamped").received == ((0, 1),)


@before_5_7
@pytest.mark.parametrize("kind", ["early", "late"])
def test_two_different_results_of_one_member_are_two_members_and_the_body_runs_without_the_other(
    kind: str, came: Came
) -> None:
    after = came(f"delivered-twice-{kind}-stamped")
    assert counts(after) == [2, 1]
    assert after.received == ((0, 0),)


@pytest.mark.parametrize("kind", ["early", "late"])
def test_a_member_delivered_again_after_its_chord_is_over_runs_for_nothing(kind: str, came: Came) -> None:
    after = came(f"delivered-after-body-{kind}")
    assert attempts(after) == [2, 1]
    assert (after.sent, after.runs) == (1, 1)


# ---- the pool's process is killed --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["early", "late"])
def test_a_process_lost_before_its_result_is_stored_fails_the_chord(kind: str, came: Came) -> None:
    after = came(f"pool-killed-before-result-{kind}")
    assert attempts(after) == [1, 1]
    assert (after.sent, after.errbacks, after.members[0].state) == (0, 1, "FAILURE")


def test_with_reject_on_worker_lost_it_runs_again_and_the_chord_comes_to_its_end(came: Came) -> None:
    after = came("pool-killed-before-result-requeued")
    assert attempts(after) == [2, 1]
    assert (after.sent, after.received) == (1, ((0, 1),))


@before_5_7
@pytest.mark.parametrize("point", POINTS[1:4])
def test_with_reject_on_worker_lost_so_it_does_when_the_result_is_stored(point: str, came: Came) -> None:
    after = came(f"pool-killed-{point}-requeued")
    assert sorted(attempts(after)) == [1, 2]
    assert (after.sent, after.received) == (1, ((0, 1),))


@since_5_7
@pytest.mark.parametrize("kind", ["early", "late", "requeued"])
@pytest.mark.parametrize("point", ["before-count", "before-body"])
def test_a_process_lost_between_storing_and_sending_the_body_loses_the_chord_without_a_word(
    point: str, kind: str, came: Came
) -> None:
    after = came(f"pool-killed-{point}-{kind}")
    assert is_lost_without_a_word(after)
    assert attempts(after) == [1, 1]


@since_5_7
@pytest.mark.parametrize("kind", ["early", "late", "requeued"])
@pytest.mark.parametrize("point", ["after-count", "after-body"])
def test_a_process_lost_after_it_was_counted_changes_nothing(point: str, kind: str, came: Came) -> None:
    after = came(f"pool-killed-{point}-{kind}")
    assert (attempts(after), counts(after), after.received) == ([1, 1], [1, 1], ((0, 1),))


@before_5_7
@pytest.mark.parametrize("kind", ["early", "late"])
def test_a_member_that_was_counted_is_counted_again_as_a_failure_and_its_chord_fails_early(
    kind: str, came: Came
) -> None:
    after = came(f"pool-killed-after-count-{kind}")
    assert counts(after) == [2, 1]
    assert (after.sent, after.errbacks) == (0, 1)


@before_5_7
@pytest.mark.parametrize("kind", ["early", "late"])
def test_a_last_member_that_is_counted_again_as_a_failure_loses_the_chord_without_a_word(kind: str, came: Came) -> None:
    assert is_lost_without_a_word(came(f"pool-killed-before-body-{kind}"))


@before_5_7
def test_a_last_member_that_runs_again_after_its_body_was_sent_sends_it_twice(came: Came) -> None:
    after = came("pool-killed-after-body-requeued")
    assert (attempts(after), after.sent, after.runs) == ([1, 2], 2, 2)


# ---- the whole worker is killed ----------------------------------------------------------------------------------


@pytest.mark.parametrize("point", POINTS[:4])
def test_what_was_acknowledged_early_is_lost_with_its_worker_and_nobody_is_told(point: str, came: Came) -> None:
    after = came(f"worker-killed-{point}-early")
    assert attempts(after) == [1, 1]
    assert (after.sent, after.errbacks, after.state) == (0, 0, "PENDING")


@pytest.mark.parametrize("point", POINTS[:4])
def test_what_was_acknowledged_late_runs_again_in_the_next_worker_and_the_body_once(point: str, came: Came) -> None:
    after = came(f"worker-killed-{point}-late")
    assert attempts(after) == ([1, 2] if point == "before-body" else [2, 2])
    assert (after.sent, after.runs, after.received) == (1, 1, ((0, 1),))


def test_a_worker_that_dies_before_it_has_cleared_the_chord_away_has_the_body_sent_twice(came: Came) -> None:
    after = came("worker-killed-after-body-late")
    assert (attempts(after), after.sent, after.runs) == ([1, 2], 2, 2)


@pytest.mark.parametrize("kind", ["early", "late"])
def test_a_message_on_its_way_to_a_worker_that_dies_is_lost_however_it_is_acknowledged(kind: str, came: Came) -> None:
    after = came(f"worker-killed-on-its-way-{kind}")
    assert (after.sent, after.runs, after.state) == (1, 0, "PENDING")


@before_5_7
def test_a_member_that_runs_again_and_returns_something_else_loses_the_chord(came: Came) -> None:
    assert is_lost_without_a_word(came("worker-killed-before-body-late-stamped"))
    assert came("worker-killed-after-count-late-stamped").received == ((0, 0),)


@since_5_7
def test_a_member_that_runs_again_may_return_something_else(came: Came) -> None:
    for point in ("after-count", "before-body"):
        assert came(f"worker-killed-{point}-late-stamped").received == ((0, 1),)


# ---- Redis is restarted ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["early", "late"])
def test_a_redis_that_keeps_nothing_loses_the_chord_without_a_word(kind: str, came: Came) -> None:
    after = came(f"redis-restarted-without-its-data-{kind}")
    assert (after.sent, after.errbacks) == (0, 0)
    assert states(after) == ["PENDING", "SUCCESS", "PENDING"]


@pytest.mark.parametrize("kind", ["early", "late"])
def test_with_appendfsync_always_no_chord_is_lost(kind: str, came: Came) -> None:
    assert came(f"redis-restarted-with-its-data-{kind}").received == ((0, 1),)


def test_what_was_running_when_redis_went_runs_again_before_5_7_and_once_since(came: Came) -> None:
    assert attempts(came("redis-restarted-with-its-data-late")) == ([1, 1] if IS_5_7 else [2, 2])


def find(name: str) -> Scenario:
    return next(one for one in SCENARIOS if one.name == name)
