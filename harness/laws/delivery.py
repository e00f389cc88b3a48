"""Delivery: what is put on the broker, by whom, and that nothing is run that was not handed over, or twice."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from harness.history.attempt_events import AttemptStarted
from harness.history.events import CanvasSent, Delivered, Sent
from harness.laws.law import HELD, Law
from harness.laws.senders import Senders
from harness.laws.verdict import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.laws.case import Case
    from harness.laws.law import Finding

_CANVASES = frozenset({"celery.chain", "celery.group", "celery.chord", "celery.chunks", "celery.map", "celery.starmap"})


def _one_message_for_a_chain(case: Case) -> Iterator[Finding]:
    """Judge a chain that was sent and begins with a task."""
    former = -1
    for canvas in case.history.all_of(CanvasSent):
        begin, former = former, canvas.index
        signature = canvas.canvas
        if not isinstance(signature, dict) or signature.get("task") != "celery.chain":
            continue
        kwargs = signature.get("kwargs")
        steps = kwargs.get("tasks") if isinstance(kwargs, dict) else None
        if not isinstance(steps, list) or not steps or not isinstance(steps[0], dict):
            continue
        if steps[0].get("task") in _CANVASES:
            continue
        here = [one for one in case.messages.sent if one.source == canvas.source and not one.by_author]
        before = [one for one in here if begin < one.index < canvas.index]
        if len(before) == 1:
            yield HELD
        else:
            yield Evidence(
                claim="sending a chain puts one message on the broker, that of its first step",
                expected="1 message",
                observed=f"{len(before)}: {', '.join(event.task for event in before)}",
                events=(canvas.index, *(event.index for event in before)),
            )


def _sent_once(case: Case) -> Iterator[Finding]:
    """Judge what Celery itself sent once, or more often: steps of chains, and retries."""
    messages = case.messages
    bodies = {body.task_id for chord in case.chords for body in chord.bodies}
    attempts = Counter((one.started.task_id, one.started.retries) for one in case.history.attempts())
    for task_id, sent in messages.of_task.items():
        by_attempt: defaultdict[tuple[str, str | None, int], list[Sent]] = defaultdict(list)
        for event in sent:
            is_step = task_id in messages.planned_ids and task_id not in bodies and event.sender_id is not None
            if event.retries or (is_step and event.sender_id != task_id):
                by_attempt[event.source, event.sender_id, event.retries].append(event)
        for (_, sender_id, retries), events in by_attempt.items():
            sender = messages.fates.get(sender_id or "")
            times = min(len(events), messages.gone_out(task_id, retries))
            # Whoever was run once more by the broker's will sends once more.
            due = attempts[sender_id or "", retries - 1] if retries else len(sender.ends) if sender is not None else 1
            if times <= max(1, due):
                yield HELD
            else:
                yield Evidence(
                    claim=f"{sent[0].task} is sent once",
                    expected=f"1 message of {task_id}" + (f" with {retries} retries" if retries else ""),
                    observed=f"{len(events)}",
                    events=tuple(event.index for event in events),
                )


def _attempts_are_delivered(case: Case) -> Iterator[Finding]:
    """Judge an attempt."""
    left: Counter[tuple[str, int]] = Counter()
    for event in case.history.events:
        if isinstance(event, Delivered):
            left[event.task_id, event.retries] += 1
        elif isinstance(event, AttemptStarted):
            if left[event.task_id, event.retries] > 0:
                left[event.task_id, event.retries] -= 1
                yield HELD
            else:
                yield Evidence(
                    claim=f"every attempt of {event.task} belongs to a delivery of its own",
                    expected="a message that was handed over before, for this attempt",
                    observed=f"attempt {event.retries + 1} of {event.task_id} without one",
                    events=(event.index,),
                )


def _one_start_a_message(case: Case) -> Iterator[Finding]:
    """Judge a message that was worked on."""
    again: Counter[tuple[str, int]] = Counter()
    for delivered in case.history.all_of(Delivered):
        again[delivered.task_id, delivered.retries] += delivered.redelivered
    sent = Counter((event.task_id, event.retries) for event in case.messages.sent)
    starts: defaultdict[tuple[str, int], list[AttemptStarted]] = defaultdict(list)
    for start in case.history.all_of(AttemptStarted):
        starts[start.task_id, start.retries].append(start)
    for key, started in starts.items():
        # What was sent by somebody who is not observed has at least one message, for it has been delivered.
        allowed = max(1, min(sent[key], case.messages.gone_out(*key))) + again[key]
        if len(started) <= allowed:
            yield HELD
        else:
            yield Evidence(
                claim=f"{started[0].task} is started once for each message, and each time that it is handed out again",
                expected=f"at most {allowed} starts of {key[0]} with {key[1]} retries",
                observed=f"{len(started)}",
                events=tuple(event.index for event in started),
            )


def _senders_are_running(case: Case) -> Iterator[Finding]:
    """Judge a message that a task is said to have sent."""
    senders = Senders()
    for event in case.history.events:
        senders.see(event)
        if not isinstance(event, Sent) or event.sender_id is None:
            continue
        if senders.may_include(event.sender_id, event.source):
            yield HELD
        else:
            yield Evidence(
                claim=f"{event.task} is sent by an attempt that runs where it is sent",
                expected=f"an attempt of {event.sender_id} that runs in {event.source}, or has just ended there",
                observed="none does, nor has",
                events=(event.index,),
            )


def _lineage(case: Case) -> Iterator[Finding]:
    """Judge a step of a chain, or a chord's body, that Celery sent when a task had ended."""
    messages = case.messages
    bodies = {body.task_id for chord in case.chords for body in chord.bodies}
    for sender in messages.fates.values():
        for attempt in sender.ends:
            for event in messages.sent_after(attempt):
                if event.task_id not in messages.planned_ids or event.task_id == sender.sent.task_id:
                    continue
                # A body's parent is the last member, or in 5.4 the task before its chord: only its root is promised.
                parent_id = event.parent_id if event.task_id in bodies else sender.sent.task_id
                wanted = (parent_id, sender.sent.root_id)
                if (event.parent_id, event.root_id) == wanted:
                    yield HELD
                else:
                    yield Evidence(
                        claim=f"{event.task} names the task after which it was sent as its parent, and shares its root",
                        expected=f"parent {wanted[0]}, root {wanted[1]}",
                        observed=f"parent {event.parent_id}, root {event.root_id}",
                        events=(sender.sent.index, event.index),
                    )


LAWS = (
    Law(
        name="delivery.one_message_for_a_chain",
        statement="Sending a chain puts exactly one message on the broker; the rest travels inside it.",
        source="celery/canvas.py, _chain.run (5.4.0 to 5.7.0)",
        findings=_one_message_for_a_chain,
    ),
    Law(
        name="delivery.sent_once",
        statement="A step of a chain and a retry are sent once by the attempt that they follow.",
        source="celery/app/trace.py, build_tracer; celery/app/task.py, retry (5.4.0 to 5.7.0)",
        findings=_sent_once,
    ),
    Law(
        name="delivery.attempts_are_delivered",
        statement="Every attempt belongs to a delivery.",
        source="celery/worker/strategy.py (5.4.0 to 5.7.0)",
        findings=_attempts_are_delivered,
    ),
    Law(
        name="delivery.one_start_a_message",
        statement="A message is worked on once, also after its task has ended, unless the broker hands it out again.",
        source="documentation, Tasks: acks_early; kombu/transport/redis.py marks what it hands out again (5.3 to 5.7)",
        findings=_one_start_a_message,
    ),
    Law(
        name="delivery.sent_by_a_running_task",
        statement="What a task is said to have sent was sent by an attempt of it that ran, and where it ran.",
        source="celery/app/base.py, send_task: parent_id and root_id (5.4.0 to 5.7.0)",
        findings=_senders_are_running,
    ),
    Law(
        name="delivery.lineage",
        statement="A step names as its parent the task at whose end it was sent; steps and bodies share its root.",
        source="documentation, Tasks: Task Request (root_id, parent_id); celery/app/trace.py (5.4.0 to 5.7.0)",
        findings=_lineage,
    ),
)
