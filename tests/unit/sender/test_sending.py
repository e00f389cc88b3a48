from __future__ import annotations

import json
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from celery import Celery, Task, chain, chord, group

from harness.history.events import CanvasSent, OrderFailed, StateRead, StatesRead
from harness.history.reader import read_journals
from harness.journal import JOURNALS, Bell, Journal
from harness.sender import Sender, _tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from celery.canvas import Signature

    from harness.history.events import AnyEvent


class Workshop:
    """An app with a sender, and what the sender has written down."""

    def __init__(self, folder: Path) -> None:
        (folder / JOURNALS).mkdir()
        self._folder = folder
        self.app = Celery("an app", broker="memory://", backend="cache+memory://", set_as_current=False)
        self.sender = Sender(self.app, Journal(folder / JOURNALS, "sender", "sender", Bell(folder / "no bell")))

    def task(self, name: str) -> Task:
        def nothing(*_: object, **__: object) -> None:
            return None

        return self.app.task(nothing, name=name, shared=False)

    def written(self) -> list[AnyEvent]:
        journals, corrupt = read_journals(self._folder / JOURNALS)
        assert corrupt == []
        return [event for events in journals for event in events[1:]]


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    """An app with a sender."""
    from celery._state import _set_current_app, get_current_app  # noqa: PLC0415

    before = get_current_app()
    workshop = Workshop(tmp_path)
    yield workshop
    workshop.app.close()
    _set_current_app(before)


@pytest.fixture
def send(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AnyEvent]:
    """Return what has the sender send a canvas, and gives back what it wrote down."""

    def send(build: Callable[..., Signature], **kwargs: object) -> AnyEvent:
        module = ModuleType("an_app_of_a_test")
        module.canvas = build  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
        order = {"order": "order-1", "do": "send", "with": {"call": "an_app_of_a_test:canvas", "kwargs": kwargs}}
        workshop.sender.carry_out(json.loads(json.dumps(order)))
        (event,) = workshop.written()
        return event

    return send


def planned(event: AnyEvent) -> list[str]:
    assert isinstance(event, CanvasSent), event
    ids = [task.task_id for task in event.planned]
    assert len(set(ids)) == len(ids)
    return [task.task for task in event.planned]


# ---- the plan ----------------------------------------------------------------------------------------------------


def test_the_plan_of_a_single_task_is_that_task(workshop: Workshop, send: Any) -> None:
    assert planned(send(lambda: workshop.task("A").s(1))) == ["A"]


def test_the_plan_of_a_chain_has_its_tasks_in_their_order(workshop: Workshop, send: Any) -> None:
    a, b, c = (workshop.task(name) for name in "ABC")
    assert planned(send(lambda: chain(a.s(), b.s(), c.s()))) == ["A", "B", "C"]


def test_the_plan_of_a_group_has_all_its_members(workshop: Workshop, send: Any) -> None:
    a, b = workshop.task("A"), workshop.task("B")
    assert planned(send(lambda: group(a.s(), b.s(), a.s()))) == ["A", "B", "A"]


def test_the_plan_of_a_chord_has_its_header_and_its_body(workshop: Workshop, send: Any) -> None:
    a, b, d = (workshop.task(name) for name in "ABD")
    assert sorted(planned(send(lambda: chord([a.s(), b.s()], d.s())))) == ["A", "B", "D"]


def test_the_plan_of_a_chord_inside_a_chain_is_whole(workshop: Workshop, send: Any) -> None:
    first, a, b, c, d, last = (workshop.task(name) for name in ("first", "A", "B", "C", "D", "last"))
    canvas = send(lambda: chain(first.si(), a.s(), group(b.s(), c.s()), d.s(), last.si()))
    assert planned(canvas) == ["first", "A", "B", "C", "D", "last"]


def test_the_same_task_at_two_places_is_planned_twice(workshop: Workshop, send: Any) -> None:
    a = workshop.task("A")
    assert planned(send(lambda: chain(a.s(), a.s(), a.s()))) == ["A", "A", "A"]


def test_a_canvas_is_built_with_the_arguments_of_the_order(workshop: Workshop, send: Any) -> None:
    a = workshop.task("A")
    event = send(lambda text, count: a.s(text + "!", count), text="grün", count=2)
    assert isinstance(event, CanvasSent)
    assert event.canvas["args"] == ["grün!", 2]
    assert event.order == "order-1"
    assert event.result_id == event.planned[0].task_id


def test_the_plan_is_known_under_the_older_protocol_as_well(workshop: Workshop, send: Any) -> None:
    workshop.app.conf.task_protocol = 1
    assert planned(send(lambda: workshop.task("A").s())) == ["A"]


def test_after_an_order_the_sender_listens_to_nobodys_messages_any_more(workshop: Workshop, send: Any) -> None:
    a = workshop.task("A")
    assert planned(send(a.s)) == ["A"]
    a.delay()
    assert len(workshop.written()) == 1


def test_tasks_are_listed_through_every_kind_of_canvas(workshop: Workshop) -> None:
    a, b, c = (workshop.task(name) for name in "ABC")
    inner = chord(group(a.s().set(task_id="1"), b.s().set(task_id="2")), c.s().set(task_id="3"))
    nested = json.loads(json.dumps([chain(a.s().set(task_id="0"), b.s()), inner, None]))
    assert list(_tasks(nested)) == [("0", "A"), ("1", "A"), ("2", "B"), ("3", "C")]


# ---- trouble -----------------------------------------------------------------------------------------------------


def test_a_canvas_that_cannot_be_built_is_an_answer_too(send: Any) -> None:
    def fails() -> None:
        message = "no canvas today"
        raise LookupError(message)

    event = send(fails)
    assert isinstance(event, OrderFailed)
    assert (event.order, event.exception.type) == ("order-1", "builtins.LookupError")
    assert "no canvas today" in event.exception.traceback


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("no_such_module_anywhere:canvas", "builtins.ModuleNotFoundError"),
        ("json:no_such_function", "builtins.AttributeError"),
        ("json", "builtins.AttributeError"),
    ],
)
def test_a_canvas_that_cannot_be_found_is_an_answer_too(workshop: Workshop, call: str, error: str) -> None:
    workshop.sender.carry_out({"order": "order-1", "do": "send", "with": {"call": call, "kwargs": {}}})
    (event,) = workshop.written()
    assert isinstance(event, OrderFailed)
    assert event.exception.type == error


def test_an_order_that_nobody_knows_is_an_answer_too(workshop: Workshop) -> None:
    workshop.sender.carry_out({"order": "order-1", "do": "dance", "with": {}})
    (event,) = workshop.written()
    assert isinstance(event, OrderFailed)


# ---- states ------------------------------------------------------------------------------------------------------


def read_states(workshop: Workshop, **tasks: str) -> list[AnyEvent]:
    workshop.sender.carry_out({"order": "order-2", "do": "read_states", "with": {"tasks": tasks}})
    return workshop.written()


def test_states_are_read_one_by_one_and_then_said_to_be_all(workshop: Workshop) -> None:
    workshop.app.backend.store_result("1", {"a": 1}, "SUCCESS")
    first, second, end = read_states(workshop, **{"1": "A", "2": "B"})
    assert isinstance(first, StateRead)
    assert isinstance(second, StateRead)
    assert (first.task_id, first.task, first.state, first.result) == ("1", "A", "SUCCESS", {"a": 1})
    assert (second.task_id, second.task, second.state, second.result) == ("2", "B", "PENDING", None)
    assert isinstance(end, StatesRead)
    assert end.order == "order-2"


def test_a_stored_exception_is_told_as_data(workshop: Workshop) -> None:
    workshop.app.backend.store_result("7", ValueError("no"), "FAILURE")
    state = read_states(workshop, **{"7": "A"})[0]
    assert isinstance(state, StateRead)
    assert (state.state, state.result["type"], state.result["message"]) == ("FAILURE", "builtins.ValueError", "no")
