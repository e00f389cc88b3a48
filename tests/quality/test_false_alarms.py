"""No law accuses a Celery that is as it is, whatever rare thing a canvas does. Known defects show by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import celery
import pytest
from canvases import AUTHORS_CODE, BEHAVIOURS, CANVASES, TWO, linked
from celery import chord, group
from meddling_shop import heard
from rare_shop import lost_once, too_slow
from sabotaged_shop import add, charge, mourn, notify, pack, patient, stubborn, total

from harness.behaviour import raises, returns
from harness.history.events import Sent
from harness.history.history import History
from harness.laws.book import LAWS, LAWS_OF_SETTLED_RUNS, judge
from harness.laws.case import Case
from harness.laws.verdict import Ruling
from harness.semantics.defects import (
    CHAIN_BODY_FAILS_TWICE,
    HARD_LIMIT_FAILS_CHORD_TWICE,
    NESTED_GROUPS_REVERSED,
    version_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.run.run import Run


MOMENTS, LATE_S = 20, 0.5

# What Celery is known to do otherwise than it promises, and the laws that see it here.
MODEL = "independence.model_agrees"
KNOWN = {
    "a group of groups as a header": (NESTED_GROUPS_REVERSED, {MODEL}),
    "a member past its hard time limit": (HARD_LIMIT_FAILS_CHORD_TWICE, {"chord.retries_do_not_count"}),
}
# It shows where the member that fails happens to be the last one of its header.
AT_TIMES = {"a chain as the body of a chord that fails": CHAIN_BODY_FAILS_TWICE}
VERSION = version_of(celery.__version__)


@pytest.mark.parametrize("name", CANVASES)
def test_nothing_that_celery_does_rightly_is_taken_for_a_crime(name: str, run: Callable[..., Run]) -> None:
    ran = run(CANVASES[name], BEHAVIOURS.get(name))
    assert ran.settlement.ending == "settled", ran.settlement
    defect, laws = KNOWN.get(name, (None, set()))
    broken = laws if defect is not None and defect.is_in(VERSION) else set()
    accused = [evidence for verdict in ran.violations for evidence in (verdict.law, *verdict.evidence)]
    violated = {verdict.law for verdict in ran.violations}
    if name in AT_TIMES and AT_TIMES[name].is_in(VERSION):
        broken = violated & set(AT_TIMES[name].breaks)
    assert violated == broken, accused
    if defect is not None and MODEL in broken:
        assert defect.name in str(accused)
    failed = [verdict for verdict in ran.verdicts if "the law itself failed" in verdict.reason]
    assert failed == []
    # Nor is it, when what was written ends anywhere before.
    for end in range(0, len(ran.history.events), 1 + len(ran.history.events) // MOMENTS):
        verdicts = judge(Case(History(ran.history.events[:end]), late_s=LATE_S))
        accused = [verdict for verdict in verdicts if verdict.ruling is Ruling.VIOLATED or "failed" in verdict.reason]
        assert [verdict for verdict in accused if verdict.law not in broken] == [], ran.history.events[end - 1]


@pytest.mark.parametrize("name", AUTHORS_CODE)
def test_it_is_told_of_each_message_whether_an_authors_code_sent_it(name: str, run: Callable[..., Run]) -> None:
    sent = [event for event in run(CANVASES[name], BEHAVIOURS.get(name)).history.events if isinstance(event, Sent)]
    by_authors = [event for event in sent if str(event.args).startswith("['by a")]
    assert [event for event in sent if event.by_author and event.by != "retry"] == by_authors
    assert bool(by_authors) == (name != "what is sent its own way")


def test_threads_may_send_when_their_attempts_are_over_while_others_of_their_process_run(
    run: Callable[..., Run],
) -> None:
    ran = run(group(linked(heard.si(), notify.s()) | pack.s() for _ in range(12)), pool="threads")
    assert ran.settlement.ending == "settled", ran.settlement
    assert ran.violations == ()
    ruled = {verdict.law: (verdict.ruling, verdict.instances) for verdict in ran.verdicts}
    assert ruled["callbacks.link_once"] == (Ruling.HOLDS, 12)
    # Each of them, and six handlers: before and after the probe's, when it starts, has succeeded and is over.
    assert ruled["delivery.sent_by_a_running_task"] == (Ruling.HOLDS, 12 * 2 + 12 * 6)


def test_every_law_has_something_to_judge_in_what_is_unbroken(run: Callable[..., Run]) -> None:
    names = ("a chord in a chain that fails", "a link named as the next step", "errbacks of several kinds", "as told")
    canvases = [CANVASES[name] for name in names[:3]] + [
        chord([charge.si(), patient.si()], total.s().on_error(mourn.s())),
        linked(add.si(1), notify.s()),
        chord(TWO, total.s()),
        stubborn.si(5),
        lost_once.si(),
    ]
    verdicts = [v for canvas in canvases for v in run(canvas, {"patient": [raises(OSError), returns(1)]}).verdicts]
    assert {v.law for v in verdicts if v.ruling is Ruling.HOLDS} == {law.name for law in (*LAWS, *LAWS_OF_SETTLED_RUNS)}


def test_celery_calls_the_errbacks_of_a_hard_time_limit_twice(run: Callable[..., Run]) -> None:
    # `hard_limit_told_twice`. If this stops showing, the law needs no exception any more.
    ran = run(too_slow.si().on_error(mourn.s()))
    assert ran.violations[0].law == "callbacks.errback_once"
    (evidence,) = ran.violations[0].evidence
    assert evidence.observed == "2 messages and 0 calls inline"
    started, *calls = (ran.history.events[index] for index in evidence.events)
    assert [(type(event).__name__, event.task) for event in (started, *calls)] == [
        ("AttemptStarted", "too_slow"),
        ("Sent", "mourn"),
        ("Sent", "mourn"),
    ]
