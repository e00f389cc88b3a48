"""What laws say of a run: as they said when it was made, or where that is not known, as they say of what is there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.errors import TroubleError
from harness.laws.book import LAWS, LAWS_OF_SETTLED_RUNS, judge
from harness.laws.own import find_own_laws
from harness.laws.verdict import Evidence, Ruling, Verdict
from harness.report.format import EvidenceTold, LawTold, Missing, StepTold
from harness.report.remains import listed, mapping
from harness.report.saying import says

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.laws.law import Law
    from harness.laws.own import OwnLaws
    from harness.report.remains import Remains
    from harness.report.told import Told

_RULINGS = {ruling.value: ruling for ruling in Ruling}
_SILENT = (Ruling.NOT_EXERCISED.value, Ruling.UNDECIDED.value)


def own_laws_of(remains: Remains) -> OwnLaws[Any] | None:
    """Return the laws of the scenario's own; none, and a line in what is missing, where they cannot be had."""
    name = remains.scenario.get("own_laws")
    if not isinstance(name, str):
        return None
    try:
        return find_own_laws(name)
    except TroubleError as error:
        remains.missing.append(Missing(what=f"the laws of this scenario's own cannot be loaded: {error.found}"))
        return None


def verdicts_of(remains: Remains, told: Told) -> list[Verdict]:
    """Return the verdicts of the run; without them, judge what is there by all laws that need no end."""
    recorded = listed(remains.ended.get("verdicts"))
    if not recorded:
        return list(judge(told.case))
    return [verdict for one in recorded if (verdict := _verdict(mapping(one))) is not None]


def _verdict(recorded: Mapping[str, Any]) -> Verdict | None:
    """Read a verdict back; None for what is none."""
    ruling = _RULINGS.get(str(recorded.get("ruling")))
    if ruling is None or "law" not in recorded:
        return None
    return Verdict(
        law=str(recorded["law"]),
        ruling=ruling,
        instances=int(recorded.get("instances") or 0),
        reason=str(recorded.get("reason") or ""),
        evidence=tuple(_evidence(mapping(one)) for one in listed(recorded.get("evidence"))),
    )


def _evidence(recorded: Mapping[str, Any]) -> Evidence:
    return Evidence(
        claim=str(recorded.get("claim", "")),
        expected=str(recorded.get("expected", "")),
        observed=str(recorded.get("observed", "")),
        events=tuple(one for one in listed(recorded.get("events")) if isinstance(one, int)),
        steps=tuple(map(str, listed(recorded.get("steps")))),
    )


def laws(remains: Remains, told: Told, own: OwnLaws[Any] | None) -> list[LawTold]:
    """Return what all laws say, in the order of the book, the scenario's own at the end."""
    book: dict[str, Law[Any]] = {law.name: law for law in (*LAWS, *LAWS_OF_SETTLED_RUNS, *(own.laws if own else ()))}
    named = set(map(str, listed(remains.scenario.get("laws"))))
    violates = set(map(str, listed(remains.scenario.get("violates"))))
    verdicts = verdicts_of(remains, told)
    if _has_changed(remains, told) and any(verdict.evidence for verdict in verdicts):
        what = "the journals are not what they were when the run was judged: no evidence can be shown in them"
        remains.missing.append(Missing(what=what))
        verdicts = [replace(one, evidence=tuple(replace(it, events=()) for it in one.evidence)) for one in verdicts]
    return [
        _law(told, verdict, book.get(verdict.law), is_named=verdict.law in named, is_expected=verdict.law in violates)
        for verdict in verdicts
    ]


def _has_changed(remains: Remains, told: Told) -> bool:
    """Say whether places in the history that was judged are others now: lines are gone, or cannot be read any more."""
    return bool(remains.ended.get("verdicts")) and remains.ended.get("events") != len(told.history.events)


def is_as_expected(ruling: str, *, is_named: bool, is_expected: bool) -> bool:
    """Say whether a law ruled as the scenario has it: one that is named must be shown, one must be violated or not."""
    return (ruling == Ruling.VIOLATED.value) == is_expected and not (is_named and ruling in _SILENT)


def _law(told: Told, verdict: Verdict, law: Law[Any] | None, *, is_named: bool, is_expected: bool) -> LawTold:
    return LawTold(
        name=verdict.law,
        family=verdict.law.partition(".")[0],
        statement="" if law is None else law.statement,
        source="" if law is None else law.source,
        ruling=verdict.ruling.value,
        instances=verdict.instances,
        reason=verdict.reason,
        is_named=is_named,
        is_expected=is_expected,
        is_as_expected=is_as_expected(verdict.ruling.value, is_named=is_named, is_expected=is_expected),
        evidence=[_told(told, evidence) for evidence in verdict.evidence],
    )


def _told(told: Told, evidence: Evidence) -> EvidenceTold:
    events = sorted({index for index in evidence.events if 0 <= index < len(told.history.events)})
    return EvidenceTold(
        claim=evidence.claim,
        expected=evidence.expected,
        observed=evidence.observed,
        events=events,
        steps=[
            *(StepTold(event=None, says=step) for step in evidence.steps),
            *(StepTold(event=index, says=step) for index, step in zip(events, _steps(told, events), strict=True)),
        ],
    )


def _steps(told: Told, events: list[int]) -> Iterator[str]:
    for index in events:
        event = told.history.events[index]
        task = getattr(event, "task", None) or told.names.get(getattr(event, "task_id", None) or "")
        yield f"{task}: {says(event)}" if task else says(event)
