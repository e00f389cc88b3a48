"""Every law can fail: a Celery that is broken on purpose is caught, by the laws that it breaks and by no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import breaking
import pytest
from sabotages import SABOTAGES, SEEN_BY_THE_MODEL, Sabotage

from harness.laws.book import LAWS, LAWS_OF_SETTLED_RUNS
from harness.laws.verdict import Ruling

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.history.history import History
    from harness.run.run import Run

LOCAL, MODEL = {law.name for law in LAWS}, {law.name for law in LAWS_OF_SETTLED_RUNS}
# Judged over many retries, and seen at only one place: see test_jitter.py and broken_deliveries.py.
ELSEWHERE = {"jitter_constant", "jitter_over_half_the_range"}
MADE_WITH_THE_WORKER = {"handled_twice"}


def named(sabotage: Sabotage) -> str:
    return f"{sabotage.name}-{'-'.join(sabotage.guilty)}"


@pytest.mark.parametrize("sabotage", SABOTAGES, ids=named)
def test_a_broken_celery_is_caught_by_the_laws_that_it_breaks(
    sabotage: Sabotage, run: Callable[..., Run], tell: Callable[[str, str, str, str], None]
) -> None:
    if sabotage.name not in breaking.known() | MADE_WITH_THE_WORKER:
        pytest.skip("this version of Celery has no such function to break")
    ran = run(sabotage.canvas, sabotage.behaviour, sabotage=sabotage.name)
    accused = {verdict.law for verdict in ran.violations}
    assert accused >= MODEL or sabotage.name not in SEEN_BY_THE_MODEL
    # The model sees many of them as well; from here on it is asked who sees them without it.
    caught = {verdict.law: verdict for verdict in ran.violations if verdict.law in LOCAL}
    told = "; ".join(
        f"{one.claim}: expected {one.expected}, observed {one.observed}"
        for verdict in caught.values()
        for one in verdict.evidence[:1]
    )
    tell(sabotage.name, ", ".join(sorted(sabotage.guilty)), ", ".join(sorted(caught)) or "nothing", told)
    assert caught.keys() == sabotage.guilty.keys(), told
    for law, events in sabotage.guilty.items():
        evidence = caught[law].evidence[0]
        assert tuple(described(ran.history, index) for index in evidence.events) == events, evidence
    undecided = [one.law for one in ran.verdicts if one.ruling is Ruling.UNDECIDED and one.law in LOCAL]
    assert undecided == []


@pytest.mark.parametrize("sabotage", SABOTAGES, ids=named)
def test_a_celery_as_it_is_is_not_accused(sabotage: Sabotage, run: Callable[..., Run]) -> None:
    ran = run(sabotage.canvas, sabotage.behaviour)
    assert ran.settlement.ending == "settled"
    assert ran.violations == ()
    rulings = {verdict.law: verdict.ruling for verdict in ran.verdicts}
    assert Ruling.UNDECIDED not in rulings.values()


def test_every_law_is_broken_by_a_sabotage() -> None:
    assert {law for sabotage in SABOTAGES for law in sabotage.guilty} == LOCAL
    assert {sabotage.name for sabotage in SABOTAGES} >= SEEN_BY_THE_MODEL


def test_every_sabotage_is_in_the_table() -> None:
    assert breaking.known() | MADE_WITH_THE_WORKER <= {sabotage.name for sabotage in SABOTAGES} | ELSEWHERE


def described(history: History, index: int) -> str:
    event = history.events[index]
    task = getattr(event, "task", None) or getattr(event, "errback", None)
    return f"{type(event).__name__} {task}" if task else type(event).__name__
