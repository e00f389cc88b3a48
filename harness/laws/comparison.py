"""One plan beside one record: call by call, until the first difference."""

from __future__ import annotations

import base64
import json
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from harness.history.events import ResultRead, Sent, StateRead
from harness.laws.law import HELD, Open
from harness.laws.recorded import Found, RecordedCalls, agree, senders_of
from harness.laws.verdict import Evidence
from harness.semantics.plan import ChordFailed, Failed, Results, Succeeded
from harness.semantics.prediction import Ended, Never, predict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.laws.case import Case
    from harness.laws.law import Finding
    from harness.semantics.defects import Defect
    from harness.semantics.plan import Node, Plan
    from harness.semantics.prediction import Called, Prediction

_MAPS = ("celery.map", "celery.starmap", "celery.chunks")


class Comparison:
    """One plan beside one record."""

    def __init__(self, case: Case, plan: Plan) -> None:
        self._case = case
        self._plan = plan
        self._recorded = RecordedCalls(case)
        self._found: dict[int, Found] = {}
        self._findings: list[Finding] = []
        self._difference: Evidence | None = None

    def findings(self, assumed: frozenset[Defect]) -> list[Finding]:
        """Return one finding for each call, or the first difference."""
        prediction = predict(self._plan, self._behave, assumed)
        if self._difference is None:
            self._difference = self._extra(prediction) or self._other_result(prediction)
        if self._difference is not None:
            return [*self._findings, self._difference]
        return self._findings

    def _behave(self, called: Called) -> Ended:
        """Find a predicted call in the record, compare it, and return what became of it."""
        if self._difference is not None:
            return Ended(ending="silent")
        found = self._find(called)
        if found is None:
            self._difference = Evidence(
                claim=f"{called.node.task} is called",
                expected=f"a call with {_shown(called.args, called.node)}",
                observed="none",
                events=self._causes(called),
                steps=(self._reason(called.node),),
            )
            return Ended(ending="silent")
        self._found[called.node.number] = found
        self._difference = self._other_call(called, found)
        if self._difference is None:
            why = self._recorded.why_open(found)
            self._findings.append(HELD if why is None else Open(why))
        return self._recorded.ended(found)

    def _causes(self, called: Called) -> tuple[int, ...]:
        """Return the ends for which a call is made; of those that never came, the failures that there were."""
        ends = [self._end_of(number) for number in called.after]
        failed = [found.end_index for found in self._found.values() if self._recorded.ended(found).ending == "failed"]
        return tuple(index for index in (ends if any(ends) else failed) if index is not None)

    def _find(self, called: Called) -> Found | None:
        match called.node.trigger:
            case Failed(number):
                ids = self._ids(number)
                return self._recorded.find(called, ids) or self._recorded.find_inline(called.node.task, ids=ids)
            case ChordFailed():  # whoever was last, and failed or passed a failure on
                ids = self._ids(*self._found)
                return self._recorded.find(called, ids) or self._recorded.find_inline(called.node.task, bodies=True)
            case Succeeded(nodes):
                return self._recorded.find(called, senders_of(self._ids(*nodes) if nodes else None))

    def _ids(self, *numbers: int) -> list[str]:
        ids = [self._found[number].task_id for number in numbers if number in self._found]
        return [task_id for task_id in ids if task_id is not None]

    def _end_of(self, number: int) -> int | None:
        return self._found[number].end_index if number in self._found else None

    def _reason(self, node: Node) -> str:
        """Say why a call is made."""
        match node.trigger:
            case Succeeded(()):
                return f"{node.task} is where the canvas begins"
            case Succeeded(nodes):
                return f"{node.task} follows {self._named(nodes)}, which succeeded"
            case Failed(number):
                return f"{node.task} is an errback of {self._named((number,))}, which failed"
            case ChordFailed(members):
                return f"{node.task} is an errback of the body of a chord of {self._named(members)}, which failed"

    def _named(self, numbers: tuple[int, ...]) -> str:
        return ", ".join(self._plan.nodes[number].task for number in numbers)

    def _other_call(self, called: Called, found: Found) -> Evidence | None:
        """Compare a call that was found with the one that was predicted."""
        if not isinstance(found.event, Sent):
            return None
        node, sent = called.node, found.event
        steps = (self._reason(node),)
        for place, args, kwargs in _given(sent, found):
            if not agree(list(called.args), args) or not agree(dict(node.kwargs), _named_items(node, kwargs)):
                return Evidence(
                    claim=f"{node.task} is called with what it is due",
                    expected=_shown(called.args, node),
                    observed=_shown(args, node, kwargs),
                    events=(place,),
                    steps=steps,
                )
        early = [number for number in called.after if (self._end_of(number) or -1) > sent.index]
        if early:
            return Evidence(
                claim=f"{node.task} is sent when what it waits for has ended",
                expected=f"a message after {self._named(tuple(early))}",
                observed="one before",
                events=(sent.index, *(end for end in map(self._end_of, early) if end is not None)),
                steps=steps,
            )
        return _other_attempts(found) or self._other_stored(found)

    def _other_stored(self, found: Found) -> Evidence | None:
        """Compare what is stored as a call's result with what it returned."""
        ended = self._recorded.ended(found)
        if not isinstance(found.event, Sent) or ended.ending != "succeeded":
            return None
        read_later = self._stored.get(ended.task_id)
        if read_later is None or read_later.state != "SUCCESS" or agree(ended.value, read_later.result):
            return None
        return Evidence(
            claim=f"what {found.event.task} returned is stored as its result",
            expected=repr(ended.value),
            observed=repr(read_later.result),
            events=(*(index for index in (found.end_index,) if index is not None), read_later.index),
        )

    @cached_property
    def _stored(self) -> dict[str, StateRead]:
        return {event.task_id: event for event in self._case.history.events if isinstance(event, StateRead)}

    def _extra(self, prediction: Prediction) -> Evidence | None:
        """Find a call that was not predicted."""
        left = self._recorded.left(self._ids(*self._found))
        if not left:
            return None
        event = left[0]
        task = event.task if isinstance(event, Sent) else event.errback
        planned = [node for node in prediction.never if node.task == task]
        return Evidence(
            claim=f"{task} is called no more often than the canvas says",
            expected=f"{sum(call.node.task == task for call in prediction.called)} calls of it",
            observed="one more",
            events=(event.index,),
            steps=tuple(filter(None, (self._why_never(node, prediction) for node in planned))),
        )

    def _why_never(self, node: Node, prediction: Prediction) -> str:
        fate = prediction.fates[node.number]
        if isinstance(fate, Never) and fate.because is not None:
            return f"{node} must not run: {self._plan.nodes[fate.because].task} failed"
        return ""

    def _other_result(self, prediction: Prediction) -> Evidence | None:
        """Compare what the canvas came to."""
        parts = [event for event in self._case.history.events if isinstance(event, ResultRead)]
        if not parts or not parts[0].content_type.endswith("json"):
            return None
        body = "".join(part.body for part in sorted(parts, key=lambda part: part.part))
        try:
            text = base64.b64decode(body).decode()
            result = json.loads(text)
        except ValueError as error:
            self._findings.append(Open(f"the result that was written down cannot be read: {error}"))
            return None
        expected = _as_result(self._plan, prediction)
        if "__type__" in text or (prediction.has_succeeded and agree(expected, result)):
            self._findings.append(HELD)
            return None
        return Evidence(
            claim="the canvas comes to what its last calls returned",
            expected=repr(expected) if prediction.has_succeeded else "nothing, for it failed",
            observed=repr(result),
            events=tuple(part.index for part in parts),
        )


def _other_attempts(found: Found) -> Evidence | None:
    """Find an attempt that no retry asked for."""
    for former, attempt in pairwise(found.attempts):
        is_again = attempt.started.retries == former.started.retries  # delivered once more, which is another law's
        if not is_again and (former.ending != "retried" or attempt.started.retries != former.started.retries + 1):
            return Evidence(
                claim=f"{former.started.task} is attempted again when it has asked for that, and else not",
                expected=f"no attempt after one that {former.ending}",
                observed=f"attempt {attempt.started.retries + 1}",
                events=(former.started.index, attempt.started.index),
            )
    return None


def _given(sent: Sent, found: Found) -> Iterator[tuple[int, Any, Any]]:
    """Yield with what a call was sent and its code started, until that code itself asked for something else."""
    yield sent.index, sent.args, sent.kwargs
    for attempt in found.attempts:
        yield attempt.started.index, attempt.started.args, attempt.started.kwargs
        if attempt.asked is not None and not attempt.asked.automatic:
            return


def _named_items(node: Node, kwargs: Any) -> Any:  # noqa: ANN401 - a user's data
    """Return a call's keyword arguments; of a map, its task by its name."""
    if node.task in _MAPS and isinstance(kwargs, dict) and isinstance(kwargs.get("task"), dict):
        return {**kwargs, "task": kwargs["task"].get("task")}
    return kwargs


def _shown(args: Any, node: Node, kwargs: Any = None) -> str:  # noqa: ANN401 - a user's data
    named = node.kwargs if kwargs is None else kwargs
    return repr(list(args)) + (f" and {dict(named)!r}" if named else "")


def _as_result(plan: Plan, prediction: Prediction) -> Any:  # noqa: ANN401 - a user's data
    """Return what the result object of a canvas holds.

    Of a group whose only member ends with a group, that is the inner one's (celery/canvas.py, group.apply_async).
    """
    match plan.value:
        case Results((Results(),)) if isinstance(prediction.result, list):
            return prediction.result[0]
        case _:
            return prediction.result
