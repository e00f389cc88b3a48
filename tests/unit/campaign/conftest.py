"""Histories of races, told by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.history import events, parts
from harness.history.redis_events import ChordCounted, ResultStored

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.conftest import Record

MS = 1_000_000


@pytest.fixture
def chord(record: Record) -> Callable[..., None]:
    """Return what tells of a chord of two members that end, at the same time or not, and of its body.

    A third one that has not ended makes it lack a count.
    """
    sender, worker, recorder = record.process("sender"), record.process("worker-1"), record.process("recorder")

    def chord(
        name: str, *, is_race: bool, took_ms: int = 20, has_body: bool = True, lacks_a_count: bool = False
    ) -> None:
        body_id = f"body-{name}"
        first = parts.FirstTask(task_id=body_id, task="body", args=[])
        body = parts.Following(task="body", task_id=body_id, firsts=[first])
        members = [f"{name}-{place}" for place in range(2)]
        for place, member in enumerate([*members, f"{name}-late"] if lacks_a_count else members):
            about: dict[str, Any] = {"task_id": member, "task": "member", "retries": 0}
            plain: dict[str, Any] = dict.fromkeys(("sender_id", "eta", "expires", "root_id", "parent_id"))
            of = {"group_id": f"group-{name}", "group_index": place, "chord_id": body_id, "chord": body}
            sender.write(events.Sent, **about, **plain, **of, by="experiment", args=[], kwargs={}, queue="q")
        for member in members:
            worker.started("member", task_id=member)
        began_ns = record.now_ns
        for member in members:
            worker.ended("member", task_id=member)
        stored = [(ResultStored, {"task_id": member, "state": "SUCCESS"}) for member in members]
        counted = [(ChordCounted, {"task_id": member, "group_id": f"group-{name}"}) for member in members]
        steps = [stored[0], counted[0], stored[1], counted[1]]
        for kind, fields in [*stored, *counted] if is_race else steps:
            recorder.write(kind, client="c", **fields)
        if has_body:
            worker.started("body", task_id=body_id)
            record.now_ns = began_ns + took_ms * MS  # the first member ended 1 ms after that, and so will the body
            worker.ended("body", task_id=body_id)

    return chord
