"""Judges a run: while its testbed still stands, or from its directory at any later time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from harness.errors import UsageError
from harness.laws.book import judge
from harness.laws.case import Case
from harness.scenario import DELAY_TOLERANCE_S
from harness.store import RunDirectory

if TYPE_CHECKING:
    from pathlib import Path

    from harness.history.history import History
    from harness.laws.verdict import Verdict


def judge_history(history: History, late_s: float, ending: str) -> tuple[Verdict, ...]:
    """Return what every law says of a history that came to this ending, under a clock that allows for so much delay."""
    return judge(Case(history, late_s=late_s), has_settled=ending == "settled")


class Judged(NamedTuple):
    """What every law says of a run, and the laws that its scenario names: those to be shown, those to be violated."""

    verdicts: tuple[Verdict, ...]
    laws: tuple[str, ...]
    violates: tuple[str, ...]


def judge_directory(path: Path) -> Judged:
    """Judge a run by what it has left."""
    directory = RunDirectory(path)
    try:
        scenario = directory.read("experiment")["scenario"]
        ended = directory.read("run")
        late_s = DELAY_TOLERANCE_S[ended.get("clock", {}).get("clock", "real")]
        laws, violates = tuple(scenario.get("laws", ())), tuple(scenario.get("violates", ()))
    except (OSError, json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            "the directory of a run that came to its end", f"{path}: {error}", "see its logs, or make the run again"
        ) from None
    return Judged(judge_history(directory.history(), late_s, ended.get("ending", "")), laws, violates)
