from __future__ import annotations

import base64
import functools
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from celery import chain, chord, group, signature
from celery.canvas import maybe_signature

from harness.app.serial import decode
from harness.errors import UsageError
from harness.proof.canvases import canvas_of
from harness.scenario import GivenCanvas, OwnSending

if TYPE_CHECKING:
    from celery import Celery
    from celery.canvas import Signature


def sends(amount: int = 0) -> int:
    return amount


def arrived(canvas: object) -> Any:
    """Return a canvas as the sender reads it."""
    given = canvas_of(canvas)
    assert isinstance(given, GivenCanvas)
    return decode(given.content_type, given.content_encoding, base64.b64decode(given.body))


def built(app: Celery, name: str) -> Signature:
    a, b, c = (app.tasks[letter] for letter in "ABC")
    canvases = {
        "task": a.s(1, key="grün"),
        "immutable": a.si(),
        "options": a.s().set(
            countdown=3, expires=9, queue="other", task_id="mine", headers={"x": "y"}, priority=3, shadow="B"
        ),
        "moments": a.s().set(eta=datetime(2031, 2, 3, tzinfo=UTC), expires=datetime(2031, 2, 4)),  # noqa: DTZ001 - naive
        "callbacks": a.s().set(link=b.s() | c.s(), link_error=[b.s(), c.si()]),
        "chain": chain(a.s(), b.s(2), c.si(3)),
        "group": group(a.s(1), b.s(2)),
        "chord": chord([a.s(1), b.s(2)], c.s()),
        "chord in a chain in a group": group(chain(a.s(), chord([a.s(), b.s()], c.s()), c.s()), b.s()),
        "chord of chords": chord([chord([a.s()], b.s()), a.s()], chord([b.s(), c.s()], a.s())),
        "map": a.map([1, 2]),
        "starmap": a.starmap([(1, 2), (3, 4)]),
        "chunks": a.chunks([(1,), (2,), (3,)], 2),
        "by name": signature("A", args=(1,), app=app),
    }
    stamped = chain(a.s(), b.s())
    stamped.stamp(visitor=None, trace="t-1")
    return {**canvases, "stamped": stamped}[name]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "name",
    [
        *("task", "immutable", "options", "moments", "callbacks", "chain", "group", "chord", "map", "starmap"),
        *("chunks", "by name", "stamped", "chord in a chain in a group", "chord of chords"),
    ],
)
@pytest.mark.parametrize("serializer", ["json", "pickle"])
def test_every_kind_of_canvas_arrives_as_it_was_built(app: Celery, name: str, serializer: str) -> None:
    app.conf.task_serializer = serializer
    canvas = built(app, name)
    again = maybe_signature(arrived(canvas), app=app)
    assert again.task == canvas.task
    assert plain(again) == plain(canvas)


def plain(data: Any) -> Any:
    """Return data without what JSON makes no difference of."""
    if isinstance(data, dict):
        return {key: plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [plain(value) for value in data]
    return data


def test_a_canvas_is_not_changed_by_being_taken_as_data(app: Celery) -> None:
    canvas = chain(app.tasks["A"].s(), group(app.tasks["B"].s(), app.tasks["C"].s()))
    before = plain(canvas)
    canvas_of(canvas)
    assert plain(canvas) == before


def test_a_canvas_says_what_it_is_for_whoever_reads_the_run(app: Celery) -> None:
    given = canvas_of(chain(app.tasks["A"].s(1), app.tasks["B"].s()))
    assert isinstance(given, GivenCanvas)
    assert given.text == "A(1) | B()"
    assert given.content_type == "application/json"


def test_what_the_apps_serializer_cannot_hold_is_refused(app: Celery) -> None:
    with pytest.raises(UsageError) as caught:
        canvas_of(app.tasks["A"].s({1}, key=object()))
    assert "(json)" in caught.value.expected
    assert "not JSON serializable" in str(caught.value.found)
    assert "task_serializer" in caught.value.remedy


def test_a_task_with_a_serializer_of_its_own_travels_in_that(app: Celery) -> None:
    app.tasks["A"].serializer = "pickle"
    first, second = arrived(app.tasks["A"].s({1})), arrived(app.tasks["B"].s({2}).set(serializer="pickle"))
    assert (first["args"], second["args"]) == (({1},), ({2},))
    inner = group(app.tasks["B"].s() | app.tasks["A"].s({1}), app.tasks["C"].s())
    assert canvas_of(inner).content_type == "application/x-python-serialize"  # type: ignore[union-attr]


# ---- own code ----------------------------------------------------------------------------------------------------


def test_a_function_is_called_by_its_name_with_the_arguments_of_its_partial() -> None:
    assert canvas_of(sends) == OwnSending(call=f"{__name__}:sends", file=__file__)
    nested = functools.partial(functools.partial(sends, amount=3), amount=4)
    assert canvas_of(nested) == OwnSending(call=f"{__name__}:sends", file=__file__, arguments={"amount": 4})


def test_arguments_without_a_name_are_refused() -> None:
    with pytest.raises(UsageError, match="keyword arguments only"):
        canvas_of(functools.partial(sends, 3))


def test_arguments_that_json_cannot_hold_are_refused() -> None:
    with pytest.raises(UsageError, match="arguments that JSON can hold"):
        canvas_of(functools.partial(sends, amount={1}))


def test_a_task_is_refused_however_it_is_given(app: Celery) -> None:
    task = app.tasks["A"]
    for given in (task, task.delay, task.apply_async, functools.partial(task, 1), functools.partial(task.delay, x=1)):
        with pytest.raises(UsageError) as caught:
            canvas_of(given)
        assert (caught.value.found, caught.value.remedy) == ("the task A", "write A.s(...), with its arguments")


@pytest.mark.parametrize("canvas", [None, 5, "shop.charge", ["A"], {"task": "A"}])
def test_what_is_no_canvas_is_refused(canvas: object) -> None:
    with pytest.raises(UsageError, match="a signature"):
        canvas_of(canvas)


def test_what_sending_returns_is_refused(app: Celery) -> None:
    with pytest.raises(UsageError) as caught:
        canvas_of(app.AsyncResult("id-1"))
    assert "not what sending it returns" in caught.value.remedy
