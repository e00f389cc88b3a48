"""Judges a run: while its testbed still stands, or from its directory at any later time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError
from harness.laws.book import judge
from harness.laws.case import Case
from harness.laws.own import find_own_laws
from harness.scenario import DELAY_TOLERANCE_S
from harness.store import RunDirectory

if TYPE_CHECKING:
    from pathlib import Path

    from harness.history.history import History
    from harness.laws.own import Account, OwnLaws
    from harness.laws.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What laws say of a run that was made before, the laws that its scenario names, and its own."""

    verdicts: tuple[Verdict, ...]
    named: tuple[str, ...]  # that the run was to show
    violates: tuple[str, ...]  # that it was to violate
    own_laws: OwnLaws[Any] | None


def judge_history(history: History, late_s: float, ending: str) -> tuple[Verdict, ...]:
    """Return what every law says of a history that came to this ending, under a clock that allows for so much delay."""
    return judge(Case(history, late_s=late_s), has_settled=ending == "settled")


def judge_by_own_laws(
    own_laws: OwnLaws[Any] | None, history: History, files: Path, late_s: float
) -> tuple[tuple[Verdict, ...], Account | None]:
    """Return what the laws of a scenario's own say of a run that has left these files, and what is told of it."""
    return ((), None) if own_laws is None else own_laws.judge(history, files, late_s)


def judge_directory(path: Path) -> Judgement:
    """Return what every law says of a run, the scenario's own as well."""
    directory = RunDirectory(path)
    try:
        scenario = directory.read("experiment")["scenario"]
        ended = directory.read("run")
        late_s, named = DELAY_TOLERANCE_S[ended.get("clock", {}).get("clock", "real")], tuple(scenario.get("laws", ()))
        violates, name = tuple(scenario.get("violates", ())), scenario.get("own_laws")
    except (OSError, json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            "the directory of a run that came to its end", f"{path}: {error}", "see its logs, or make the run again"
        ) from None
    own_laws = None if name is None else find_own_laws(name)
    if own_laws is not None and not directory.files.exists():
        raise UsageError("the files that this run has kept, for its own laws", f"no {directory.files}", "run it again")
    history = directory.history()
    verdicts = judge_history(history, late_s, ended.get("ending", ""))
    of_its_own, _ = judge_by_own_laws(own_laws, history, directory.files, late_s)
    return Judgement(
        verdicts=(*verdicts, *of_its_own),
        named=named,
        violates=violates,
        own_laws=own_laws,
    )
