"""Chords, broken so that it shows only when their last members end at the same time.

Both are what one might write who does not think of races: Celery counts a member and looks whether it was the last
one in one step of Redis's (`on_chord_part_return`, celery/backends/redis.py, 5.4 to 5.7); here these are two steps.
"""

from __future__ import annotations

from typing import Any

from breaking import breaks
from celery.backends.redis import RedisBackend
from celery.canvas import maybe_signature


@breaks(RedisBackend, "on_chord_part_return")
def body_sent_twice_in_races(count: Any, self: Any, request: Any, *returned: Any, **_: Any) -> None:
    """Put the result down, look, and then count: two who have put theirs down before either looks, both send."""
    results, counted = _keys(self, request)
    member = {_packed(self, request, *returned): request.group_index}
    self.client.zadd(results, member)
    is_last = _size(self, request) == self.client.zcard(results)
    self.client.zadd(counted, member)
    if is_last:
        _send_body(self, request, results)


@breaks(RedisBackend, "on_chord_part_return")
def body_lost_in_races(count: Any, self: Any, request: Any, *returned: Any, **_: Any) -> None:
    """Look how many there are, and then count: two who look before either counts both wait for the other one."""
    _, counted = _keys(self, request)
    before = self.client.zcard(counted)
    self.client.zadd(counted, {_packed(self, request, *returned): request.group_index})
    if before + 1 == _size(self, request):
        _send_body(self, request, counted)


def _keys(backend: Any, request: Any) -> tuple[str, str]:
    return backend.get_key_for_group(request.group, ".mine"), backend.get_key_for_group(request.group, ".j")


def _packed(backend: Any, request: Any, state: str, result: Any, *_: Any) -> Any:
    return backend.encode([1, request.id, state, backend.encode_result(result, state)])


def _size(backend: Any, request: Any) -> int:
    return int(backend.client.get(backend.get_key_for_group(request.group, ".s")))


def _send_body(backend: Any, request: Any, key: str) -> None:
    results = [backend._unpack_chord_result(one, backend.decode) for one in backend.client.zrange(key, 0, -1)]  # noqa: SLF001 - as Celery does it
    maybe_signature(request.chord, app=backend.app).delay(results)
