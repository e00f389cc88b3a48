from __future__ import annotations

import base64
from typing import Any

import pytest
from celery import group

from harness.app.serial import decode
from harness.history.events import (
    AnyEvent,
    BehaviourScripted,
    CanvasSent,
    OrderFailed,
    OrderRefused,
    ResultRead,
    StateRead,
    StatesRead,
)


def test_an_order_that_nobody_knows_is_an_answer_too(workshop: Any) -> None:
    (event,) = workshop.order("dance")
    assert isinstance(event, OrderFailed)


# ---- scripts -----------------------------------------------------------------------------------------------------


def test_a_script_is_put_where_workers_find_it_until_the_next_one_comes(workshop: Any) -> None:
    workshop.task("A")
    script = {"A": [{"do": "return", "value": 5}]}
    (event,) = workshop.order("script", behaviour=script)
    assert isinstance(event, BehaviourScripted)
    assert event.behaviour == script
    assert (workshop.folder / "behaviour.json").exists()
    workshop.order("script", behaviour={})
    assert not (workshop.folder / "behaviour.json").exists()


def test_a_script_for_a_task_that_nobody_registered_is_refused_and_not_put_there(workshop: Any) -> None:
    workshop.task("shop.charge")
    (event,) = workshop.order("script", behaviour={"shop.chrge": {"do": "call"}})
    assert isinstance(event, OrderRefused)
    assert event.remedy == "did you mean 'shop.charge'?"
    assert not (workshop.folder / "behaviour.json").exists()


# ---- states ------------------------------------------------------------------------------------------------------


def test_states_are_read_one_by_one_and_then_said_to_be_all(workshop: Any) -> None:
    workshop.app.backend.store_result("1", {"a": 1}, "SUCCESS")
    first, second, end = workshop.order("read_states", tasks={"1": "A", "2": "B"})
    assert isinstance(first, StateRead)
    assert isinstance(second, StateRead)
    assert (first.task_id, first.task, first.state, first.result) == ("1", "A", "SUCCESS", {"a": 1})
    assert (second.task_id, second.task, second.state, second.result) == ("2", "B", "PENDING", None)
    assert isinstance(end, StatesRead)
    assert end.order == "order-1"


def test_a_stored_exception_is_told_as_data(workshop: Any) -> None:
    workshop.app.backend.store_result("7", ValueError("no"), "FAILURE")
    state = workshop.order("read_states", tasks={"7": "A"})[0]
    assert isinstance(state, StateRead)
    assert (state.state, state.result["type"], state.result["message"]) == ("FAILURE", "builtins.ValueError", "no")


# ---- results -----------------------------------------------------------------------------------------------------


def read(events: list[AnyEvent]) -> Any:
    parts = [event for event in events if isinstance(event, ResultRead)]
    assert len(parts) == len(events) == parts[0].parts
    body = "".join(part.body for part in parts)
    return decode(parts[0].content_type, parts[0].content_encoding, base64.b64decode(body))


def sent(workshop: Any, canvas: Any) -> CanvasSent:
    (event,) = workshop.order("send", canvas=workshop.given(canvas))
    assert isinstance(event, CanvasSent)
    return event


@pytest.mark.parametrize("value", [5, None, "grün", "x" * 100_000, {"a": [1, None]}])
def test_what_a_task_has_stored_is_read_whole(workshop: Any, value: object) -> None:
    event = sent(workshop, workshop.task("A").s())
    workshop.app.backend.store_result(event.result_id, value, "SUCCESS")
    assert read(workshop.order("read_result", of=event.order)) == value


def test_the_result_of_a_group_is_a_list_and_of_a_group_in_it_too(workshop: Any) -> None:
    a = workshop.task("A")
    event = sent(workshop, group(a.s(), group([a.s()]), a.s()))
    for number, task in enumerate(event.planned):
        workshop.app.backend.store_result(task.task_id, number, "SUCCESS")
    assert read(workshop.order("read_result", of=event.order)) == [0, 1, 2]


@pytest.mark.parametrize("state", ["FAILURE", "PENDING", "RETRY"])
def test_where_one_member_has_no_result_there_is_none(workshop: Any, state: str) -> None:
    a = workshop.task("A")
    event = sent(workshop, group(a.s(), a.s()))
    workshop.app.backend.store_result(event.planned[0].task_id, 1, "SUCCESS")
    if state != "PENDING":
        workshop.app.backend.store_result(event.planned[1].task_id, ValueError("no"), state)
    (answer,) = workshop.order("read_result", of=event.order)
    assert isinstance(answer, ResultRead)
    assert (answer.content_type, answer.body) == ("", "")


def test_what_own_code_returned_is_its_result(workshop: Any, importable: Any) -> None:
    canvas = {"kind": "own", "call": importable(lambda: {"id": 7}), "file": None, "arguments": {}}
    (event,) = workshop.order("send", canvas=canvas)
    assert read(workshop.order("read_result", of=event.order)) == {"id": 7}


def test_what_own_code_returned_may_be_what_no_serializer_holds(workshop: Any, importable: Any) -> None:
    canvas = {"kind": "own", "call": importable(object), "file": None, "arguments": {}}
    (event,) = workshop.order("send", canvas=canvas)
    (answer,) = workshop.order("read_result", of=event.order)
    assert isinstance(answer, ResultRead)
    assert answer.content_type == ""


def test_results_that_own_code_returned_in_a_list_are_read_one_by_one(workshop: Any, importable: Any) -> None:
    a = workshop.task("A")
    canvas = {"kind": "own", "call": importable(lambda: [a.delay(), a.delay(), 7]), "file": None, "arguments": {}}
    (event,) = workshop.order("send", canvas=canvas)
    for number, task in enumerate(event.planned):
        workshop.app.backend.store_result(task.task_id, number, "SUCCESS")
    assert read(workshop.order("read_result", of=event.order)) == [0, 1, 7]


def test_a_result_is_read_in_the_serializer_of_the_app(workshop: Any) -> None:
    workshop.app.conf.update(result_serializer="pickle", accept_content=["json", "pickle"])
    event = sent(workshop, workshop.task("A").s())
    workshop.app.backend.store_result(event.result_id, {1, 2}, "SUCCESS")
    (answer,) = workshop.order("read_result", of=event.order)
    assert answer.content_type == "application/x-python-serialize"
    assert read([answer]) == {1, 2}
