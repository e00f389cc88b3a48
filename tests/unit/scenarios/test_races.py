"""Chords whose members wake at one instant: which instant, and what must come of a batch."""

from __future__ import annotations

import json
import time
from itertools import pairwise
from typing import Any

import pytest

from harness.canvas import Chord, Group, read
from harness.scenario import Batch
from scenarios.catalog.races import races
from scenarios.races.canvas import batch
from scenarios.races.tasks import body, member


def chords_of(signature: Any) -> list[Any]:
    """Return what the messages will say, chord by chord."""
    return [{**json.loads(json.dumps(one))["kwargs"]} for one in signature.tasks]


def instants(chords: list[Any]) -> list[float]:
    """Return the instant of each chord, which its members share."""
    found = []
    for one in chords:
        (at,) = {at for _, at in (each["args"] for each in one["header"])}
        found.append(at)
    return found


def test_a_batch_is_a_group_of_chords_of_one_size() -> None:
    canvas = read(json.loads(json.dumps(batch(chords=5, members=3, at_once=2, gap_s=1.0))))
    assert isinstance(canvas, Group)
    assert len(canvas.members) == 5
    for one in canvas.members:
        assert isinstance(one, Chord)
        assert [each.args[0] for each in one.header] == [0, 1, 2]  # type: ignore[union-attr] # they are calls


def test_as_many_chords_as_there_is_room_for_wake_together_and_the_next_ones_later() -> None:
    before = time.time()
    found = instants(chords_of(batch(chords=5, members=3, at_once=2, gap_s=1.5)))
    gaps = [later - former for former, later in pairwise(found)]
    assert gaps == pytest.approx([0, 1.5, 0, 1.5])
    assert before + 1.5 <= found[0] <= time.time() + 1.5


def test_a_member_returns_its_place_when_its_instant_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    at = time.time() + 30
    assert member(7, at) == 7
    assert slept == [pytest.approx(30, abs=1)]


def test_a_member_that_comes_too_late_does_not_wait() -> None:
    assert member(7, time.time() - 30) == 7


def test_the_body_returns_what_it_got() -> None:
    assert body([2, 0, 1]) == [2, 0, 1]


def test_of_a_batch_every_member_and_every_body_runs_once() -> None:
    scenario = races(Batch(name="b", chords=7, members=8, at_once=2))
    assert scenario.expected is not None
    assert scenario.expected.attempts == {"races.member": 56, "races.body": 7}
    assert scenario.canvas.arguments["at_once"] == 2  # type: ignore[union-attr] # it is built


@pytest.mark.parametrize("shape", [(50, 2), (25, 8), (4, 50), (1, 200)])
def test_the_canvas_of_the_largest_batches_is_written_down_whole(shape: tuple[int, int]) -> None:
    chords, members = shape
    written = len(json.dumps(batch(chords=chords, members=members, at_once=2, gap_s=1.0)))
    planned = (chords * members + chords) * 120  # ids and names of all tasks, in the same line
    assert written + planned < 64 * 1024
