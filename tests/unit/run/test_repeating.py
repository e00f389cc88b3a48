from __future__ import annotations

import shlex
from dataclasses import asdict, replace
from typing import Any

import pytest

from harness.run.repeating import repeat_of, run_words
from harness.scenario import Canvas, Conditions, GivenCanvas, Scenario

BUILT = Scenario(name="flaky", title="It fails twice", app="a:b", canvas=Canvas(call="a:c"))
GIVEN = GivenCanvas(text="add()", content_type="j", content_encoding="u", body="")


def repeat(scenario: Scenario, conditions: Conditions | None = None, command: str = "") -> str | None:
    return repeat_of(asdict(scenario), asdict(conditions or Conditions()), {"command": command})


def test_a_scenario_is_repeated_by_its_name_and_what_is_not_the_default() -> None:
    assert repeat(BUILT) == "harness run flaky"
    conditions = Conditions(clock="real", workers=2, redis_server="/opt/my redis", records_commands=False)
    assert repeat(BUILT, conditions) == (
        "harness run flaky --clock real --workers 2 --redis-server '/opt/my redis' --no-recorder"
    )


def test_seeds_are_named() -> None:
    seeded = replace(BUILT, canvas=Canvas(call="a:c", arguments={"seeds": 20}))
    assert repeat(seeded) == "harness run flaky --seeds 20"


def test_what_suits_a_scenario_is_not_named_and_what_does_not_is() -> None:
    suited = replace(BUILT, suits={"pool": "threads", "concurrency": 64})
    assert repeat(suited, Conditions(pool="threads", concurrency=64)) == "harness run flaky"
    assert repeat(suited, Conditions(pool="prefork", concurrency=64)) == "harness run flaky --pool prefork"


def test_a_test_is_repeated_by_pytest_under_the_name_that_it_has_there() -> None:
    test = replace(BUILT, name="x-1", title="tests/test_a.py::test_it[a b]", canvas=GIVEN)
    assert repeat(test, Conditions(clock="real")) == "pytest 'tests/test_a.py::test_it[a b]' --clock real"


@pytest.mark.parametrize("program", ["/venv/bin/harness", "/venv/harness/__main__.py"])
def test_a_batch_is_repeated_by_its_campaign(program: str) -> None:
    command = f"{program} run races --directory kept --chords 12"
    batch = replace(BUILT, name="races-2-prefork-2x2-001")
    assert repeat(batch, command=command) == "harness run races --chords 12"


@pytest.mark.parametrize("told", [{}, {"name": "x", "canvas": 3}, {"name": "x", "canvas": {"arguments": []}}])
def test_what_was_written_down_by_halves_is_no_trouble(told: dict[str, Any]) -> None:
    assert repeat_of(told, {}, {"command": "harness 'run"}) == (None if not told else "harness run x")


def test_words_need_no_quotes() -> None:
    words = run_words(["a", "b"], asdict(Conditions(redis_server="my redis")))
    assert shlex.split(shlex.join(words)) == words
