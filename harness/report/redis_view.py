"""Redis as the recorder saw it: which commands, by whom, of which task, on what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.history.events import ConnectionOpened
from harness.history.redis_events import Acked, BodyClaimed, ChordCounted, Queued, ResultStored, Unacked
from harness.report.format import Json, RedisView

if TYPE_CHECKING:
    from harness.report.told import Told

_Command = Queued | Unacked | Acked | ResultStored | ChordCounted | BodyClaimed


def redis_view(told: Told) -> RedisView:
    """Return what Redis was told, in its own order. An acknowledgement names a delivery, and so its task."""
    by_address: dict[str, int] = {}
    task_of: dict[str, int] = {}
    rows: list[list[Json]] = []
    for event in told.history.events:
        match event:
            case ConnectionOpened():
                by_address[event.address] = told.sources[event.source]
            case Queued() | Unacked() | Acked() | ResultStored() | ChordCounted() | BodyClaimed():
                task = told.tasks.get(getattr(event, "task_id", None) or "", -1)
                tag = getattr(event, "delivery_tag", None)
                if tag is not None:
                    task = task_of.get(tag, -1) if task == -1 else task_of.setdefault(tag, task)
                what, key = _told(event)
                who = by_address.get(event.client, -1)
                rows.append([told.moments.of(event), what, who, task, key, event.index])
            case _:
                pass
    return RedisView(rows=rows)


def _told(command: _Command) -> tuple[str, str]:
    """Name a command by what it means, and what it was about."""
    match command:
        case Queued():
            return "queued", command.queue
        case Unacked():
            return "taken", "unacked"
        case Acked():
            return "acked", "unacked"
        case ResultStored():
            return "result", command.state or "a result"
        case ChordCounted():
            return "counted", command.group_id
        case BodyClaimed():
            return "claimed", command.group_id
