"""What a Redis command means to Celery: messages queued, handed over and acknowledged; results; chords.

Key names and commands are those of kombu (kombu/transport/redis.py, 5.3 to 5.7) and of Celery's Redis backend
(celery/backends/redis.py, 5.4 to 5.7). A command that means nothing to a run is passed over.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.recorder.stream import Command

Fact = tuple[str, dict[str, Any]]

_RESULT = re.compile(r"celery-task-meta-(.+)$")
_CHORD_RESULTS = re.compile(r"celery-taskset-meta-(.+)\.j$")
_CHORD_CLAIM = re.compile(r"celery-taskset-meta-(.+)\.c$")
_CLAIM_IS_OVER = "done"


class Reading:
    """Turns commands into facts.

    It remembers until when a chord is claimed and by which token: the stream shows that somebody tried to claim
    (SET NX), not whether Redis let him.
    """

    def __init__(self) -> None:
        self._claims: dict[str, tuple[str, int]] = {}
        self._now_ns = 0

    def fact(self, command: Command) -> Fact | None:
        """Return what the command means, if it means anything to a run."""
        self._now_ns = command.server_ns
        read = getattr(self, f"_on_{command.name.lower()}", None)
        try:
            fact: Fact | None = read(command.arguments) if read is not None else None
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            return None  # an app's own data in the same Redis may look a little like Celery's, and be anything
        if fact is not None:
            fact[1]["client"] = command.client
        return fact

    def _on_lpush(self, arguments: tuple[str, ...]) -> Fact | None:
        queue, *messages = arguments
        message = _object(messages[0]) if messages else None
        if not message or "properties" not in message:
            return None
        return "Queued", {
            # kombu appends the priority to the queue's name, after two control characters
            "queue": queue.partition("\x06\x16")[0],
            "task_id": message.get("headers", {}).get("id"),
            "delivery_tag": message["properties"].get("delivery_tag"),
        }

    def _on_rpush(self, arguments: tuple[str, ...]) -> Fact | None:
        # A restored message goes to the head of its queue; a chord that is not ordered counts its members in a list.
        return self._counted(arguments) or self._on_lpush(arguments)

    def _on_hset(self, arguments: tuple[str, ...]) -> Fact | None:
        key, tag, *values = arguments
        if not key.endswith("unacked") or not values:
            return None
        handed_over = _decoded(values[0])
        message = handed_over[0] if isinstance(handed_over, list) and handed_over else {}
        return "Unacked", {"delivery_tag": tag, "task_id": message.get("headers", {}).get("id")}

    def _on_hdel(self, arguments: tuple[str, ...]) -> Fact | None:
        key, *tags = arguments
        return ("Acked", {"delivery_tag": tags[0]}) if key.endswith("unacked") and tags else None

    def _on_setex(self, arguments: tuple[str, ...]) -> Fact | None:
        key, _, value = arguments
        return self._stored(key, value)

    def _on_set(self, arguments: tuple[str, ...]) -> Fact | None:
        key, value, *options = arguments
        if chord := _CHORD_CLAIM.search(key):
            return self._claimed(chord.group(1), value, options)
        return self._stored(key, value)

    def _stored(self, key: str, value: str) -> Fact | None:
        task = _RESULT.search(key)
        if task is None:
            return None
        return "ResultStored", {"task_id": task.group(1), "state": (_object(value) or {}).get("status")}

    def _on_zadd(self, arguments: tuple[str, ...]) -> Fact | None:
        return self._counted(arguments)

    def _counted(self, arguments: tuple[str, ...]) -> Fact | None:
        key, *rest = arguments
        chord = _CHORD_RESULTS.search(key)
        if chord is None:
            return None
        member = _decoded(rest[-1])  # [1, task id, state, result]
        return "ChordCounted", {
            "group_id": chord.group(1),
            "task_id": member[1] if isinstance(member, list) and len(member) > 1 else None,
        }

    def _claimed(self, group_id: str, token: str, options: list[str]) -> Fact | None:
        if token == _CLAIM_IS_OVER:
            return None
        holder, until_ns = self._claims.get(group_id, ("", 0))
        if "NX" in options and self._now_ns < until_ns:
            return None
        lasts_s = int(options[options.index("EX") + 1])
        self._claims[group_id] = (token, self._now_ns + lasts_s * 1_000_000_000)
        return None if holder == token else ("BodyClaimed", {"group_id": group_id})

    def _on_expire(self, arguments: tuple[str, ...]) -> None:
        key, seconds, *_ = arguments
        if (chord := _CHORD_CLAIM.search(key)) and (claim := self._claims.get(chord.group(1))):
            self._claims[chord.group(1)] = (claim[0], self._now_ns + int(seconds) * 1_000_000_000)

    def _on_del(self, arguments: tuple[str, ...]) -> None:
        for key in arguments:
            if chord := _CHORD_CLAIM.search(key):
                self._claims.pop(chord.group(1), None)


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _object(text: str) -> dict[str, Any] | None:
    value = _decoded(text)
    return value if isinstance(value, dict) else None
