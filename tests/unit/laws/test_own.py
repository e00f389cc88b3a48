from __future__ import annotations

import sys
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from harness.errors import UsageError
from harness.history.history import History
from harness.laws.case import Case
from harness.laws.law import HELD, Law
from harness.laws.own import Account, OwnLaws, find_own_laws
from harness.laws.prose import accuse
from harness.laws.verdict import Evidence, Ruling

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.laws.law import Finding


class Diary(Case):
    """A history, and what somebody wrote down meanwhile."""

    def __init__(self, history: History, files: Path, late_s: float) -> None:
        super().__init__(history, late_s=late_s)
        self.lines = (files / "diary.txt").read_text().splitlines()


def _cheerful(case: Diary) -> Iterator[Finding]:
    for line in case.lines:
        if line == "all is well":
            yield HELD
        else:
            yield Evidence(claim="all is well", expected="all is well", observed=line, events=(0,))


OWN = OwnLaws(
    laws=(Law(name="diary.cheerful", statement="All is well.", source="the author", findings=_cheerful),),
    case_of=Diary,
    account_of=lambda case: Account(outcome=f"{len(case.lines)} lines", shown=(), whole=tuple(case.lines)),
)


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module of somebody's, which can be imported."""
    module = ModuleType("somebodys")
    monkeypatch.setitem(sys.modules, "somebodys", module)
    return module


def test_laws_of_a_scenarios_own_judge_what_the_run_has_kept(tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("all is well\nall is well\n")
    (verdict,), account = OWN.judge(History(()), tmp_path, 0.05)
    assert (verdict.law, verdict.ruling, verdict.instances) == ("diary.cheerful", Ruling.HOLDS, 2)
    assert (account.outcome, account.whole) == ("2 lines", ("all is well", "all is well"))


def test_a_violation_of_one_of_them_is_told_in_its_own_words(tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("all is lost\n")
    (verdict,), _ = OWN.judge(History(()), tmp_path, 0.05)
    assert verdict.ruling is Ruling.VIOLATED
    told = list(accuse(verdict, OWN))
    assert told[:2] == ["violated: diary.cheerful: All is well.", "   stands in: the author"]
    assert "   observed: all is lost" in told


def test_they_are_found_by_the_name_that_the_scenario_says(module: ModuleType) -> None:
    module.LAWS = OWN  # type: ignore[attr-defined]
    assert find_own_laws("somebodys:LAWS") is OWN


@pytest.mark.parametrize("name", ["nobodys:LAWS", "somebodys:LOSS", "somebodys:TEXT", "somebodys"])
def test_what_leads_to_no_laws_is_said_by_its_name(module: ModuleType, name: str) -> None:
    module.TEXT = "some"  # type: ignore[attr-defined]
    with pytest.raises(UsageError, match=f"laws of a scenario's own at {name}"):
        find_own_laws(name)


def test_what_a_page_shows_is_plain_data_of_what_the_laws_judge(tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("all is well\n")
    assert replace(OWN, shown_of=lambda case: {"diary": list(case.lines)}).show(History(()), tmp_path, 0.05) == {
        "diary": ["all is well"]
    }


def test_a_page_shows_nothing_of_its_own_unless_the_scenario_does(tmp_path: Path) -> None:
    assert OWN.show(History(()), tmp_path / "missing", 0.05) == {}
