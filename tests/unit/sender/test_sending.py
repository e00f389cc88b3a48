from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from celery import chain, chord, group, signals

from harness.errors import UsageError
from harness.history.events import CanvasSent, OrderFailed, OrderRefused
from harness.sender.sending import _tasks, refuse_unknown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.history.events import AnyEvent


def planned(event: AnyEvent) -> list[str]:
    assert isinstance(event, CanvasSent), event
    ids = [task.task_id for task in event.planned]
    assert len(set(ids)) == len(ids)
    return [task.task for task in event.planned]


# ---- the plan ----------------------------------------------------------------------------------------------------


def test_the_plan_of_a_single_task_is_that_task(workshop: Any, send: Any) -> None:
    assert planned(send(lambda: workshop.task("A").s(1))) == ["A"]


def test_the_plan_of_a_chain_has_its_tasks_in_their_order(workshop: Any, send: Any) -> None:
    a, b, c = (workshop.task(name) for name in "ABC")
    assert planned(send(lambda: chain(a.s(), b.s(), c.s()))) == ["A", "B", "C"]


def test_the_plan_of_a_group_has_all_its_members(workshop: Any, send: Any) -> None:
    a, b = workshop.task("A"), workshop.task("B")
    assert planned(send(lambda: group(a.s(), b.s(), a.s()))) == ["A", "B", "A"]


def test_the_plan_of_a_chord_has_its_header_and_its_body(workshop: Any, send: Any) -> None:
    a, b, d = (workshop.task(name) for name in "ABD")
    assert sorted(planned(send(lambda: chord([a.s(), b.s()], d.s())))) == ["A", "B", "D"]


def test_the_plan_of_a_chord_inside_a_chain_is_whole(workshop: Any, send: Any) -> None:
    first, a, b, c, d, last = (workshop.task(name) for name in ("first", "A", "B", "C", "D", "last"))
    canvas = send(lambda: chain(first.si(), a.s(), group(b.s(), c.s()), d.s(), last.si()))
    assert planned(canvas) == ["first", "A", "B", "C", "D", "last"]


def test_the_plan_of_a_chord_in_a_chain_in_a_group_is_whole(workshop: Any, send: Any) -> None:
    first, a, b, c, alone = (workshop.task(name) for name in ("first", "A", "B", "C", "alone"))
    canvas = send(lambda: group(chain(first.s(), chord([a.s(), b.s()], c.s())), alone.s()))
    assert sorted(planned(canvas)) == ["A", "B", "C", "alone", "first"]


def test_the_plan_of_a_chord_of_chords_is_whole(workshop: Any, send: Any) -> None:
    a, b, c, d = (workshop.task(name) for name in "ABCD")
    canvas = send(lambda: chord([chord([a.s(), a.s()], b.s()), c.s()], chord([d.s(), d.s()], b.s())))
    assert sorted(planned(canvas)) == ["A", "A", "B", "B", "C", "D", "D"]


def test_what_maps_a_task_is_planned_as_what_celery_makes_of_it(workshop: Any, send: Any) -> None:
    a = workshop.task("A")
    assert planned(send(lambda: a.map([1, 2]))) == ["celery.map"]
    assert planned(send(lambda: a.starmap([(1,), (2,)]))) == ["celery.starmap"]
    assert planned(send(lambda: a.chunks([(1,), (2,), (3,)], 2).group())) == ["celery.starmap", "celery.starmap"]


def test_the_same_task_at_two_places_is_planned_twice(workshop: Any, send: Any) -> None:
    a = workshop.task("A")
    assert planned(send(lambda: chain(a.s(), a.s(), a.s()))) == ["A", "A", "A"]


def test_callbacks_are_not_part_of_the_plan(workshop: Any, send: Any) -> None:
    a, b = workshop.task("A"), workshop.task("B")
    assert planned(send(lambda: a.s().set(link=b.s(), link_error=b.s()))) == ["A"]


def test_a_canvas_is_built_with_the_arguments_of_the_order(workshop: Any, send: Any) -> None:
    a = workshop.task("A")
    event = send(lambda text, count: a.s(text + "!", count), text="grün", count=2)
    assert isinstance(event, CanvasSent)
    assert event.canvas["args"] == ["grün!", 2]
    assert event.order == "order-1"
    assert event.result_id == event.planned[0].task_id


def test_the_plan_is_known_under_the_older_protocol_as_well(workshop: Any, send: Any) -> None:
    workshop.app.conf.task_protocol = 1
    assert planned(send(lambda: workshop.task("A").s())) == ["A"]


def test_after_an_order_the_sender_listens_to_nobodys_messages_any_more(workshop: Any, send: Any) -> None:
    a = workshop.task("A")
    assert planned(send(a.s)) == ["A"]
    a.delay()
    assert len(workshop.written()) == 1


def test_tasks_are_listed_through_every_kind_of_canvas(workshop: Any) -> None:
    a, b, c = (workshop.task(name) for name in "ABC")
    inner = chord(group(a.s().set(task_id="1"), b.s().set(task_id="2")), c.s().set(task_id="3"))
    nested = json.loads(json.dumps([chain(a.s().set(task_id="0"), b.s()), inner, None]))
    assert list(_tasks(nested)) == [("0", "A"), ("1", "A"), ("2", "B"), ("3", "C")]


# ---- given as data -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("serializer", ["json", "pickle"])
def test_a_canvas_comes_out_of_any_serializer_as_it_went_in(workshop: Any, serializer: str) -> None:
    a, b = workshop.task("A"), workshop.task("B")
    canvas = chain(a.s(1, key="grün").set(countdown=3, queue="other"), b.si([1, {"x": None}]))
    (event,) = workshop.order("send", canvas=workshop.given(canvas, serializer))
    assert planned(event) == ["A", "B"]
    first, second = event.canvas["kwargs"]["tasks"]
    assert (first["args"], first["kwargs"]) == ([1], {"key": "grün"})
    assert (first["options"]["countdown"], first["options"]["queue"]) == (3, "other")
    assert (second["args"], second["immutable"]) == ([[1, {"x": None}]], True)


@pytest.fixture
def published() -> Iterator[list[dict[str, Any]]]:
    """The headers of what is sent."""
    seen: list[dict[str, Any]] = []

    def on_publish(headers: dict[str, Any], **_: object) -> None:
        seen.append(headers)

    signals.before_task_publish.connect(on_publish)
    yield seen
    signals.before_task_publish.disconnect(on_publish)


@pytest.mark.parametrize("ahead_s", [0.0, 3600.5])
def test_a_moment_means_so_much_time_from_now_however_far_ahead_the_testbed_is(
    workshop: Any, published: list[dict[str, Any]], ahead_s: float
) -> None:
    a = workshop.task("A")
    eta, expires = datetime(2031, 2, 3, tzinfo=UTC), datetime(2031, 2, 4, tzinfo=UTC)
    canvas = group(a.s().set(eta=eta), chain(a.s().set(expires=expires), a.s()))
    workshop.order("send", canvas=workshop.given(canvas), ahead_s=ahead_s)
    ahead = timedelta(seconds=ahead_s)
    assert datetime.fromisoformat(published[0]["eta"]) == eta + ahead
    assert datetime.fromisoformat(published[1]["expires"]) == expires + ahead


def test_a_delay_in_a_given_canvas_is_left_as_it_is(workshop: Any) -> None:
    canvas = workshop.given(workshop.task("A").s().set(countdown=5, expires=60))
    (event,) = workshop.order("send", canvas=canvas, ahead_s=1000.0)
    assert (event.canvas["options"]["countdown"], event.canvas["options"]["expires"]) == (5, 60)


@pytest.mark.parametrize(
    "build",
    [
        lambda a: a.chunks([(1,), (2,), (3,)], 2),
        lambda a: group(a.chunks([(1,), (2,)], 1), a.map([1])),
        lambda a: chain(a.s(), a.starmap([(1,)]), a.chunks([(1,)], 1)),
        lambda a: a.map([1]).set(countdown=5),
    ],
)
def test_what_maps_a_task_is_sent_as_its_author_would_have_sent_it(workshop: Any, send: Any, build: Any) -> None:
    a = workshop.task("A")
    (event,) = workshop.order("send", canvas=workshop.given(build(a)))
    assert planned(event) == planned(send(lambda: build(a)))


def test_a_given_canvas_may_hold_what_no_journal_can(workshop: Any) -> None:
    workshop.app.conf.task_serializer = "pickle"
    canvas = workshop.given(workshop.task("A").s({(1, 2): {3}}), "pickle")
    (event,) = workshop.order("send", canvas=canvas)
    assert planned(event) == ["A"]


def test_what_the_apps_own_serializer_cannot_send_is_an_answer_too(workshop: Any) -> None:
    (event,) = workshop.order("send", canvas=workshop.given(workshop.task("A").s({1}), "pickle"))
    assert isinstance(event, OrderFailed)
    assert event.exception.type == "kombu.exceptions.EncodeError"


def test_a_given_canvas_with_a_task_that_nobody_registered_is_refused(workshop: Any) -> None:
    known, typo = workshop.task("shop.charge"), workshop.task("shop.chrage")
    canvas = workshop.given(chain(known.s(), chord([typo.s()], known.s())))
    del workshop.app.tasks["shop.chrage"]
    (event,) = workshop.order("send", canvas=canvas)
    assert isinstance(event, OrderRefused)
    assert (event.found, event.remedy) == ("shop.chrage", "did you mean 'shop.charge'?")
    assert "shop.charge" in event.expected


@pytest.mark.parametrize("option", ["link", "link_error"])
def test_a_given_canvas_with_a_callback_that_nobody_registered_is_refused(workshop: Any, option: str) -> None:
    known, unknown = workshop.task("A"), workshop.task("unknown")
    canvas = workshop.given(chain(known.s(), known.s().set(**{option: [group(unknown.s())]})))
    del workshop.app.tasks["unknown"]
    (event,) = workshop.order("send", canvas=canvas)
    assert isinstance(event, OrderRefused)
    assert event.found == "unknown"


def test_a_given_canvas_that_maps_a_task_that_nobody_registered_is_refused(workshop: Any) -> None:
    workshop.task("A")
    unknown = workshop.task("unknown")
    for canvas in (unknown.map([1]), unknown.starmap([(1,)]), unknown.chunks([(1,)], 1)):
        given = workshop.given(canvas)
        del workshop.app.tasks["unknown"]
        (event,) = workshop.order("send", canvas=given)
        workshop.app.tasks["unknown"] = unknown
        assert isinstance(event, OrderRefused)
        assert event.found == "unknown"


def test_unknown_tasks_are_refused_with_what_there_is() -> None:
    def refused(*known: str) -> UsageError:
        with pytest.raises(UsageError) as caught:
            refuse_unknown(SimpleNamespace(tasks=dict.fromkeys(known)), ["celery.chain", "shop.charge"])
        return caught.value

    assert "it has none" in refused("celery.chain").expected
    assert "include" in refused("celery.chain").remedy
    many = refused("celery.chain", *(f"task-{number:02}" for number in range(12)))
    assert many.expected.endswith("task-08, task-09 and 2 more")
    refuse_unknown(SimpleNamespace(tasks={"A": None}), ["A"])


# ---- sent by its author ------------------------------------------------------------------------------------------


def own(call: str, file: str | None = None, **arguments: object) -> dict[str, Any]:
    return {"kind": "own", "call": call, "file": file, "arguments": arguments}


def test_what_somebodys_own_code_sends_is_the_plan(workshop: Any, importable: Any) -> None:
    a, b = workshop.task("A"), workshop.task("B")

    def sends(count: int) -> Any:
        for _ in range(count):
            a.delay()
        return (a.s() | b.s()).delay()

    (event,) = workshop.order("send", canvas=own(importable(sends), count=2))
    assert planned(event) == ["A", "A", "A", "B"]
    assert event.result_id == event.planned[-1].task_id
    assert event.canvas is None


def test_own_code_may_send_nothing_and_return_anything(workshop: Any, importable: Any) -> None:
    (event,) = workshop.order("send", canvas=own(importable(lambda: {1, 2})))
    assert planned(event) == []
    assert event.result_id == ""


def test_own_code_that_raises_is_an_answer_with_its_traceback(workshop: Any, importable: Any) -> None:
    a = workshop.task("A")

    def sends_and_raises() -> None:
        a.delay()
        message = "no stock"
        raise LookupError(message)

    (event,) = workshop.order("send", canvas=own(importable(sends_and_raises)))
    assert isinstance(event, OrderFailed)
    assert (event.exception.type, event.exception.message) == ("builtins.LookupError", "no stock")
    assert "sends_and_raises" in event.exception.traceback
    assert "sending.py" not in event.exception.traceback.replace("test_sending.py", "")


def test_own_code_is_found_by_its_file_where_its_name_leads_nowhere(
    workshop: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "test_of_nobody.py"
    file.write_text("class Shop:\n    @staticmethod\n    def sell(price):\n        return price\n")
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    (event,) = workshop.order("send", canvas=own("test_of_nobody:Shop.sell", str(file), price=3))
    assert isinstance(event, CanvasSent)


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
def test_a_canvas_that_cannot_be_found_is_an_answer_too(workshop: Any, call: str, error: str) -> None:
    (event,) = workshop.order("send", canvas={"kind": "built", "call": call, "arguments": {}})
    assert isinstance(event, OrderFailed)
    assert event.exception.type == error


def test_a_canvas_of_no_known_form_is_refused(workshop: Any) -> None:
    (event,) = workshop.order("send", canvas={"kind": "drawn"})
    assert isinstance(event, OrderRefused)
