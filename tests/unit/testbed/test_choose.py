"""Which testbed conditions ask for, and what cannot be asked of it."""

from __future__ import annotations

from typing import Any

import pytest

from harness.errors import UsageError
from harness.scenario import Canvas, Conditions, Scenario
from harness.testbed.choose import make_testbed

SCENARIO = Scenario(name="one", title="one", app="app:app", canvas=Canvas(call="app:canvas"))


@pytest.mark.parametrize(
    ("asked", "option"),
    [
        ({"redis_image": "redis:6"}, "--redis-image redis:6"),
        ({"python_image": "python:3.13"}, "--python-image python:3.13"),
        ({"rabbitmq_image": "rabbitmq:4"}, "--rabbitmq-image rabbitmq:4"),
        ({"broker": "rabbitmq"}, "--broker rabbitmq"),
    ],
)
def test_what_only_containers_can_be_is_refused_elsewhere(asked: dict[str, Any], option: str) -> None:
    with pytest.raises(UsageError) as caught:
        make_testbed(SCENARIO, Conditions(**asked))
    assert caught.value.found == option
    assert caught.value.remedy == "add --testbed containers"


def test_of_conditions_for_both_the_local_testbed_gets_those_that_it_can_fulfil() -> None:
    wanted = Conditions(
        testbed="containers", broker="rabbitmq", redis_image="a", python_image="b", rabbitmq_image="c", workers=3
    )
    assert wanted.on_local() == Conditions(workers=3)
    assert make_testbed(SCENARIO, wanted.on_local()).name == "local"
