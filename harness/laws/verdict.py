"""Rulings, verdicts and the evidence that compels them: data only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Ruling(Enum):
    """A law's answer to a history. A law with nothing to judge has not been proved."""

    HOLDS = "holds"
    NOT_EXERCISED = "not exercised"
    UNDECIDED = "undecided"
    VIOLATED = "violated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One instance in which a law was broken: what it claims, what was seen, and the steps in between."""

    claim: str
    expected: str
    observed: str
    events: tuple[int, ...]  # the places of the guilty events in the history
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a law says of a history."""

    law: str
    ruling: Ruling
    instances: int = 0
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""

    def __str__(self) -> str:
        why = f": {self.reason}" if self.reason else ""
        return f"{self.law} {self.ruling.value} ({self.instances}){why}"
