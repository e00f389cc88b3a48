from __future__ import annotations

from dataclasses import replace
from importlib.metadata import EntryPoint, EntryPoints

import pytest

from harness import catalog
from harness.catalog import GROUP, find_scenarios, names_of_scenarios
from harness.errors import UsageError
from harness.scenario import Canvas, Expected, Scenario


def scenario(name: str) -> Scenario:
    return Scenario(
        name=name,
        title="",
        app="app:app",
        canvas=Canvas(call="app:canvas"),
        expected=Expected(outcome="success", attempts={}),
    )


SOME = (scenario("happy"), scenario("flaky"), scenario("slow"))
MORE = (scenario("mine"),)
WRONG = (scenario("right"), "a name only")
TROUBLE = tuple(replace(scenario(name), is_on_request=True) for name in ("flood", "fire"))


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names in this module under which installed packages list scenarios."""
    names = ["SOME", "MORE"]

    def entry_points(*, group: str) -> EntryPoints:
        assert group == GROUP
        return EntryPoints(EntryPoint(name, f"{__name__}:{name}", group) for name in names)

    monkeypatch.setattr(catalog, "entry_points", entry_points)
    monkeypatch.setattr(EntryPoint, "load", lambda entry: globals()[entry.name])
    return names


@pytest.mark.usefixtures("installed")
def test_without_names_all_scenarios_of_all_packages_are_found() -> None:
    assert [found.name for found in find_scenarios()] == ["happy", "flaky", "slow", "mine"]


@pytest.mark.usefixtures("installed")
def test_scenarios_come_in_the_order_of_their_names_and_once() -> None:
    assert [found.name for found in find_scenarios(["mine", "happy", "mine"])] == ["mine", "happy"]


@pytest.mark.usefixtures("installed")
def test_a_name_that_is_nearly_right_is_put_right() -> None:
    with pytest.raises(UsageError) as caught:
        find_scenarios(["happy", "flakey"])
    assert caught.value.found == "flakey"
    assert caught.value.remedy == "write 'flaky'"
    assert caught.value.expected == "a scenario, one of happy, flaky, slow, mine"


def test_what_is_run_on_request_is_run_by_its_name_or_that_of_its_list_and_not_without(installed: list[str]) -> None:
    installed.append("TROUBLE")
    assert "fire" not in [found.name for found in find_scenarios()]
    assert [found.name for found in find_scenarios(["fire"])] == ["fire"]
    assert [found.name for found in find_scenarios(["TROUBLE", "fire", "happy"])] == ["flood", "fire", "happy"]
    assert {"flood", "fire", "TROUBLE", "happy"} <= set(names_of_scenarios())


def test_of_what_is_run_on_request_the_list_is_offered_and_not_all_that_is_in_it(installed: list[str]) -> None:
    installed.append("TROUBLE")
    with pytest.raises(UsageError) as caught:
        find_scenarios(["floods"])
    assert caught.value.expected == "a scenario, one of happy, flaky, slow, mine, TROUBLE"
    assert caught.value.remedy == "write 'flood'"


@pytest.mark.usefixtures("installed")
def test_a_name_that_is_nothing_like_any_other_gets_all_of_them_to_choose_from() -> None:
    with pytest.raises(UsageError) as caught:
        find_scenarios(["xyz"])
    assert "choose one" in caught.value.remedy


@pytest.mark.parametrize("names", [[], ["happy"]])
def test_where_no_package_has_scenarios_it_is_said(installed: list[str], names: list[str]) -> None:
    installed.clear()
    with pytest.raises(UsageError, match="installed scenarios"):
        find_scenarios(names)


def test_a_package_that_lists_something_else_is_named(installed: list[str]) -> None:
    installed.append("WRONG")
    with pytest.raises(UsageError, match="test_catalog:WRONG to list scenarios") as caught:
        find_scenarios()
    assert caught.value.found == "a name only"


def test_the_five_scenarios_are_installed() -> None:
    assert {"happy", "flaky", "slow", "down", "partial_fail"} <= {found.name for found in find_scenarios()}
