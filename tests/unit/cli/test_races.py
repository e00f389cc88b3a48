"""What the options of `harness run races` mean, what is shown of it, and its exit codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from harness.campaign import RunFailed, TestbedUp, TimeIsReal
from harness.campaign.figures import Figures
from harness.campaign.fleets import fleets_for
from harness.campaign.races import BatchEnded, FleetStarts
from harness.cli.main import commands
from harness.cli.race_display import Tally, display, show
from harness.cli.races import Wanted, exit_code
from harness.errors import HarnessError, UsageError
from harness.laws.verdict import Evidence, Ruling, Verdict
from harness.run.settling import Settlement
from harness.scenario import Conditions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.scenario import Experiment

    MakeExperiment = Callable[[str], Experiment]


def wanted(**asked: Any) -> Wanted:
    nothing = dict.fromkeys(("chords", "members", "budget", "pool", "workers", "concurrency"))
    return Wanted(race="races", **(nothing | asked))


def chords(**asked: Any) -> list[tuple[str, int | None]]:
    return [(fleet.name, fleet.chords) for fleet in wanted(**asked).fleets(Conditions())]


# ---- what is asked for -------------------------------------------------------------------------------------------


def test_without_options_200_chords_of_three_sizes_are_raced_by_both_pools() -> None:
    found = chords()
    assert [name for name, _ in found] == [
        *("2-prefork-2x2", "2-threads-2x2", "8-prefork-2x8", "8-threads-2x8", "50-threads-2x50"),
    ]
    assert sum(count or 0 for _, count in found) == 200


def test_how_many_of_each_size_may_be_said() -> None:
    assert chords(chords="3,4", members="2,8", pool="threads") == [("2-threads-2x2", 3), ("8-threads-2x8", 4)]


def test_with_a_budget_alone_there_is_no_number() -> None:
    assert chords(budget="60s", members="2") == [("2-prefork-2x2", None), ("2-threads-2x2", None)]
    assert chords(budget="60s", members="2", chords="10", pool="threads") == [("2-threads-2x2", 10)]


def test_workers_and_their_slots_may_be_said_one_follows_from_the_other() -> None:
    assert chords(members="2", workers=4, concurrency=3, pool="threads", chords="1") == [("2-threads-4x3", 1)]
    assert chords(members="2,8", workers=4, pool="threads", chords="1,1") == [
        ("2-threads-4x2", 1),
        ("8-threads-4x2", 1),
    ]
    assert chords(members="3", workers=2, pool="threads", chords="1") == [("3-threads-2x2", 1)]
    assert chords(members="8", concurrency=4, pool="prefork", chords="1") == [("8-prefork-2x4", 1)]


@pytest.mark.parametrize(
    ("text", "seconds"), [("60s", 60), ("90", 90), ("2m", 120), ("1.5h", 5400), ("0.5s", 0.5), (None, None)]
)
def test_a_budget_is_a_time(text: str | None, seconds: float | None) -> None:
    assert wanted(budget=text).budget_s() == seconds


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("--members", "1", "from 2 to 200, with commas between them; a header of one cannot race"),
        ("--members", "2,1", "from 2 to 200"),
        ("--members", "0", "from 2 to 200"),
        ("--members", "x", "from 2 to 200"),
        ("--members", "2,", "from 2 to 200"),
        ("--members", "-2", "from 2 to 200"),
        ("--members", "201", "from 2 to 200"),
        ("--members", "2,2", "--members to name each size once"),
        ("--chords", "0", "of at least 1"),
        ("--chords", "5,0,5", "of at least 1"),
        ("--chords", "many", "of at least 1"),
        ("--chords", "5,5", "one number, or one for each of the 3 sizes"),
        ("--budget", "soon", "seconds, or with s, m or h"),
        ("--budget", "0s", "seconds, or with s, m or h"),
        ("--budget", "-1", "seconds, or with s, m or h"),
        ("--concurrency", "1", "at least as many slots as a header has members: 2"),
        ("--pool", "solo", "at least as many slots as a header has members: 8"),
    ],
)
def test_what_cannot_be_raced_is_refused_before_anything_starts(
    option: str, value: str, expected: str, tmp_path: Path
) -> None:
    more = {"--concurrency": ["--workers", "1"], "--pool": ["--workers", "2", "--members", "8"]}.get(option, [])
    words = ["run", "races", "--directory", str(tmp_path / "runs"), option, value, *more]
    result = CliRunner().invoke(commands, words)
    assert isinstance(result.exception, UsageError)
    assert expected in result.exception.expected
    assert result.output == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["--chords", "--members", "--budget"])
@pytest.mark.parametrize("scenarios", [(), ("happy",)])
def test_options_of_races_without_races_are_refused(option: str, scenarios: tuple[str, ...]) -> None:
    result = CliRunner().invoke(commands, ["run", *scenarios, option, "8"])
    assert isinstance(result.exception, UsageError)
    assert result.exception.expected == f"{option} with a campaign of races only"
    assert result.exception.remedy == f"write `harness run races {option} 8`"


def test_races_are_a_campaign_and_no_scenario_among_others() -> None:
    result = CliRunner().invoke(commands, ["run", "happy", "races"])
    assert isinstance(result.exception, UsageError)
    assert "races alone" in result.exception.expected


def test_without_a_recorder_no_race_could_be_told() -> None:
    result = CliRunner().invoke(commands, ["run", "races", "--no-recorder"])
    assert isinstance(result.exception, UsageError)
    assert result.exception.found == "--no-recorder"


def test_the_command_that_repeats_it_says_what_was_named_and_nothing_else() -> None:
    assert wanted().command() == []
    named = wanted(chords="3,4", members="2,8", budget="5m", pool="prefork", workers=1, concurrency=8).command()
    assert " ".join(named) == "--chords 3,4 --members 2,8 --budget 5m --pool prefork --workers 1 --concurrency 8"


# ---- what comes of it --------------------------------------------------------------------------------------------

FLEETS = fleets_for([2, 8], [100, 10], Conditions(), pools=["threads"])
FAILS = HarnessError("a", "b", "c")


def ended(number: int = 0, *, races: int = 80, **changes: Any) -> BatchEnded:
    is_good = changes.get("is_as_expected", True)
    figures = Figures(
        chords=100,
        races=races,
        slowest_s=0.0314,
        wall_s=4.0,
        virtual_s=20.0,
        runs=1,
        as_expected=int(is_good),
        unproved=int(bool(changes.get("unproved"))),
        rulings={"chord.body_once": Ruling.HOLDS if is_good else Ruling.VIOLATED},
    )
    fleet = FLEETS[number]
    usual: dict[str, Any] = {
        "fleet": fleet,
        "name": f"races-{fleet.name}-001",
        "figures": figures,
        "clock": "virtual",
        "is_as_expected": True,
        "settlement": Settlement(ending="settled"),
        "discrepancies": (),
        "violations": (),
        "unproved": (),
    }
    return BatchEnded(**(usual | changes))


def tally_of(*progress: Any) -> Tally:
    tally = Tally(FLEETS)
    tally.take(FleetStarts(fleet=FLEETS[0]))
    for one in progress:
        tally.take(one)
    return tally


SILENT = Verdict(law="chord.body_once", ruling=Ruling.NOT_EXERCISED, reason="no chord")


@pytest.mark.parametrize(
    ("progress", "code"),
    [
        ([ended(), ended(1)], 0),
        ([ended(), ended(1, is_as_expected=False)], 1),
        ([ended(races=0), ended(1, races=0)], 3),
        ([ended(races=0), ended(1)], 0),
        ([ended(unproved=(SILENT,))], 3),
        ([ended(unproved=(SILENT,)), ended(1, is_as_expected=False)], 1),
        ([ended(races=0, is_as_expected=False)], 1),
    ],
)
def test_the_exit_code_says_whether_all_came_as_expected_and_whether_anything_was_shown(
    progress: list[Any], code: int
) -> None:
    assert exit_code(tally_of(*progress)) == code


@pytest.mark.parametrize(("error", "code"), [(FAILS, 3), (UsageError("a", "b", "c"), 2), (ZeroDivisionError(), 3)])
def test_trouble_counts_more_than_any_batch(experiment: MakeExperiment, error: Exception, code: int) -> None:
    failed = RunFailed(experiment("races-8-threads-2x8-001"), error)
    assert exit_code(tally_of(ended(), failed)) == code
    assert exit_code(tally_of(ended(is_as_expected=False), failed)) == code


BOUND = (
    "no failure in 260 races: with 95 % certainty at most 1.15% of such races fail (3/n); "
    "chords that were none are not counted"
)


def shown(capsys: pytest.CaptureFixture[str], *progress: Any) -> list[str]:
    show(tally_of(*progress))
    return capsys.readouterr().out.splitlines()


def test_without_a_terminal_what_came_of_it_is_told_in_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, ended(), ended(), ended(1, races=100)) == [
        "ok   headers of 2, workers 2 x 2 threads: 200 chords, 160 races (80%), 25.0 chords/s, slowest 31 ms",
        "       failures at 95 %: at most 1.88%; laws: 1 hold",
        "ok   headers of 8, workers 2 x 8 threads: 100 chords, 100 races (100%), 25.0 chords/s, slowest 31 ms",
        "       failures at 95 %: at most 3.00%; laws: 1 hold",
        "all: 300 chords, 260 races (87%), 25.0 chords/s, slowest 31 ms",
        BOUND,
    ]


def test_without_a_race_no_bound_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, ended(races=0))
    assert "       failures at 95 %: none; laws: 1 hold" in lines
    assert lines[-1].startswith("no race, and so no bound")


@pytest.mark.parametrize("silent", [True, False])
def test_what_was_not_judged_is_no_success_and_there_is_no_bound(
    experiment: MakeExperiment, capsys: pytest.CaptureFixture[str], *, silent: bool
) -> None:
    trouble = ended(unproved=(SILENT,)) if silent else RunFailed(experiment("races-2-threads-2x2-002"), FAILS)
    lines = shown(capsys, ended(), trouble)
    assert lines[0].startswith("OPEN headers of 2")
    assert "       failures at 95 %: none; laws: 1 hold" in lines
    assert lines[-1].startswith("not every batch has shown what it was to show, and so no bound")


def test_the_sign_of_a_fleet_is_its_own(experiment: MakeExperiment) -> None:
    fleets = fleets_for([2, 12], [100, 10], Conditions(), pools=["threads"], slots=(2, 12))
    tally = Tally(fleets)
    tally.take(FleetStarts(fleet=fleets[0]))
    tally.take(ended(fleet=fleets[0]))
    tally.take(FleetStarts(fleet=fleets[1]))
    tally.take(RunFailed(experiment("races-12-threads-2x12-001"), FAILS))
    assert [str(tally.mark(fleet.name)) for fleet in fleets] == ["✓", "!"]


@pytest.mark.parametrize(
    ("batch", "sign"),
    [(ended(), "✓"), (ended(unproved=(SILENT,)), "?"), (ended(is_as_expected=False), "✗")],
)
def test_the_sign_of_a_fleet_says_what_its_batches_have_shown(batch: BatchEnded, sign: str) -> None:
    assert str(tally_of(batch).mark(FLEETS[0].name)) == sign


def test_a_violated_law_is_told_with_its_batch_and_its_evidence_and_there_is_no_bound(
    capsys: pytest.CaptureFixture[str],
) -> None:
    evidence = Evidence(claim="races.body[b7] is sent once", expected="1 message", observed="2", events=(7, 9))
    verdict = Verdict(law="chord.body_once", ruling=Ruling.VIOLATED, instances=100, evidence=(evidence,))
    bad = ended(is_as_expected=False, violations=(verdict,), discrepancies=("races.body: expected 100, found 101",))
    lines = shown(capsys, bad)
    assert lines[0].startswith("DIFF headers of 2")
    assert "races-2-threads-2x2-001: races.body: expected 100, found 101" in lines
    assert "races-2-threads-2x2-001: a law is violated:" in lines
    text = "\n".join(lines)
    for part in ("races.body[b7] is sent once", "expected: 1 message", "observed: 2", "#7, #9"):
        assert part in text
    assert "3/n" not in text


def test_what_was_left_and_what_was_not_shown_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    lost = Settlement(ending="timed out", reason="races.body[b7]: running in worker-1")
    lines = shown(capsys, ended(is_as_expected=False, settlement=lost), ended(1, unproved=(SILENT,)))
    assert "races-2-threads-2x2-001: timed out, with this left:" in lines
    assert "    races.body[b7]: running in worker-1" in lines
    assert ("races-8-threads-2x8-001: chord.body_once was to be shown here and is not exercised: no chord") in lines


def test_trouble_is_told_in_three_parts(experiment: MakeExperiment, capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, RunFailed(experiment("races-8-threads-2x8-001"), FAILS))
    at = lines.index("races-8-threads-2x8-001: the harness failed")
    assert [line.strip() for line in lines[at + 1 : at + 4]] == ["expected: a", "found: 'b'", "to do: c"]


def test_without_a_terminal_progress_is_told_in_plain_lines(
    experiment: MakeExperiment, capsys: pytest.CaptureFixture[str]
) -> None:
    one = experiment("races-2-threads-2x2-001")
    with display(Tally(FLEETS)) as tell:
        for progress in (FleetStarts(fleet=FLEETS[0]), TimeIsReal("no compiler"), TestbedUp(one), ended()):
            tell(progress)
        tell(RunFailed(one, FAILS))
    assert [line[10:] for line in capsys.readouterr().out.splitlines()] == [
        "2-threads-2x2: its workers start",
        "2-threads-2x2: real time: no compiler",
        "2-threads-2x2: its workers are up",
        "2-threads-2x2: 100 chords, 80 races (80%), 25.0 chords/s, slowest 31 ms",
        "2-threads-2x2: the harness failed",
    ]


def test_help_teaches_races_by_example() -> None:
    lines = CliRunner().invoke(commands, ["run", "--help"]).output.splitlines()
    assert "    harness run races --members 2,8 --chords 300,100 --pool prefork" in lines
    assert "    harness run races --members 50 --budget 60s" in lines
