from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, replace

import pytest

from harness.errors import UsageError
from harness.faults import Fault
from harness.scenario import (
    Canvas,
    Conditions,
    Expected,
    Experiment,
    GivenCanvas,
    OwnSending,
    Scenario,
    Service,
    Surroundings,
)

SCENARIO = Scenario(
    name="happy",
    title="Nothing goes wrong",
    app="app:app",
    canvas=Canvas(call="app:canvas", arguments={"a": 1, "b": [2]}),
    expected=Expected(outcome="success", attempts={"A": 1}),
)
EXPERIMENT = Experiment(scenario=SCENARIO, conditions=Conditions())

OTHER_SCENARIO = {
    "name": "other",
    "title": "other",
    "app": "other:app",
    "canvas": Canvas(call="app:canvas", arguments={"a": 2, "b": [2]}),
    "expected": Expected(outcome="success", attempts={"A": 2}),
    "behaviour": {"A": [{"do": "call"}]},
    "surroundings": Surroundings(files={"DATABASE": "other.sqlite3"}),
    "laws": ("chord.body_once",),
    "violates": ("chord.errback_once",),
    "own_laws": "other:LAWS",
    "is_run_by_default": False,
    "suits": {"pool": "threads"},
    "faults": (Fault(strike="restart_redis", point="after_count", member=0),),
    "loses": ("A",),
    "is_on_request": True,
    "service": Service(module="service", url_variable="URL"),
    "budget_s": 7.0,
}
OTHER_CONDITIONS = {
    "testbed": "containers",
    "workers": 2,
    "pool": "solo",
    "concurrency": 3,
    "records_commands": False,
    "redis_server": "embedded",
    "clock": "real",
    "broker": "rabbitmq",
    "redis_image": "valkey/valkey:8",
    "python_image": "python:3.13",
    "rabbitmq_image": "rabbitmq:4",
}


def test_the_same_question_has_the_same_id() -> None:
    again = replace(SCENARIO, canvas=Canvas(call="app:canvas", arguments={"b": [2], "a": 1}))
    assert Experiment(scenario=again, conditions=Conditions()).id == EXPERIMENT.id


def test_an_id_is_the_same_in_every_process_and_can_be_part_of_a_name() -> None:
    assert EXPERIMENT.id.isalnum()
    assert len(EXPERIMENT.id) == 12


@pytest.mark.parametrize("name", [field.name for field in fields(Scenario)])
def test_another_scenario_is_another_question(name: str) -> None:
    other = replace(SCENARIO, **{name: OTHER_SCENARIO[name]})
    assert replace(EXPERIMENT, scenario=other).id != EXPERIMENT.id


@pytest.mark.parametrize("name", [field.name for field in fields(Conditions)])
def test_other_conditions_are_another_question(name: str) -> None:
    other = replace(Conditions(), **{name: OTHER_CONDITIONS[name]})
    assert replace(EXPERIMENT, conditions=other).id != EXPERIMENT.id


def test_a_scenario_is_fixed() -> None:
    with pytest.raises(FrozenInstanceError):
        SCENARIO.name = "another"  # type: ignore[misc]


def test_an_experiment_with_arguments_that_are_no_json_has_an_id_all_the_same() -> None:
    odd = replace(SCENARIO, canvas=Canvas(call="app:canvas", arguments={"when": {1}}))
    assert replace(EXPERIMENT, scenario=odd).id != EXPERIMENT.id


@pytest.mark.parametrize("field", ["laws", "violates"])
@pytest.mark.parametrize(
    ("law", "remedy"), [("chord.errbck_once", "write 'chord.errback_once'"), ("x", "name one of those, or none")]
)
def test_a_law_that_there_is_not_is_refused(field: str, law: str, remedy: str) -> None:
    with pytest.raises(UsageError, match=r"the name of a law, one of .*chord\.errback_once") as refused:
        replace(SCENARIO, **{field: (law,)})
    assert (refused.value.found, refused.value.remedy) == (law, remedy)


# ---- seeds -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Canvas, OwnSending])
def test_a_scenario_that_has_seeds_can_be_had_over_others(kind: type[Canvas | OwnSending]) -> None:
    seeded = replace(SCENARIO, canvas=kind(call="app:canvas", arguments={"a": 1, "seeds": 20})).seeded(3)
    assert seeded.canvas == kind(call="app:canvas", arguments={"a": 1, "seeds": 3})


@pytest.mark.parametrize(
    "canvas", [SCENARIO.canvas, GivenCanvas(text="", content_type="", content_encoding="", body="")]
)
def test_a_scenario_without_seeds_refuses_them_by_its_name(canvas: Canvas | GivenCanvas) -> None:
    with pytest.raises(UsageError, match="--seeds") as caught:
        replace(SCENARIO, canvas=canvas).seeded(3)
    assert caught.value.found == "happy"


# ---- laws --------------------------------------------------------------------------------------------------------


def test_a_law_that_there_is_not_is_refused_unless_the_scenario_has_laws_of_its_own() -> None:
    with pytest.raises(UsageError, match="the name of a law"):
        replace(SCENARIO, laws=("its.own",))
    assert replace(SCENARIO, laws=("its.own",), own_laws="app:LAWS").laws == ("its.own",)
