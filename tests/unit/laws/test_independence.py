"""The law of independence accepts a run that is as its canvas says, and rejects every one that differs in one thing.

The canvas is `chain(A.s(1), group(B.s(2), C.si(3)), D.s())`, with a callback on A and errbacks on A and D.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from written_runs import a_member_fails, all_well, run, send, settle, signature, start

from harness.history import events, parts
from harness.history.history import History
from harness.laws.case import Case
from harness.laws.independence import LAWS
from harness.laws.verdict import Ruling

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.history.events import AnyEvent
    from harness.laws.verdict import Verdict
    from tests.unit.conftest import Record

    Tamper = Callable[[list[AnyEvent]], list[AnyEvent]]

LAW = LAWS[0]


def judged(record: Record, tamper: Tamper = list) -> Verdict:
    left = tamper(list(record.events))
    return LAW.judge(Case(History.of([in_order(left)]), late_s=0.05))


def in_order(written: list[AnyEvent]) -> list[AnyEvent]:
    """Give events one journal, in the order of a list."""
    return [
        msgspec.structs.replace(event, source="all-1", source_index=at, virtual_ns=at, wall_ns=at)
        for at, event in enumerate(written)
    ]


def without(task: str) -> Tamper:
    return lambda written: [event for event in written if getattr(event, "task", None) != task]


def once_more(task: str) -> Tamper:
    def tamper(written: list[AnyEvent]) -> list[AnyEvent]:
        return [again for event in written for again in ([event] * (1 + is_sent(event, task)))]

    return tamper


def amend(record: Record, **fields: Any) -> None:
    """Change what was written last."""
    record.events[-1] = msgspec.structs.replace(record.events[-1], **fields)


def is_sent(event: AnyEvent, task: str) -> bool:
    return isinstance(event, events.Sent) and event.task == task


def with_(kind: type, task: str | None, /, **fields: Any) -> Tamper:
    def tamper(written: list[AnyEvent]) -> list[AnyEvent]:
        return [
            msgspec.structs.replace(event, **fields)
            if isinstance(event, kind) and task in (None, getattr(event, "task", None))
            else event
            for event in written
        ]

    return tamper


def test_a_run_that_is_as_its_canvas_says_is_accepted(record: Record) -> None:
    all_well(record)
    verdict = judged(record)
    assert verdict.ruling is Ruling.HOLDS, verdict
    assert verdict.instances == 6  # five calls, and what the canvas came to


def test_a_run_in_which_a_header_fails_is_accepted_with_the_errback_of_its_body(record: Record) -> None:
    a_member_fails(record)
    verdict = judged(record)
    assert verdict.ruling is Ruling.HOLDS, verdict
    assert verdict.instances == 5


def test_a_run_of_no_canvas_that_was_written_down_is_not_judged(record: Record) -> None:
    record.process("sender").sent("A")
    assert judged(record).ruling is Ruling.NOT_EXERCISED


@pytest.mark.parametrize(
    ("tamper", "claim", "observed"),
    [
        (without("L"), "L is called", "none"),
        (without("C"), "C is called", "none"),
        (without("D"), "D is called", "none"),
        (with_(events.Sent, "B", task="X"), "B is called", "none"),
        (once_more("B"), "B is called no more often than the canvas says", "one more"),
        (once_more("D"), "D is called no more often than the canvas says", "one more"),
        (with_(events.Sent, "A", args=[2]), "A is called with what it is due", "[2]"),
        (with_(events.Sent, "C", args=["a", 3]), "C is called with what it is due", "['a', 3]"),
        (with_(events.Sent, "D", args=[["c", "b"]]), "D is called with what it is due", "[['c', 'b']]"),
        (with_(events.Sent, "D", kwargs={"k": 1}), "D is called with what it is due", "[['b', 'c']] and {'k': 1}"),
        (with_(events.AttemptStarted, "B", args=["a"]), "B is called with what it is due", "['a']"),
        (with_(events.StateRead, "B", result="z"), "what B returned is stored as its result", "'z'"),
        (with_(events.ResultRead, None, body="Ingi"), "the canvas comes to what its last calls returned", "'x'"),
        (with_(events.AttemptEnded, "D", returned="z"), "the canvas comes to what its last calls returned", "'d'"),
    ],
)
def test_a_run_that_differs_in_one_thing_is_rejected_for_that(
    record: Record, tamper: Tamper, claim: str, observed: str
) -> None:
    all_well(record)
    verdict = judged(record, tamper)
    assert verdict.ruling is Ruling.VIOLATED, verdict
    (evidence,) = verdict.evidence
    assert (evidence.claim, evidence.observed) == (claim, observed)
    assert evidence.events


@pytest.mark.parametrize(
    ("tamper", "claim"),
    [
        (without("E"), "E is called"),
        (once_more("E"), "E is called no more often than the canvas says"),
        (with_(events.Sent, "E", args=["id-D"]), "E is called with what it is due"),
    ],
)
def test_an_errback_that_is_not_called_as_it_should_be_is_seen(record: Record, tamper: Tamper, claim: str) -> None:
    a_member_fails(record)
    verdict = judged(record, tamper)
    assert [evidence.claim for evidence in verdict.evidence] == [claim]


def test_what_must_never_run_is_named_with_the_reason(record: Record) -> None:
    a_member_fails(record)

    def tamper(written: list[AnyEvent]) -> list[AnyEvent]:
        at = next(at for at, event in enumerate(written) if is_sent(event, "E"))
        body = msgspec.structs.replace(written[at], task="D", task_id="id-D", args=[["b", "c"]])
        return [*written[:at], body, *written[at:]]

    verdict = judged(record, tamper)
    (evidence,) = verdict.evidence
    assert evidence.claim == "D is called no more often than the canvas says"
    assert evidence.steps == ("D (call 6, a step) must not run: B failed",)


def test_a_difference_that_is_known_of_a_version_is_named(record: Record) -> None:
    """A group in a header's group comes in reverse order (5.4 to 5.7)."""
    sender, worker = record.process("sender"), record.process("worker-1")
    inner = {"task": "celery.group", "kwargs": {"tasks": [signature("B"), signature("C")]}}
    canvas = {"task": "celery.chord", "kwargs": {"header": [signature("A"), inner], "body": signature("D")}}
    for task in "ACB":
        send(sender, task, by="experiment")
    sender.write(events.CanvasSent, order="1", canvas=canvas, result_id="id-D", planned=[])
    run(worker, "A", returned="A")
    run(worker, "C", returned="C")
    start(worker, "B")
    worker.ended("B", returned="B")
    send(worker, "D", ["A", "C", "B"], by="chord", sender="B")
    worker.closed("B")
    run(worker, "D", ["A", "C", "B"], returned="d")
    verdict = judged(record)
    assert verdict.ruling is Ruling.VIOLATED
    assert verdict.evidence[0].observed == "[['A', 'C', 'B']]"
    assert any("nested_groups_reversed" in step for step in verdict.evidence[0].steps)


def is_end(event: AnyEvent, task: str) -> bool:
    return isinstance(event, events.AttemptEnded) and event.task == task


def test_a_body_that_is_sent_before_a_member_has_ended_is_seen(record: Record) -> None:
    all_well(record)
    verdict = judged(record, lambda written: sorted(written, key=lambda event: is_end(event, "B")))
    assert [evidence.claim for evidence in verdict.evidence] == ["D is sent when what it waits for has ended"]


def test_an_attempt_that_nobody_asked_for_is_seen(record: Record) -> None:
    all_well(record)
    start(record.process("worker-1"), "L", "a", retries=1)
    assert [one.claim for one in judged(record).evidence] == [
        "L is attempted again when it has asked for that, and else not"
    ]


def test_an_errback_that_is_called_inline_is_called(record: Record) -> None:
    a_member_fails(record)

    def tamper(written: list[AnyEvent]) -> list[AnyEvent]:
        sent = next(event for event in written if is_sent(event, "E"))
        inline = events.ErrbackCalled(
            **dict.fromkeys(("source_index", "wall_ns", "virtual_ns"), 0),
            errback="E",
            task_id="id-D",
            exception=parts.Raised(type="builtins.ValueError", message=""),
        )
        return [inline if event is sent else event for event in written if event is sent or without("E")([event])]

    assert judged(record, tamper).ruling is Ruling.HOLDS
    twice = judged(record, lambda written: [again for event in tamper(written) for again in twice_if_inline(event)])
    assert [evidence.claim for evidence in twice.evidence] == ["E is called no more often than the canvas says"]


def test_an_errback_of_a_body_that_the_main_process_calls_once_more_is_seen(record: Record) -> None:
    sender, worker = record.process("sender"), record.process("worker-1")
    body = signature("B", task_id="id-B", link_error=[signature("E")])
    canvas = {"task": "celery.chord", "kwargs": {"header": [signature("A")], "body": body}}
    joined = {"group_id": "g", "group_index": 0, "chord_id": "id-B"}
    send(sender, "A", by="experiment")
    amend(record, **joined)
    sender.write(events.CanvasSent, order="1", canvas=canvas, result_id="id-B", planned=[])
    start(worker, "A")
    worker.ended("A", ending="failed")
    send(worker, "E", "id-B", by="worker")
    amend(record, parent_id="id-B")
    worker.closed("A", state="FAILURE")
    run(worker, "E", "id-B", returned=None)
    assert judged(record).ruling is Ruling.HOLDS
    send(worker, "E2", "id-B", by="worker", name="E")
    amend(record, parent_id="id-B")
    run(worker, "E2", "id-B", returned=None, name="E")
    assert [one.claim for one in judged(record).evidence] == ["E is called no more often than the canvas says"]


def test_of_a_hard_time_limit_celery_is_told_before_the_process_is(record: Record) -> None:
    sender, worker = record.process("sender"), record.process("worker-1")
    pool = worker.child()
    send(sender, "A", by="experiment")
    canvas = signature("A", link_error=[signature("E")])
    sender.write(events.CanvasSent, order="1", canvas=canvas, result_id="id-A", planned=[])
    start(pool, "A")
    worker.aborted("A")
    send(worker, "E", "id-A", by="worker")
    amend(record, parent_id="id-A")
    worker.released("A")
    pool.ended("A", ending="failed")
    run(worker, "E", "id-A", returned=None)
    assert judged(record).ruling is Ruling.HOLDS


def twice_if_inline(event: AnyEvent) -> list[AnyEvent]:
    return [event] * (1 + isinstance(event, events.ErrbackCalled))


def test_calls_of_one_task_are_told_apart_by_what_they_are_given(record: Record) -> None:
    sender, worker = record.process("sender"), record.process("worker-1")
    canvas = {"task": "celery.group", "kwargs": {"tasks": [signature("A", 1), signature("A", 2)]}}
    for number in (2, 1):
        send(sender, str(number), number, by="experiment", name="A")
    sender.write(events.CanvasSent, order="1", canvas=canvas, result_id="", planned=[])
    for number in (2, 1):
        run(worker, str(number), number, returned=number, name="A")
    settle(sender, [1, 2])
    assert judged(record).ruling is Ruling.HOLDS
    assert judged(record, with_(events.ResultRead, None, body="WzIsMV0=")).ruling is Ruling.VIOLATED  # [2,1]


def send_all(record: Record, canvas: dict[str, Any], *tasks: str) -> None:
    sender = record.process("sender")
    for task in tasks:
        send(sender, task, by="experiment")
    planned = [parts.PlannedTask(task_id=f"id-{task}", task=task) for task in tasks]
    sender.write(events.CanvasSent, order="1", canvas=canvas, result_id="", planned=planned)


def test_what_was_sent_and_never_started_leaves_the_law_undecided(record: Record) -> None:
    send_all(record, signature("A"), "A")
    verdict = judged(record)
    assert (verdict.ruling, verdict.reason) == (Ruling.UNDECIDED, "A was sent and never started")


def test_what_never_came_to_its_end_leaves_the_law_undecided(record: Record) -> None:
    send_all(record, signature("A"), "A")
    record.process("worker-1").started("A")
    verdict = judged(record)
    assert (verdict.ruling, verdict.reason) == (Ruling.UNDECIDED, "A never came to its end")


@pytest.mark.parametrize("canvas", [[None], {"kwargs": {}}, {"task": "celery.group", "kwargs": {"tasks": 1}}])
def test_what_is_no_canvas_leaves_the_law_undecided(record: Record, canvas: Any) -> None:
    send_all(record, canvas, "A")
    assert judged(record).reason.startswith("what was written down is no canvas: expected")


def test_what_was_revoked_is_decided_though_it_never_started(record: Record) -> None:
    send_all(record, signature("A"), "A")
    record.process("worker-1").revoked("A")
    assert judged(record).ruling is Ruling.HOLDS


def test_a_task_that_replaced_itself_leaves_the_law_undecided(record: Record) -> None:
    send_all(record, signature("A"), "A")
    worker = record.process("worker-1")
    start(worker, "A")
    send(worker, "A", by="retry", sender="A")
    worker.ended("A", ending="ignored")
    verdict = judged(record)
    assert verdict.ruling is Ruling.UNDECIDED
    assert "replaced itself" in verdict.reason


def test_chunks_are_a_group_of_starmaps_where_no_chunks_were_sent(record: Record) -> None:
    items = {"task": signature("A"), "it": [[1], [2]]}
    canvas = {"task": "celery.chunks", "kwargs": {**items, "n": 2}}
    sender, worker = record.process("sender"), record.process("worker-1")
    send(sender, "celery.starmap", by="experiment", **items)
    sender.write(events.CanvasSent, order="1", canvas=canvas, result_id="", planned=[])
    run(worker, "celery.starmap", returned=["a", "a"], **items)
    settle(sender, [["a", "a"]])
    assert judged(record).ruling is Ruling.HOLDS


def test_a_group_of_one_that_ends_with_a_group_comes_to_what_that_one_does(record: Record) -> None:
    inner = {"task": "celery.group", "kwargs": {"tasks": [signature("B"), signature("C")]}}
    chain = {"task": "celery.chain", "kwargs": {"tasks": [signature("A"), inner]}}
    send_all(record, {"task": "celery.group", "kwargs": {"tasks": [chain]}}, "A")
    worker = record.process("worker-1")
    start(worker, "A")
    worker.ended("A", returned="a")
    send(worker, "B", "a", sender="A")
    send(worker, "C", "a", sender="A")
    worker.closed("A")
    for task in "BC":
        run(worker, task, "a", returned=task.lower())
    settle(worker, ["b", "c"])
    assert judged(record).ruling is Ruling.HOLDS


def test_errbacks_of_one_name_are_told_apart_by_whose_they_are(record: Record) -> None:
    """`group(chord([A], B), C).on_error(E)` of which A and C fail, C first."""
    errback = {"link_error": [signature("E")]}
    chord = {"task": "celery.chord", "kwargs": {"header": [signature("A")], "body": signature("B", **errback)}}
    group = {"task": "celery.group", "kwargs": {"tasks": [chord, signature("C", **errback)]}}
    send_all(record, group, "A", "C")
    worker = record.process("worker-1")
    for task, failed in (("C", "C"), ("A", "B")):
        start(worker, task)
        worker.ended(task, ending="failed")
        send(worker, f"of-{failed}", f"id-{failed}", sender=task, name="E")
        worker.closed(task, state="FAILURE")
    for failed in "CB":
        run(worker, f"of-{failed}", f"id-{failed}", returned=None, name="E")
    assert judged(record).ruling is Ruling.HOLDS
