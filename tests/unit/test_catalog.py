from __future__ import annotations

from dataclasses import replace
from importlib.metadata import EntryPoint, EntryPoints

import pytest

from harness import catalog
from harness.catalog import GROUP, RACES, find_race, find_scenarios, names_of_scenarios, race_names
from harness.errors import UsageError
from harness.scenario import Batch, Canvas, Expected, Scenario


def scenario(name: str) -> Scenario:
    return Scenario(
        name=name,
        title="",
        app="app:app",
        canvas=Canvas(call="app:canvas"),
        expected=Expected(outcome="success", attempts={}),
    )


SOME = (scenario("happy"), scenario("flaky"), scenario("slow"))
MORE = (scenario("mine"), replace(scenario("on_demand"), is_run_by_default=False))
WRONG = (scenario("right"), "a name only")
TROUBLE = tuple(replace(scenario(name), is_run_by_default=False) for name in ("flood", "fire"))


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names in this module under which installed packages list scenarios."""
    names = ["SOME", "MORE"]

    def entry_points(*, group: str) -> EntryPoints:
        wanted = {GROUP: names, RACES: ["mine"]}[group]
        return EntryPoints(EntryPoint(name, f"{__name__}:{name}", group) for name in wanted)

    monkeypatch.setattr(catalog, "entry_points", entry_points)
    monkeypatch.setattr(EntryPoint, "load", lambda entry: globals()[entry.name])
    return names


@pytest.mark.usefixtures("installed")
def test_a_scenario_that_must_be_named_is_found_by_its_name_and_not_among_all() -> None:
    assert "on_demand" not in [found.name for found in find_scenarios()]
    assert [found.name for found in find_scenarios(["on_demand", "happy"])] == ["on_demand", "happy"]


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
    assert caught.value.expected == "a scenario, one of happy, flaky, slow, mine, MORE"


@pytest.mark.usefixtures("installed")
def test_a_name_that_is_nearly_that_of_races_is_put_right_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "race_names", lambda: ("races",))
    with pytest.raises(UsageError) as caught:
        find_scenarios(["rases"])
    assert caught.value.remedy == "write 'races'"


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
    assert caught.value.expected == "a scenario, one of happy, flaky, slow, mine, MORE, TROUBLE"
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


# ---- races -------------------------------------------------------------------------------------------------------


def mine(batch: Batch) -> Scenario:
    return scenario(batch.name)


@pytest.fixture
def with_races(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two packages with races, one of which cannot be imported."""

    def entry_points(*, group: str) -> EntryPoints:
        assert group == RACES
        return EntryPoints(EntryPoint(name, f"{__name__}:{name}", group) for name in ("mine", "broken"))

    monkeypatch.setattr(catalog, "entry_points", entry_points)
    monkeypatch.setattr(EntryPoint, "load", lambda entry: {"mine": mine}[entry.name])


@pytest.mark.usefixtures("with_races")
def test_races_are_found_by_their_names() -> None:
    assert race_names() == ("mine", "broken")
    assert find_race("mine")(Batch(name="one", chords=1, members=2, at_once=1)).name == "one"


@pytest.mark.usefixtures("with_races")
def test_races_that_cannot_be_imported_are_their_authors_trouble() -> None:
    with pytest.raises(UsageError, match="to be imported"):
        find_race("broken")


def test_the_harness_brings_races_and_they_are_no_scenario_that_runs_unasked() -> None:
    assert race_names() == ("races",)
    assert not any("race" in found.name for found in find_scenarios())


def test_the_five_scenarios_are_installed_and_reports_on_demand() -> None:
    names = {found.name for found in find_scenarios()}
    assert {"happy", "flaky", "slow", "down", "partial_fail"} <= names
    assert "reports" not in names
    assert [found.name for found in find_scenarios(["reports"])] == ["reports"]
