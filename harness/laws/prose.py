"""Verdicts in words, for whoever has never read a law."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.laws.book import LAWS, LAWS_OF_SETTLED_RUNS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.laws.law import Law
    from harness.laws.own import OwnLaws
    from harness.laws.verdict import Verdict

_STATEMENTS: dict[str, Law[Any]] = {law.name: law for law in (*LAWS, *LAWS_OF_SETTLED_RUNS)}


def accuse(verdict: Verdict, own: OwnLaws[Any] | None = None) -> Iterator[str]:
    """Say what law was violated, where it stands, and by what evidence. `own` has the laws of the scenario's own."""
    statements = _STATEMENTS if own is None else {**_STATEMENTS, **{law.name: law for law in own.laws}}
    law = statements[verdict.law]
    yield f"violated: {law.name}: {law.statement}"
    yield f"   stands in: {law.source}"
    for evidence in verdict.evidence:
        yield f"   claim:    {evidence.claim}"
        yield f"   expected: {evidence.expected}"
        yield f"   observed: {evidence.observed}"
        yield from (f"     {step}" for step in evidence.steps)
        yield f"   events:   {', '.join(f'#{index}' for index in evidence.events)}"
