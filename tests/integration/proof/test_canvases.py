"""Canvases of every kind, with what comes of them: as somebody would prove those of a shop."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from celery import chain, chord, group, signature
from proof_pickles import shifted
from proof_shop import (
    add,
    app,
    becomes_two,
    bound,
    classy,
    long_text,
    quiet,
    total,
    wrapping,
)

from harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from celery.canvas import Signature


def stamped() -> Signature:
    canvas = add.s(1) | add.s(2)
    canvas.stamp(visitor=None, trace="t-1")
    return canvas  # type: ignore[no-any-return]


CANVASES: dict[str, tuple[Callable[[], Any], Any]] = {
    "a task": (lambda: add.s(1, y=5), 6),
    "by its name": (lambda: signature("proof_shop.add", args=(1, 2), app=app), 3),
    "bound": (lambda: bound.s(3), ["proof_shop.bound", 0, 3]),
    "a class": (lambda: classy.s(4), 8),
    "with a class around it": (lambda: wrapping.s(4), {"wrapped": 4}),
    "a chain": (lambda: chain(add.s(1), add.s(2), add.si(7, 7)), 14),
    "a group": (lambda: group(add.s(i) for i in range(3)), [1, 2, 3]),
    "a group in a group": (lambda: group(group(add.s(1), add.s(2)), add.s(3)), [2, 3, 4]),
    "a chord": (lambda: chord([add.s(1), add.s(2)], total.s()), 5),
    "a chain that ends in a group": (lambda: add.s(1) | group(add.s(1), add.s(2)), [3, 4]),
    "a chord in a chain in a group": (
        lambda: group(chain(add.s(1), chord([add.s(1), add.s(2)], total.s())), add.s(3)),
        [7, 4],
    ),
    "a chord of chords": (
        lambda: chord([chord([add.s(1), add.s(2)], total.s()), add.s(4)], total.s() | add.s(1)),
        11,
    ),
    "a chord whose body is a group": (lambda: chord([add.s(1), add.s(2)], group(total.s(), total.s())), [5, 5]),
    "map": (lambda: add.map([1, 2]), [2, 3]),
    "starmap": (lambda: add.starmap([(1, 2), (3, 4)]), [3, 7]),
    "chunks": (lambda: add.chunks([(1, 2), (3, 4), (5, 6)], 2), [[3, 7], [11]]),
    "callbacks": (lambda: add.s(1).set(link=add.s(5), link_error=add.si(0)), 2),
    "options": (lambda: add.s(1).set(task_id="mine", headers={"x": "y"}, expires=60, priority=3), 2),
    "stamps": (stamped, 4),
    "replaced by a chord": (lambda: becomes_two.s(1) | add.s(10), 15),
    "nothing stored": (lambda: add.s(1) | quiet.s(), 2),
    "more than a journal holds": (lambda: long_text.s(150_000), "grün" * 37_500),
}


@pytest.mark.parametrize("name", CANVASES)
def test_a_canvas_comes_to_what_it_comes_to(prove: Any, name: str) -> None:
    build, expected = CANVASES[name]
    assert prove(build()).result == expected


@pytest.mark.testbed(environment={"C_FORCE_ROOT": "1"})  # Celery lets root not unpickle, and CI is often root
def test_what_only_pickle_holds_goes_in_and_comes_out(prove: Any) -> None:
    assert prove(shifted.s({1, 2}) | shifted.s()).result == {3, 4}


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone is refused")
def test_root_who_takes_pickle_is_told_how_to_go_on(prove: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("C_FORCE_ROOT", raising=False)
    with pytest.raises(UsageError, match=r"workers of proof_pickles:app(.*\n)+.*C_FORCE_ROOT=1"):
        prove(shifted.s({1}))


def test_a_run_says_what_ran_when_and_what_was_stored(prove: Any) -> None:
    run = prove(add.s(1) | add.s(2) | total.map([[1], [2]]))
    assert run.order == ["proof_shop.add", "proof_shop.add", "celery.map"]
    assert set(run.states.values()) == {"SUCCESS"}
    assert "proof_shop.add" in run.logs["worker-1"]
    assert (run.directory / "run.json").exists()
