"""Verdicts in words, for whoever has never read a law."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.laws.book import LAWS, LAWS_OF_SETTLED_RUNS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.laws.verdict import Verdict

_STATEMENTS = {law.name: law for law in (*LAWS, *LAWS_OF_SETTLED_RUNS)}


def accuse(verdict: Verdict) -> Iterator[str]:
    """Say what law was violated, where it stands, and by what evidence."""
    law = _STATEMENTS[verdict.law]
    yield f"violated: {law.name}: {law.statement}"
    yield f"   stands in: {law.source}"
    for evidence in verdict.evidence:
        yield f"   claim:    {evidence.claim}"
        yield f"   expected: {evidence.expected}"
        yield f"   observed: {evidence.observed}"
        yield from (f"     {step}" for step in evidence.steps)
        yield f"   events:   {', '.join(f'#{index}' for index in evidence.events)}"


def miss(verdict: Verdict) -> Iterator[str]:
    """Say what law was to be violated here, and what it says instead."""
    law = _STATEMENTS[verdict.law]
    yield f"not violated: {law.name}: {law.statement}"
    yield f"   stands in: {law.source}"
    yield f"   observed:  {verdict}"
