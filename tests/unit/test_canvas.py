"""Canvases are read from what the sender writes down, whatever they are made of, and nothing of them is lost."""

from __future__ import annotations

import json
import warnings
from typing import Any

import celery
import pytest
from drawing import Drawn, canvases
from drawn_app import TASKS
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.canvas import Call, Canvas, Chain, Chord, Chunks, Group, Map, read

A, B, C, D = (TASKS[f"step_{number}"] for number in range(1, 5))
ONE, TWO, THREE, FOUR = (task.name for task in (A, B, C, D))


def as_sent(signature: celery.Signature) -> Any:
    """Do as the sender does (harness/sender/sending.py)."""
    return json.loads(json.dumps(signature, default=repr))


@pytest.mark.parametrize(
    ("signature", "expected"),
    [
        (A.s(1, k=2), Call(ONE, {"k": 2}, args=(1,))),
        (A.si([1], (2,)), Call(ONE, args=([1], [2]), immutable=True)),
        (A.s().set(countdown=3, queue="q"), Call(ONE, options={"countdown": 3, "queue": "q"})),
        (A.s() | B.s() | C.s(), Chain((Call(ONE), Call(TWO), Call(THREE)))),
        (celery.group(A.s(), B.s()), Group((Call(ONE), Call(TWO)))),
        (celery.group(), Group(())),
        (celery.chord([A.s(), B.s()], C.s()), Chord((Call(ONE), Call(TWO)), Call(THREE))),
        (celery.chord(celery.group(A.s(), B.s()), C.s()), Chord((Call(ONE), Call(TWO)), Call(THREE))),
        (
            A.s() | celery.group(B.s(), C.s()) | D.s(),
            Chain((Call(ONE), Chord((Call(TWO), Call(THREE)), Call(FOUR)))),
        ),
        (A.map([1, 2]), Map(ONE, (1, 2), immutable=True)),
        (A.starmap([(1, 2)]), Map(ONE, ([1, 2],), is_star=True, immutable=True)),
        (A.chunks([(1,), (2,), (3,)], 2), Chunks(ONE, ([1], [2], [3]), 2, immutable=True)),
        (A.s().on_error(B.s(1)), Call(ONE, errbacks=(Call(TWO, args=(1,)),))),
    ],
)
def test_each_kind_of_canvas_is_read(signature: celery.Signature, expected: Canvas) -> None:
    assert read(as_sent(signature)) == expected
    assert read(signature) == expected  # the object itself is a dict as well


def test_links_are_read_where_they_hang() -> None:
    signature = A.s()
    signature.link(B.s() | C.s())
    signature.link(D.si())
    assert read(as_sent(signature)) == Call(ONE, links=(Chain((Call(TWO), Call(THREE))), Call(FOUR, immutable=True)))


def test_one_link_without_a_list_is_read_as_well() -> None:
    assert read({"task": "a", "options": {"link": {"task": "b"}}}) == Call("a", links=(Call("b"),))


def test_a_header_that_has_been_frozen_into_a_group_is_read_as_its_members() -> None:
    signature = celery.chord([A.s(), B.s()], C.s())
    signature.freeze()
    found = read(as_sent(signature))
    assert isinstance(found, Chord)
    assert [member.task for member in found.header if isinstance(member, Call)] == [ONE, TWO]


def test_a_task_that_only_looks_like_a_canvas_is_a_call() -> None:
    assert read({"task": "celery.chain", "kwargs": {"of": 1}}) == Call("celery.chain", {"of": 1})


def test_chunks_that_were_never_data_are_a_group_of_starmaps() -> None:
    chunks = read(as_sent(A.chunks([(1,), (2,), (3,)], 2)))
    assert isinstance(chunks, Chunks)
    assert chunks.as_group() == Group((Map(ONE, ([1], [2]), is_star=True), Map(ONE, ([3],), is_star=True)))


def calls_in(source: str) -> int:
    return sum(source.count(f"step_{number}.") for number in range(1, 9))


def steps_of(canvas: Canvas) -> int:
    inner: tuple[Canvas, ...] = canvas.links
    match canvas:
        case Chain():
            inner += canvas.steps
        case Group():
            inner += canvas.members
        case Chord():
            inner += (*canvas.header, *([canvas.body] if canvas.body else []))
        case _:
            return 1 + sum(map(steps_of, inner))
    return sum(map(steps_of, inner))


@settings(deadline=None, max_examples=100)
@given(canvases(calls=8, depth=4), st.booleans())
def test_any_canvas_is_read_and_none_of_its_calls_is_lost(drawn: Drawn, is_built_anew: bool) -> None:  # noqa: FBT001
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Celery's about errbacks of chords
        signature = drawn.signature()
    if is_built_anew:  # as where it was data before
        signature = celery.canvas.maybe_signature(json.loads(json.dumps(signature)))
    canvas = read(as_sent(signature))
    assert canvas == read(json.loads(json.dumps(as_sent(signature))))
    # A callback of a group goes to its first member, and a chain with links hands them on, so there may be more.
    assert steps_of(canvas) >= calls_in(drawn.source)
