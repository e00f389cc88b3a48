"""The points are told in Celery's own functions, here with something else inside them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from celery import signals
from celery.backends.base import Backend
from celery.backends.redis import RedisBackend
from celery.canvas import Signature

from harness.app import points

MEMBER = SimpleNamespace(chord="the body", id="id-1")
ALONE = SimpleNamespace(chord=None, id="id-2")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was told, among what Celery did."""
    seen: list[str] = []

    def count(*args: Any) -> None:
        seen.append("counts")
        if args[-1] == "last":
            Signature.delay(None)

    monkeypatch.setattr(Backend, "mark_as_done", lambda *_: seen.append("stores"))
    monkeypatch.setattr(RedisBackend, "on_chord_part_return", count)
    monkeypatch.setattr(Signature, "delay", lambda _: seen.append("sends"))
    receivers = list(signals.task_received.receivers)
    points.watch(lambda point, request: seen.append(f"{point} {request.id}"))
    yield seen
    signals.task_received.receivers[:] = receivers


def test_a_member_comes_to_a_point_when_its_code_has_returned(told: list[str]) -> None:
    Backend.mark_as_done(None, "id-1", "result", MEMBER)
    assert told == ["before_result id-1", "stores"]


def test_a_member_comes_to_a_point_before_it_is_counted_and_after(told: list[str]) -> None:
    RedisBackend.on_chord_part_return(None, MEMBER, "SUCCESS", "one of many")
    assert told == ["before_count id-1", "counts", "after_count id-1"]


def test_the_last_member_comes_to_points_around_the_sending_of_the_body(told: list[str]) -> None:
    RedisBackend.on_chord_part_return(None, MEMBER, "SUCCESS", "last")
    around = ["before_body id-1", "sends", "after_body id-1"]
    assert told == ["before_count id-1", "counts", *around, "after_count id-1"]


def test_what_is_sent_elsewhere_is_no_body(told: list[str]) -> None:
    Signature.delay(None)
    assert told == ["sends"]


def test_what_is_sent_after_a_chord_was_counted_is_no_body(told: list[str]) -> None:
    RedisBackend.on_chord_part_return(None, MEMBER, "SUCCESS", "last")
    told.clear()
    Signature.delay(None)
    assert told == ["sends"]


def test_a_failure_comes_to_no_point(told: list[str]) -> None:
    RedisBackend.on_chord_part_return(None, MEMBER, "FAILURE", "last")
    assert told == ["counts", "sends"]


def test_a_task_of_no_chord_comes_to_no_point(told: list[str]) -> None:
    Backend.mark_as_done(None, "id-2", "result", ALONE)
    Backend.mark_as_done(None, "id-2", "result")
    assert told == ["stores", "stores"]


@pytest.mark.parametrize(("place", "points_"), [(0, ["taken id-3"]), (None, [])])
def test_a_members_message_comes_to_a_point_when_it_is_taken(
    told: list[str], place: int | None, points_: list[str]
) -> None:
    signals.task_received.send(sender=None, request=SimpleNamespace(id="id-3", request_dict={"group_index": place}))
    assert told == points_
