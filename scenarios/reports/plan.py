"""What happens to which report: its parts as they are declared, how long each takes, how often it fails.

Everything follows from a report's kind and a seed, in every process alike. Data only: refuses to do any of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS: Final[Mapping[str, str]] = {
    "all_well": "nothing fails",
    "transient": "a member fails once, twice or three times",
    "one_fails": "a member fails for good",
    "two_fail": "two members fail for good",
    "first_slowest": "the first-declared member is the slowest",
    "first_fails": "the first-declared member fails for good",
    "sixth_attempt": "a member succeeds only on its sixth attempt",
}
"""Faults strike members that were not declared first, but for the kind that says otherwise."""

BEYOND: Final[Mapping[str, str]] = {
    "outlived": "the first-declared member succeeds when another one has failed for good",
}
"""What can happen as well, and is ordered by name only."""

MAX_RETRIES: Final = 5
ALWAYS: Final = MAX_RETRIES + 1
"""As many failures as no part lives through."""

_TAKES_S: Final[Mapping[str, tuple[float, float]]] = {"short": (1, 5), "medium": (10, 30), "long": (45, 90)}
_LONGER_THAN_ALL_RETRIES_S: Final = 1800.0
_DECLARED: Final = ("short", "medium", "long")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a report: what its attempts do."""

    name: str
    takes_s: float
    failures: int  # its first so many attempts fail
    fails_after_s: float

    @property
    def fails_for_good(self) -> bool:
        """Whether it never succeeds."""
        return self.failures > MAX_RETRIES


def plan_of(kind: str, seed: int) -> tuple[Part, ...]:
    """Return a report's parts in the order in which they are declared."""
    if kind not in (known := {**KINDS, **BEYOND}):
        raise ValueError(f"expected a kind of report, one of {', '.join(known)}; found {kind!r}")
    chance = Random(f"{kind} {seed}")  # noqa: S311 - it is to be the same every time
    names = (_DECLARED[-1], *_DECLARED[:-1]) if kind in ("first_slowest", "outlived") else _DECLARED
    failures = _failures(kind, names, chance)
    first, *others = (_part(name, failures.get(name, 0), chance) for name in names)
    return (replace(first, takes_s=_LONGER_THAN_ALL_RETRIES_S) if kind == "outlived" else first, *others)


def _failures(kind: str, names: tuple[str, ...], chance: Random) -> dict[str, int]:
    first, *others = names
    match kind:
        case "transient":
            return {chance.choice(others): chance.randint(1, 3)}
        case "one_fails" | "outlived":
            return {chance.choice(others): ALWAYS}
        case "two_fail":
            return dict.fromkeys(others, ALWAYS)
        case "first_fails":
            return {first: ALWAYS}
        case "sixth_attempt":
            return {chance.choice(others): MAX_RETRIES}
        case _:
            return {}


def _part(name: str, failures: int, chance: Random) -> Part:
    takes_s = round(chance.uniform(*_TAKES_S[name]), 1)
    # Some fail at once, some when they are half done.
    return Part(name=name, takes_s=takes_s, failures=failures, fails_after_s=round(chance.random() * takes_s / 2, 1))
