"""Laws that are about one scenario alone, and how it tells in its own words what came of a run.

Where a scenario's tasks keep a record of their own (a log in a database), laws may judge what that record claims by
what the history knows. Owns how such laws are found and asked; the scenario's package owns the laws. They are pure like
all others: what they judge is read once, by `case_of`, from the history and from the files that the run has kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic

from harness.errors import UsageError
from harness.laws.law import Judged, Law

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from harness.history.history import History
    from harness.laws.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a scenario tells of a run in its own words: a word or two, what is shown, and all that there is to tell."""

    outcome: str
    shown: tuple[str, ...]
    whole: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLaws(Generic[Judged]):
    """A scenario's own laws, what they judge, and what is told of it."""

    laws: tuple[Law[Judged], ...]
    case_of: Callable[[History, Path, float], Judged]  # of a history, the folder of kept files, how late things may be
    account_of: Callable[[Judged], Account]
    shown_of: Callable[[Judged], Mapping[str, Any]] | None = None  # what a page shows of it: plain data, by its kind

    def judge(self, history: History, files: Path, late_s: float) -> tuple[tuple[Verdict, ...], Account]:
        """Return what each law says of a run that has left these files, and what is told of it."""
        case = self.case_of(history, files, late_s)
        return tuple(law.judge(case) for law in self.laws), self.account_of(case)

    def show(self, history: History, files: Path, late_s: float) -> Mapping[str, Any]:
        """Return what a page shows of such a run beyond what it shows of every one; nothing, where there is nothing."""
        return {} if self.shown_of is None else self.shown_of(self.case_of(history, files, late_s))


def find_own_laws(name: str) -> OwnLaws[Any]:
    """Return the laws that a scenario names as `module:name`."""
    module, _, attribute = name.partition(":")
    try:
        found = getattr(import_module(module), attribute, None)
    except ImportError as error:
        found = error
    if not isinstance(found, OwnLaws):
        raise UsageError(f"laws of a scenario's own at {name}", found, "install the package that has them, or mend it")
    return found
