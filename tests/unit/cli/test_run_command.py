from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from harness.campaign import EventsSeen, RunEnded, RunFailed, TestbedUp
from harness.cli.main import commands
from harness.cli.run_command import _command, _exit_code, _experiment, _sort, run
from harness.errors import HarnessError, UsageError
from harness.laws.verdict import Ruling, Verdict
from harness.run.settling import Settlement
from harness.scenario import Conditions, OwnSending, Scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.run.run import Run
    from harness.scenario import Experiment

    MakeRun = Callable[..., Run]
    MakeExperiment = Callable[[str], Experiment]

OURS, THEIRS = HarnessError("a", "b", "c"), UsageError("a", "b", "c")


# ---- exit codes --------------------------------------------------------------------------------------------------


def test_it_is_0_only_if_every_run_came_as_expected(run_of: MakeRun) -> None:
    assert _exit_code([run_of("one"), run_of("two")], []) == 0
    assert _exit_code([run_of("one"), run_of("two", None, "a difference")], []) == 1


def test_a_violated_law_is_a_difference_and_one_that_was_not_shown_is_our_failure(run_of: MakeRun) -> None:
    def told(ruling: Ruling, *laws: str) -> Run:
        return run_of(verdicts=(Verdict(law="chord.body_once", ruling=ruling),), laws=laws)

    assert _exit_code([told(Ruling.VIOLATED)], []) == 1
    for silent in (Ruling.NOT_EXERCISED, Ruling.UNDECIDED):
        assert _exit_code([told(silent)], []) == 0
        assert _exit_code([told(silent, "chord.body_once")], []) == 3
        assert _exit_code([told(silent, "chord.body_once"), told(Ruling.VIOLATED)], []) == 1


def test_a_law_that_was_to_be_violated_is_no_difference_if_it_is_and_one_if_it_is_not(run_of: MakeRun) -> None:
    def told(ruling: Ruling) -> Run:
        return run_of(verdicts=(Verdict(law="chord.body_once", ruling=ruling),), violates=("chord.body_once",))

    assert _exit_code([told(Ruling.VIOLATED)], []) == 0
    for ruling in (Ruling.HOLDS, Ruling.NOT_EXERCISED, Ruling.UNDECIDED):
        assert _exit_code([told(ruling)], []) == 1


@pytest.mark.parametrize("ending", ["settled with loss", "timed out"])
def test_a_run_that_did_not_settle_did_not_come_as_expected(run_of: MakeRun, ending: str) -> None:
    assert _exit_code([run_of("one", Settlement(ending=ending))], []) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ([OURS], 3),
        ([THEIRS], 2),
        ([THEIRS, THEIRS], 2),
        ([THEIRS, OURS], 3),
        ([OURS, THEIRS], 3),
        ([ZeroDivisionError()], 3),
    ],
)
def test_trouble_counts_more_than_any_run_and_ours_more_than_the_authors(
    run_of: MakeRun, experiment: MakeExperiment, errors: list[Exception], code: int
) -> None:
    failed = [RunFailed(experiment("s"), error) for error in errors]
    for ended in ([], [run_of()], [run_of("s", None, "a difference")]):
        assert _exit_code(ended, failed) == code


# ---- what is done with progress ----------------------------------------------------------------------------------


def test_only_ends_are_kept_of_what_went_on(run_of: MakeRun, experiment: MakeExperiment) -> None:
    run, failure = run_of(), RunFailed(experiment("s"), OURS)
    ended: list[Run] = []
    failed: list[RunFailed] = []
    for progress in (TestbedUp(experiment("s")), EventsSeen(experiment("s"), ()), RunEnded(run), failure):
        _sort(progress, ended, failed)
    assert (ended, failed) == ([run], [failure])


# ---- the command that repeats it ---------------------------------------------------------------------------------


def test_the_command_that_repeats_it_says_nothing_that_goes_without_saying() -> None:
    assert _command(["happy", "flaky"], Conditions()) == "harness run happy flaky"


def test_the_command_that_repeats_it_says_everything_else() -> None:
    conditions = Conditions(
        testbed="containers",
        clock="real",
        workers=2,
        pool="solo",
        concurrency=7,
        records_commands=False,
        redis_server="/opt/my redis/redis-server",
        broker="rabbitmq",
        redis_image="valkey/valkey:8",
        python_image="python:3.13",
        rabbitmq_image="rabbitmq:4",
    )
    assert _command(["happy"], conditions) == (
        "harness run happy --testbed containers --clock real --workers 2 --pool solo --concurrency 7 "
        "--redis-server '/opt/my redis/redis-server' --broker rabbitmq --redis-image valkey/valkey:8 "
        "--python-image python:3.13 --rabbitmq-image rabbitmq:4 --no-recorder"
    )


def test_the_command_that_repeats_it_is_understood() -> None:
    conditions = Conditions(workers=3, pool="threads", concurrency=4, records_commands=False, redis_server="embedded")
    _, _, *words = shlex.split(_command(["happy"], conditions, seeds=5))
    parameters = run.make_context("run", words).params
    assert parameters == {
        "scenarios": ("happy",),
        "testbed": "local",
        "clock": "virtual",
        "workers": 3,
        "pool": "threads",
        "concurrency": 4,
        "recorder": False,
        "redis_server": "embedded",
        "broker": "redis",
        "redis_image": None,
        "python_image": None,
        "rabbitmq_image": None,
        "seeds": 5,
        "directory": None,
        "report": True,
        "chords": None,
        "members": None,
        "budget": None,
    }


# ---- what is fixed -------------------------------------------------------------------------------------------------


def fixed_by(*words: str) -> Experiment:
    """Return the experiment that a command line asks for, of a scenario that has seeds and wishes."""
    scenario = Scenario(
        name="many",
        title="",
        app="app:app",
        canvas=OwnSending(call="app:send", arguments={"seeds": 20}),
        suits={"pool": "threads", "concurrency": 64},
    )
    context = run.make_context("run", list(words))
    options = context.params
    with context:
        asked = Conditions(pool=options["pool"], concurrency=options["concurrency"])
        return _experiment(scenario, asked, options["seeds"])


def test_a_scenario_is_run_as_it_suits_it_but_for_what_was_asked_for() -> None:
    assert fixed_by().conditions == Conditions(pool="threads", concurrency=64)
    assert fixed_by("--pool", "prefork").conditions == Conditions(pool="prefork", concurrency=64)
    assert fixed_by("--concurrency", "2").conditions == Conditions(pool="threads", concurrency=2)


def test_a_scenario_is_run_over_its_own_seeds_or_as_many_as_were_asked_for() -> None:
    assert fixed_by().scenario.canvas == OwnSending(call="app:send", arguments={"seeds": 20})
    assert fixed_by("--seeds", "3").scenario.canvas == OwnSending(call="app:send", arguments={"seeds": 3})


# ---- usage -------------------------------------------------------------------------------------------------------


def test_a_scenario_that_is_not_there_is_wrong_usage_before_anything_starts() -> None:
    result = CliRunner().invoke(commands, ["run", "flakey"])
    assert isinstance(result.exception, UsageError)
    assert "write 'flaky'" in str(result.exception)
    assert result.output == ""


def test_seeds_for_a_scenario_that_has_none_are_wrong_usage_before_anything_starts() -> None:
    result = CliRunner().invoke(commands, ["run", "flaky", "--seeds", "3"])
    assert isinstance(result.exception, UsageError)
    assert result.exception.found == "flaky"
    assert result.output == ""


@pytest.mark.parametrize(
    "words",
    [
        ["run", "--testbed", "moon"],
        ["run", "--clock", "fast"],
        ["run", "--workers", "0"],
        ["run", "--workers", "65"],
        ["run", "--pool", "gevent"],
        ["run", "--concurrency", "0"],
        ["run", "reports", "--seeds", "0"],
        ["run", "reports", "--seeds", "some"],
        ["run", "--surprise"],
        ["walk"],
    ],
)
def test_what_cannot_be_asked_for_is_refused(words: list[str]) -> None:
    result = CliRunner().invoke(commands, words)
    assert result.exit_code == 2
    assert "Usage:" in result.output


def test_a_directory_that_is_a_file_is_refused() -> None:
    assert CliRunner().invoke(commands, ["run", "--directory", __file__]).exit_code == 2


def test_help_shows_examples_line_by_line_and_every_option() -> None:
    lines = CliRunner().invoke(commands, ["run", "--help"]).output.splitlines()
    assert "    harness run flaky --pool threads --concurrency 4" in lines
    text = "\n".join(lines)
    for option in (
        "--testbed",
        "--clock",
        "--workers",
        "--pool",
        "--concurrency",
        "--no-recorder",
        "--redis-server",
        "--seeds",
        "--directory",
    ):
        assert option in text


def test_help_names_the_commands() -> None:
    assert "Run scenarios" in CliRunner().invoke(commands, ["-h"]).output
