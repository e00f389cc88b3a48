"""What the model says of canvases, one kind at a time; small enough to be checked by reading Celery's documentation."""

from __future__ import annotations

from typing import Any

import pytest

from harness.canvas import Call, Canvas, Chain, Chord, Chunks, Group, Map
from harness.laws.book import NAMES
from harness.semantics.defects import DEFECTS, Defect, Version, known_in, version_of
from harness.semantics.planning import plan_of
from harness.semantics.prediction import Called, Ended, Ending, Never, Prediction, predict

A, B, C, D = Call("A"), Call("B"), Call("C"), Call("D")
E = Call("E", args=("own",))
TOLD = {"errbacks": (E,)}
NEW, OLD = (5, 7), (5, 6)


def come_to(
    canvas: Canvas, version: tuple[int, ...] = NEW, assumed: frozenset[Defect] = frozenset(), **endings: Ending
) -> Prediction:
    """Predict what a canvas comes to whose tasks return their names in small letters, but for those that end so."""

    def behave(called: Called) -> Ended:
        task = called.node.task
        return Ended(ending=endings.get(task, "succeeded"), value=task.lower(), task_id=f"id-{task}")

    return predict(plan_of(canvas, version, assumed), behave, assumed)


def calls(prediction: Prediction) -> list[str]:
    return [f"{call.node.task}{call.args}" for call in prediction.called]


@pytest.mark.parametrize(
    ("canvas", "made", "result"),
    [
        (Call("A", {"k": 1}, args=(1,)), ["A(1,)"], "a"),
        (Chain((A, Call("B", args=(2,)))), ["A()", "B('a', 2)"], "b"),
        (Chain((A, Call("B", args=(2,), immutable=True))), ["A()", "B(2,)"], "b"),
        (Chain((A, Chain((B, C)), D)), ["A()", "B('a',)", "C('b',)", "D('c',)"], "d"),
        (Chain((A,), args=(7,)), ["A(7,)"], "a"),
        (Group((A, B)), ["A()", "B()"], ["a", "b"]),
        (Group((A, Group((B, C)))), ["A()", "B()", "C()"], ["a", "b", "c"]),
        (Group((A, Chain((B, Group((C, D)))))), ["A()", "B()", "C('b',)", "D('b',)"], ["a", ["c", "d"]]),
        (Chain((A, Group((B, C)))), ["A()", "B('a',)", "C('a',)"], ["b", "c"]),
        (Chain((Group((A, B)), C)), ["A()", "B()", "C(['a', 'b'],)"], "c"),
        (Chain((A, Group((B,)), C)), ["A()", "B('a',)", "C('b',)"], "c"),
        (Chain((A, Group(()), B)), ["A()", "B('a',)"], "b"),
        (Chain((Group((A, B)), Group((C, D)))), ["A()", "B()", "C(['a', 'b'],)", "D(['a', 'b'],)"], ["c", "d"]),
        (Chord((A, B), C), ["A()", "B()", "C(['a', 'b'],)"], "c"),
        (Chord((A,), B), ["A()", "B(['a'],)"], "b"),
        (Chord((), A), ["A([],)"], "a"),
        (Chord((A, B), Call("C", immutable=True)), ["A()", "B()", "C()"], "c"),
        (Chord((Chain((A, B)),), Chain((C, D))), ["A()", "B('a',)", "C(['b'],)", "D('c',)"], "d"),
        (Chord((Chord((A, B), C),), D), ["A()", "B()", "C(['a', 'b'],)", "D(['c'],)"], "d"),
        (Chord((A, B), C, args=(7,)), ["A(7,)", "B(7,)", "C(['a', 'b'],)"], "c"),
        (Map("A", (1, 2)), ["celery.map()"], "celery.map"),
        (Chunks("A", (1, 2, 3), 2).as_group(), ["celery.starmap()"] * 2, ["celery.starmap"] * 2),
        (Call("A", links=(B, Call("C", immutable=True))), ["A()", "B('a',)", "C()"], "a"),
        (Chain((A, B), links=(C,)), ["A()", "B('a',)", "C('b',)"], "b"),
        (Chord((A,), B, links=(C,)), ["A()", "B(['a'],)", "C('b',)"], "b"),
        (Chain((Chain((A, B), links=(C,)), D)), ["A()", "B('a',)", "C('b',)", "D('b',)"], "d"),
        (Chain((Chord((A,), Chain((B, C)), links=(D,)),)), ["A()", "B(['a'],)", "C('b',)", "D('c',)"], "c"),
        (Chain((Chord((A,), Chain((B,)), links=(D,)), C)), ["A()", "B(['a'],)", "D('b',)", "C('b',)"], "c"),
        (
            Chain((Chord((A,), Chain((Group((B, C)), D))),)),
            ["A()", "B(['a'],)", "C(['a'],)", "D(['b', 'c'],)"],
            "d",
        ),
    ],
)
def test_a_canvas_all_of_whose_calls_succeed(canvas: Canvas, made: list[str], result: Any) -> None:
    prediction = come_to(canvas)
    assert calls(prediction) == made
    assert (prediction.has_succeeded, prediction.result) == (True, result)


@pytest.mark.parametrize("version", [NEW, OLD])
@pytest.mark.parametrize(
    ("canvas", "made"),
    [
        (Call("A", **TOLD), ["A()", "E('id-A', 'own')"]),
        (Call("A", links=(B,)), ["A()"]),
        (Chain((Call("A", **TOLD), B), **TOLD), ["A()", "E('id-A', 'own')"]),
        (Chain((Chain((A, B), **TOLD), C)), ["A()", "E('id-A', 'own')"]),
        (
            Chain((D, Chord((Chord((A,), B),), C)), **TOLD),
            ["D()", "A('d',)", *["E(<the id of a chord's body>, 'own')"] * 2],
        ),
        (Chain((A, B, C), **TOLD), ["A()", "E('id-A', 'own')"]),
        (Chain((A, Call("B", **TOLD))), ["A()"]),
        (Group((A, B), **TOLD), ["A()", "E('id-A', 'own')", "B()"]),
        (Chord((A, B), C), ["A()", "B()"]),
        (Chord((A, B), Call("C", **TOLD)), ["A()", "B()", "E(<the id of a chord's body>, 'own')"]),
        (Chord((A, B), C, **TOLD), ["A()", "B()", "E(<the id of a chord's body>, 'own')"]),
        (Chord((Chain((A, B)),), Call("C", **TOLD)), ["A()", "E(<the id of a chord's body>, 'own')"]),
        (Chord((Call("A", **TOLD),), B), ["A()", "E('id-A', 'own')"]),
        (Chord((Chord((A,), B),), Call("C", **TOLD)), ["A()", "E(<the id of a chord's body>, 'own')"]),
        (Chain((D, Group((A, B)), C), **TOLD), ["D()", "A('d',)", "B('d',)", "E(<the id of a chord's body>, 'own')"]),
    ],
)
def test_a_canvas_of_which_a_fails(canvas: Canvas, made: list[str], version: tuple[int, ...]) -> None:
    prediction = come_to(canvas, version, A="failed")
    assert calls(prediction) == made
    assert not prediction.has_succeeded
    assert prediction.result is None


def test_a_call_that_is_never_made_says_for_whose_failure() -> None:
    prediction = come_to(Chain((A, B, C)), B="failed")
    assert [node.task for node in prediction.never] == ["C"]
    assert prediction.fates[-1] == Never(because=1)


@pytest.mark.parametrize("ending", ["silent", "dropped"])
def test_nothing_follows_what_was_ignored_or_dropped_in_a_chain(ending: Ending) -> None:
    assert calls(come_to(Chain((Call("A", **TOLD), B)), A=ending)) == ["A()"]


def test_a_chord_waits_for_ever_for_a_member_that_was_ignored() -> None:
    assert calls(come_to(Chord((A, B), Call("C", **TOLD)), A="silent")) == ["A()", "B()"]


def test_a_chord_fails_with_a_member_that_was_revoked() -> None:
    assert len(calls(come_to(Chord((A, B), Call("C", **TOLD)), A="dropped"))) == 3


def test_a_chord_that_never_began_has_not_failed() -> None:
    assert calls(come_to(Chain((A, Chord((B,), Call("C", **TOLD)))), A="failed")) == ["A()"]


def test_each_member_of_a_body_that_is_a_group_tells_its_own_errbacks_of_the_header() -> None:
    body = Group((Call("B", **TOLD), Chord((C,), Call("D", **TOLD)), Call("X")))
    assert calls(come_to(Chord((A,), body), A="failed")) == ["A()", *["E(<the id of a chord's body>, 'own')"] * 2]
    assert calls(come_to(Chord((A,), body), OLD, known_in(OLD), A="failed")) == ["A()"]


def test_a_body_that_begins_with_a_group_stays_one_and_its_first_group_is_told_of_nothing() -> None:
    body = Chain((Group((Call("B", **TOLD), C)), D))
    assert calls(come_to(Chain((Chord((A,), body),)), A="failed")) == ["A()"]


def test_whose_errbacks_are_told_of_a_header_depends_on_the_version_where_more_follows_in_the_chain() -> None:
    canvas = Chain((D, Chord((A,), Chain((Call("B", **TOLD), C)))))
    assert len(calls(come_to(canvas, NEW, A="failed"))) == 3
    assert len(calls(come_to(canvas, OLD, A="failed"))) == 2


def test_defects_are_of_versions() -> None:
    def mended(before: Version, after: Version) -> set[str]:
        return {defect.name for defect in known_in(before) - known_in(after)}

    assert mended((5, 4), (5, 5)) == set()
    assert mended((5, 5), (5, 6)) == {"chain_body_fails_twice"}
    assert mended((5, 6), (5, 7)) == {
        "failed_before_chord_untold",
        "group_body_untold",
        "hard_limit_fails_chord_twice",
        "raising_errback_ends_handling",
    }
    assert known_in((5, 7)) < known_in((5, 6)) < known_in((5, 4)) == set(DEFECTS)
    assert all(defect.source and defect.statement.endswith(".") for defect in DEFECTS)


def test_every_defect_breaks_laws_that_there_are() -> None:
    assert all(defect.breaks and {*defect.breaks, *defect.may_break} <= set(NAMES) for defect in DEFECTS)


@pytest.mark.parametrize(
    ("text", "version"), [("5.7.0", (5, 7, 0)), ("5.7.0rc1", (5, 7, 0)), ("5.10.2", (5, 10, 2)), ("dev", ())]
)
def test_a_version_is_read(text: str, version: tuple[int, ...]) -> None:
    assert version_of(text) == version
