"""Independence: the whole run is what a model predicts that knows the canvas, and what each call did, and no Celery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.canvas import Chunks, read
from harness.history.fault_events import FaultInjected
from harness.laws.comparison import Comparison
from harness.laws.law import HELD, Law, Open
from harness.laws.verdict import Evidence
from harness.semantics.defects import known_in
from harness.semantics.planning import plan_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.history.history import Attempt
    from harness.laws.case import Case
    from harness.laws.law import Finding
    from harness.semantics.defects import Defect


def _model_agrees(case: Case) -> Iterator[Finding]:
    """Judge every call that the canvas came to, what was handed on, and what it came to itself."""
    findings = compare(case)
    difference = next((finding for finding in findings if isinstance(finding, Evidence)), None)
    if difference is None:
        yield from findings
        return
    yield from (finding for finding in findings if finding is HELD)
    defects = explain(case)
    known = [f"known of {'.'.join(map(str, case.version))}: {one.name}: {one.statement}" for one in defects or ()]
    yield Evidence(
        claim=difference.claim,
        expected=difference.expected,
        observed=difference.observed,
        events=difference.events,
        steps=(*difference.steps, *known),
    )


def compare(case: Case, assumed: frozenset[Defect] = frozenset()) -> list[Finding]:
    """Compare a run with what is predicted of it, call by call; nothing after the first difference is worth a word."""
    sent = case.history.canvas
    if sent is None or not sent.canvas:
        return []
    if why := _broken(case) or beyond(case):
        return [Open(why)]
    try:
        canvas = read(sent.canvas)
    except ValueError as error:
        return [Open(f"what was written down is no canvas: {error}")]
    if isinstance(canvas, Chunks) and not any(planned.task == "celery.chunks" for planned in sent.planned):
        canvas = canvas.as_group()
    plan = plan_of(canvas, case.version, assumed)
    return Comparison(case, plan).findings(assumed)


def _broken(case: Case) -> str | None:
    """Say what was broken on purpose: the model knows of nothing that goes wrong by itself."""
    fault = next(iter(case.history.all_of(FaultInjected)), None)
    return (
        None if fault is None else f"something was broken on purpose: {fault.strike} at {fault.point} of {fault.task}"
    )


def beyond(case: Case) -> str | None:
    """Say what happened that the model has no word for: things that a task does to Celery, and not with it."""
    running: dict[str, Attempt] = {}
    for attempt in case.history.attempts():
        start = attempt.started
        running[start.task_id] = attempt
        if case.history.options_of(start.task).has_own_call:
            return f"{start.task} has a __call__ of its own, which may make something else of what its code returns"
        if attempt.ending in ("ignored", "rejected"):
            return f"{start.task} was {attempt.ending} (or replaced itself): what follows then, its own code decides"
        if attempt.asked is not None and attempt.ending not in ("retried", "failed", None):
            return f"{start.task} asked for a retry and went on: it may come to two ends"
        if attempt.ended is not None and attempt.ended.ending == "succeeded" and attempt.ending == "failed":
            return f"what {start.task} returned could not be stored"
    for sent in case.messages.sent:
        sender = running.get(sent.sender_id or "")
        if (
            sent.chord_id
            and not sent.retries
            and sender is not None
            and sender.ended is not None
            and sent.index < sender.ended.index
        ):
            return f"{sender.started.task} added {sent.task} to a chord by itself"
    return None


def explain(case: Case) -> tuple[Defect, ...] | None:
    """Return the known defects with which the model agrees, as few as will do; None if it agrees with none of them."""

    def agrees(assumed: frozenset[Defect]) -> bool:
        return not any(isinstance(finding, Evidence) for finding in compare(case, assumed))

    if agrees(frozenset()):
        return ()
    needed = known_in(case.version)
    if not agrees(needed):
        return None
    for defect in sorted(needed, key=lambda one: one.name):
        if agrees(needed - {defect}):
            needed -= {defect}
    return tuple(sorted(needed, key=lambda one: one.name))


LAWS = (
    Law(
        name="independence.model_agrees",
        statement="Every call that the canvas stands for is made, once, in its turn and with what it is due; no other.",
        source="documentation, Canvas and Calling Tasks; what harness/semantics was read off (5.4.0 to 5.7.0)",
        findings=_model_agrees,
    ),
)
