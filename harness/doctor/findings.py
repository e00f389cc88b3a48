"""What was found, as data: one finding for each thing that runs depend on, and what follows from all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# `limited`: runs are made all the same, with less (no virtual time, no containers).
State = Literal["ok", "limited", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing: whether it is there, what exactly was found, and what to type where it is not."""

    name: str
    state: State
    found: str
    remedies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """All findings, in the order in which a person wants to read them."""

    findings: tuple[Finding, ...]

    @property
    def can_run(self) -> bool:
        """Whether `harness run` works here; in real time at least."""
        return all(finding.state != "missing" for finding in self.findings)

    def named(self, name: str) -> Finding:
        """Return the finding of this name."""
        return next(finding for finding in self.findings if finding.name == name)
