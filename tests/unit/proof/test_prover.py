from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import HarnessError, UsageError
from harness.proof.prover import Prover, _folder_name, _free
from harness.scenario import Conditions

if TYPE_CHECKING:
    from pathlib import Path

    from celery import Celery


class NoTestbeds:
    """Remembers what testbed was wished for, and has none."""

    def __init__(self) -> None:
        self.scenarios: list[Any] = []

    def get(self, _: object, scenario: Any, conditions: Conditions) -> Any:
        assert conditions
        self.scenarios.append(scenario)
        raise HarnessError("a testbed", None, "make one")


@pytest.fixture
def testbeds() -> NoTestbeds:
    return NoTestbeds()


@pytest.fixture
def prover(app: Celery, module: Any, testbeds: Any, tmp_path: Path) -> Prover:
    """The prover of a test whose mark gives it a minute."""
    module("shop", app=app)
    marked = {"budget_s": 60}
    return Prover(test="t::x", marked=marked, defaults=Conditions(), testbeds=testbeds, directory=tmp_path)


def test_what_cannot_be_is_refused_before_there_is_a_testbed(prover: Prover, testbeds: NoTestbeds, app: Celery) -> None:
    a = app.tasks["A"]
    for canvas, options in (
        (a, {}),
        ([a.s()], {}),
        (a.s(), {"raises": "OSError"}),
        (a.s(), {"budget_s": -1}),
        (a.s(), {"behaviour": {"A": 5}}),
        (a.s(), {"violates": "chord.errback_once"}),
        (a.s(), {"violates": ["chord.errback"]}),
        (test_what_cannot_be_is_refused_before_there_is_a_testbed, {}),
    ):
        with pytest.raises(UsageError):
            prover(canvas, **options)  # type: ignore[arg-type]
    assert testbeds.scenarios == []


def test_the_laws_that_are_to_be_violated_are_part_of_the_question(
    prover: Prover, testbeds: NoTestbeds, app: Celery
) -> None:
    with pytest.raises(HarnessError):
        prover(app.tasks["A"].s(), violates=["chord.errback_once"])
    assert [scenario.violates for scenario in testbeds.scenarios] == [("chord.errback_once",)]


def test_the_budget_is_that_of_the_call_else_of_the_mark(prover: Prover, testbeds: NoTestbeds, app: Celery) -> None:
    for budget_s in (None, 5):
        with pytest.raises(HarnessError):
            prover(app.tasks["A"].s(), budget_s=budget_s)
    assert [scenario.budget_s for scenario in testbeds.scenarios] == [60.0, 5.0]
    assert [scenario.name for scenario in testbeds.scenarios] == ["t-x-1", "t-x-2"]
    assert testbeds.scenarios[0].app == "shop:app"


@pytest.mark.parametrize(
    ("test", "name"),
    [
        ("tests/test_shop.py::test_x[a b/ü]", "tests-test_shop.py-test_x-a-b"),
        ("::", "test"),
        ("_x", "x"),
        ("x" * 120, "x" * 120),
    ],
)
def test_a_test_is_named_as_a_folder_can_be(test: str, name: str) -> None:
    assert _folder_name(test) == name


def test_long_names_are_cut_and_stay_different() -> None:
    one, other = (_folder_name("x" * 300 + end) for end in "ab")
    assert one != other
    assert re.fullmatch(r"x{120}-[0-9a-f]{8}", one)


def test_a_folder_that_is_there_already_is_left_alone(tmp_path: Path) -> None:
    found = []
    for _ in range(3):
        found.append(_free(tmp_path / "run").name)
        (tmp_path / found[-1]).mkdir()
    assert found == ["run", "run.2", "run.3"]
