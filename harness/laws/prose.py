"""Verdicts in words, for whoever has never read a law."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.laws.book import LAWS, LAWS_OF_SETTLED_RUNS
from harness.laws.verdict import Ruling

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.laws.law import Law
    from harness.laws.own import OwnLaws
    from harness.laws.verdict import Verdict

_STATEMENTS: dict[str, Law[Any]] = {law.name: law for law in (*LAWS, *LAWS_OF_SETTLED_RUNS)}


def not_exercised(verdicts: Sequence[Verdict]) -> str:
    """Say how many laws had nothing to judge in a run, and which; nothing if all had. A whole family goes by its name.

    A run that shows nothing of a law has not proved it, and must not look as if it had.
    """
    idle = [verdict.law for verdict in verdicts if verdict.ruling is Ruling.NOT_EXERCISED]
    if not idle:
        return ""
    families: dict[str, list[str]] = {}
    for law in idle:
        families.setdefault(law.partition(".")[0], []).append(law)
    named = []
    for family, laws in families.items():
        count = sum(verdict.law.partition(".")[0] == family for verdict in verdicts)
        named += [f"all {count} of {family}"] if len(laws) == count > 1 else laws
    return f"{len(idle)} of {len(verdicts)} laws had nothing to judge: {', '.join(named)}"


def accuse(verdict: Verdict, own: OwnLaws[Any] | None = None) -> Iterator[str]:
    """Say what law was violated, where it stands, and by what evidence. `own` has the laws of the scenario's own."""
    law = _law_of(verdict, own)
    yield f"violated: {law.name}: {law.statement}"
    yield f"   stands in: {law.source}"
    for evidence in verdict.evidence:
        yield f"   claim:    {evidence.claim}"
        yield f"   expected: {evidence.expected}"
        yield f"   observed: {evidence.observed}"
        yield from (f"     {step}" for step in evidence.steps)
        yield f"   events:   {', '.join(f'#{index}' for index in evidence.events)}"


def miss(verdict: Verdict, own: OwnLaws[Any] | None = None) -> Iterator[str]:
    """Say what law was to be violated here, and what it says instead."""
    law = _law_of(verdict, own)
    yield f"not violated: {law.name}: {law.statement}"
    yield f"   stands in: {law.source}"
    yield f"   observed:  {verdict}"


def _law_of(verdict: Verdict, own: OwnLaws[Any] | None) -> Law[Any]:
    laws = _STATEMENTS if own is None else {**_STATEMENTS, **{law.name: law for law in own.laws}}
    return laws[verdict.law]
