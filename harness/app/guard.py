"""Stands at the two places where Celery opens connections, and lets none of its own out of the testbed.

Whatever the settings say by then, nobody connects for Celery to anywhere else: kombu's connections of all transports
begin in `Connection._establish_connection` (kombu/connection.py, 5.4 to 5.7), and redis-py's, which the result backend
uses directly, in `_connect` (redis/connection.py, 4.5 to 8.1; TLS goes through it as well).

What is the user's own stays theirs: a Redis that a task talks to, an exchange that it publishes to by kombu. Whose a
connection is, is read off the stack: Celery's, if the first code behind kombu, redis-py and the standard library is
Celery's. And nobody may use kombu to get to a broker that an app names as its own.
"""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any

import redis
from kombu.connection import Connection

from harness.app.bounds import place_of
from harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from harness.app.bounds import Bounds

_MEANS = frozenset({"kombu", "redis", "amqp", "vine", "gevent", "eventlet", "harness"}) | sys.stdlib_module_names


class Guard:
    """Refuses connections; `tell` hears of every refusal, for whoever asked may swallow it."""

    def __init__(self, bounds: Bounds, tell: Callable[[UsageError], None]) -> None:
        self._bounds = bounds
        self._tell = tell
        self._read: set[str] = set()
        self._named: set[str] = set()

    def stand(self) -> None:
        """Be asked before every connection that this process opens from now on."""
        _ask_before(Connection, "_establish_connection", self._judge_kombu)
        _ask_before(redis.Connection, "_connect", self._judge_redis)
        _ask_before(redis.UnixDomainSocketConnection, "_connect", self._judge_redis)

    def remember(self, url: object) -> None:
        """Take note of a broker that an app names as its own."""
        if isinstance(url, list | tuple):
            for one in url:
                self.remember(one)
        elif isinstance(url, str) and url not in self._read:
            self._read.add(url)
            for one in url.split(";"):
                try:
                    self._named.add(place_of(Connection(one)))  # type: ignore[no-untyped-call]
                except Exception:  # noqa: BLE001, S112 - what kombu cannot read, kombu cannot connect to
                    continue

    def refuse(self, where: str) -> UsageError:
        """Return the refusal, after having told of it."""
        refusal = UsageError(
            "Celery to connect to its testbed, and to nothing else",
            f"a connection to {where}{_asked_at(sys._getframe())}",  # noqa: SLF001 - inspect takes 10 ms to import
            "use the app's own connections, `app.connection()`, or send nothing this way while it is tested",
        )
        self._tell(refusal)
        return refusal

    def _judge_kombu(self, connection: Connection) -> None:
        stray = self._bounds.stray_broker(connection)
        if stray and (place_of(connection) in self._named or _is_celerys(sys._getframe())):  # noqa: SLF001
            raise self.refuse(stray)

    def _judge_redis(self, connection: Any) -> None:
        host, port = getattr(connection, "host", getattr(connection, "path", None)), getattr(connection, "port", None)
        if not self._bounds.admit(host, port) and _is_celerys(sys._getframe()):  # noqa: SLF001
            raise self.refuse(f"the Redis at {host}" + (f":{port}" if port else ""))


def _ask_before(owner: type, method: str, judge: Callable[[Any], None]) -> None:
    original: Callable[[Any], Any] = vars(owner)[method]

    @functools.wraps(original)
    def asked(self: Any) -> Any:
        judge(self)
        return original(self)

    setattr(owner, method, asked)


def _is_celerys(frame: FrameType | None) -> bool:
    asking = _behind(frame, _MEANS)
    return asking is not None and _package(asking) == "celery"


def _asked_at(frame: FrameType | None) -> str:
    """Say which line of the user's asked, where there is one."""
    asking = _behind(frame, _MEANS | {"celery", "click", "billiard"})
    return f", asked for in {asking.f_code.co_filename}, line {asking.f_lineno}" if asking is not None else ""


def _behind(frame: FrameType | None, packages: frozenset[str]) -> FrameType | None:
    while frame is not None and _package(frame) in packages:
        frame = frame.f_back
    return frame


def _package(frame: FrameType) -> str:
    name = frame.f_globals.get("__name__")
    return name.partition(".")[0] if isinstance(name, str) else ""
