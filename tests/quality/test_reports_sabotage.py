"""Every law about reports can fail: on a Celery, or in an application, that is broken on purpose."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from breaking import SABOTAGE_VARIABLE

from harness.catalog import find_scenarios
from harness.laws.verdict import Ruling
from harness.run.run import carry_out
from harness.scenario import Conditions, Experiment, OwnSending
from harness.testbed.choose import make_testbed
from scenarios.catalog.reports import LAWS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.run.run import Run


@dataclass(frozen=True)
class Sabotage:
    """One way of breaking something, seen by one kind of report, and the laws that must catch it."""

    name: str
    kind: str
    guilty: frozenset[str]


def sabotage(name: str, kind: str, *guilty: str) -> Sabotage:
    return Sabotage(name, kind, frozenset(guilty))


# Written down before anything was run.
SABOTAGES = (
    sabotage("linked_with_a_text", "all_well", "reports.told_the_number"),
    sabotage("log_without_retries", "transient", "reports.log_is_right"),
    sabotage("first_status_kept", "one_fails", "reports.status_of_the_last_callback"),
    sabotage("linked_to_nobody", "all_well", "group_reports.finished_once_if_the_first_succeeds"),
    sabotage("linked_to_the_last", "all_well", "group_reports.finished_waits_for_nobody"),
    sabotage("errback_of_the_last_alone", "two_fail", "group_reports.failed_once_for_each_failure"),
    sabotage(
        "errback_sent_by_somebody_else",
        "one_fails",
        "group_reports.failed_waits_for_nobody",
        "chord_reports.failed_waits_for_all",
    ),
    sabotage(
        "linked_the_wrong_one",
        "all_well",
        "group_reports.finished_once_if_the_first_succeeds",
        "group_reports.failed_once_for_each_failure",
        "group_reports.failed_waits_for_nobody",
        "group_reports.status_speaks_of_one_member",
    ),
    sabotage("body_lost", "all_well", "chord_reports.finished_once_if_all_succeed"),
    sabotage("body_sent_twice", "all_well", "chord_reports.finished_once_if_all_succeed"),
    sabotage(
        "body_sent_one_member_early", "all_well", "chord_reports.finished_waits_for_all", "chord_reports.status_is_true"
    ),
    sabotage(
        "body_sent_after_a_failure",
        "one_fails",
        "chord_reports.finished_once_if_all_succeed",
        "chord_reports.failed_once_if_any_fails",
        "chord_reports.status_is_true",
    ),
    sabotage("chord_errback_twice", "one_fails", "chord_reports.failed_once_if_any_fails"),
    sabotage("chord_errback_never", "first_fails", "chord_reports.failed_once_if_any_fails"),
    sabotage(
        "errback_at_the_first_failure", "two_fail", "chord_reports.failed_waits_for_all", "chord_reports.status_is_true"
    ),
)


@pytest.fixture(scope="session")
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Run]]:
    """Return what makes a report of one kind in both forms, with nothing broken or what is named."""
    control, numbers, option = tmp_path_factory.mktemp("control") / "sabotage", count(1), request.config.getoption
    (reports,) = find_scenarios(["reports"])
    scenario = replace(
        reports,
        app="sabotaged_reports:app",
        surroundings=replace(
            reports.surroundings,
            search_path=(str(Path(__file__).parent),),
            environment={SABOTAGE_VARIABLE: str(control)},
        ),
    )
    conditions = Conditions(
        clock=option("--clock"), redis_server=option("--redis-server"), pool="threads", concurrency=16
    )
    testbed = make_testbed(scenario, conditions)

    def run(kind: str, sabotage: str = "") -> Run:
        control.write_text(sabotage)
        assert isinstance(scenario.canvas, OwnSending)
        canvas = replace(scenario.canvas, arguments={"kinds": [kind], "seeds": 1, "apart_s": 1.0})
        name = f"{sabotage or 'unbroken'}-{next(numbers)}"
        experiment = Experiment(scenario=replace(scenario, name=name, canvas=canvas, laws=()), conditions=conditions)
        return carry_out(experiment, testbed, tmp_path_factory.mktemp("runs") / name)

    testbed.start()
    yield run
    testbed.stop()


def rulings(run: Run, ruling: Ruling) -> set[str]:
    ours = {law.name for law in LAWS.laws}
    return {verdict.law for verdict in run.verdicts if verdict.ruling is ruling and verdict.law in ours}


@pytest.mark.parametrize("sabotage", SABOTAGES, ids=lambda sabotage: sabotage.name)
def test_what_is_broken_is_caught_by_the_laws_about_it_and_by_no_other(
    sabotage: Sabotage, run: Callable[..., Run], tell: Callable[[str, str, str, str], None]
) -> None:
    ran = run(sabotage.kind, sabotage.name)
    assert ran.settlement.ending == "settled", ran.settlement.reason
    caught = rulings(ran, Ruling.VIOLATED)
    evidence = [one for verdict in ran.verdicts if verdict.law in caught for one in verdict.evidence[:1]]
    told = "; ".join(f"{one.claim}: expected {one.expected}, observed {one.observed}" for one in evidence)
    tell(sabotage.name, ", ".join(sorted(sabotage.guilty)), ", ".join(sorted(caught)) or "nothing", told)
    assert caught == sabotage.guilty, told
    assert rulings(ran, Ruling.UNDECIDED) == set()


@pytest.mark.parametrize("kind", sorted({sabotage.kind for sabotage in SABOTAGES}))
def test_what_is_not_broken_is_not_accused(kind: str, run: Callable[..., Run]) -> None:
    ran = run(kind)
    assert ran.violations == ()
    assert rulings(ran, Ruling.UNDECIDED) == set()


def test_every_law_about_reports_is_broken_by_a_sabotage() -> None:
    assert {law.name for law in LAWS.laws} == {law for sabotage in SABOTAGES for law in sabotage.guilty}
