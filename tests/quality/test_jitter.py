"""Many retries together: their jitter is even, and where it is not, they tell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from celery import group
from sabotaged_shop import random

from harness.behaviour import raises, returns
from harness.laws.jitter import LEAST_RETRIES, judge_jitter
from harness.laws.verdict import Ruling

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.run.run import Run

# Retries of a campaign are judged together, wherever they were made.
MEMBERS = 50
# What is far from even shows in fewer than it takes to call something even.
ENOUGH_TO_ACCUSE = 100
RETRIED_ONCE = {"random": [raises(OSError), returns(1)]}


def campaign(run: Callable[..., Run], retries: int, sabotage: str = "") -> list[Run]:
    members = [random.si() for _ in range(MEMBERS)]
    return [run(group(members), RETRIED_ONCE, sabotage=sabotage) for _ in range(retries // MEMBERS)]


def refuse_crimes(runs: list[Run]) -> None:
    """Refuse whatever single runs are accused of, but for a race of Celery's that shows now and then.

    A retry is sent before the attempt that asks for it is stored as RETRY (celery/app/trace.py, 5.4 to 5.7): with a
    delay of 0 the next attempt may be over and stored first, and what has succeeded says RETRY for ever.
    """
    accused = [(verdict.law, one) for run in runs for verdict in run.violations for one in verdict.evidence]
    assert {(law, one.observed) for law, one in accused} <= {("states.of_what_ran", "RETRY")}


def test_jitter_spreads_retries_evenly_over_their_range(run: Callable[..., Run]) -> None:
    runs = campaign(run, LEAST_RETRIES)
    verdict = judge_jitter(one.history for one in runs)
    assert (verdict.ruling, verdict.instances) == (Ruling.HOLDS, LEAST_RETRIES), verdict
    refuse_crimes(runs)


@pytest.mark.parametrize(
    # Of the upper half of a range nothing is below 4 s and a fifth at 4 s; where it chances to be less, 4 s tells more.
    ("sabotage", "told"),
    [("jitter_constant", "4 s 100 times"), ("jitter_over_half_the_range", r"^1?\d%; most often [4-8] s")],
)
def test_jitter_that_is_not_even_is_seen_over_many_retries_and_by_no_single_one(
    run: Callable[..., Run], tell: Callable[[str, str, str, str], None], sabotage: str, told: str
) -> None:
    runs = campaign(run, ENOUGH_TO_ACCUSE, sabotage)
    refuse_crimes(runs)
    verdict = judge_jitter(one.history for one in runs)
    assert verdict.ruling is Ruling.VIOLATED
    (evidence,) = verdict.evidence
    tell(sabotage, verdict.law, verdict.law, f"{evidence.claim}: {evidence.expected}, observed {evidence.observed}")
    assert re.search(told, evidence.observed)
    assert {type(runs[0].history.events[index]).__name__ for index in evidence.events} == {"RetryAsked"}


def test_few_retries_tell_nothing(run: Callable[..., Run]) -> None:
    verdict = judge_jitter([run(random.si(), RETRIED_ONCE).history])
    assert verdict.ruling is Ruling.UNDECIDED
    assert judge_jitter([]).ruling is Ruling.NOT_EXERCISED
