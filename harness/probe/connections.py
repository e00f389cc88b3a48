"""Connections to Redis: which local address is whose, so that Redis's command stream can be read by name.

Redis-py has no hook for it. `Connection._connect` (redis/connection.py, the same from 4.5 to 8.1) returns the connected
socket; TLS goes through it as well. Over a unix socket Redis could not tell its clients apart anyway.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import redis

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from harness.journal import Journal


def observe(journal: Journal) -> None:
    """Write down the local address of every connection that this process opens to Redis."""
    connect: Callable[[Any], socket.socket] = vars(redis.Connection)["_connect"]

    @functools.wraps(connect)
    def observed(self: Any) -> socket.socket:
        sock = connect(self)
        host, port = sock.getsockname()[:2]
        journal.append("ConnectionOpened", address=f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        return sock

    setattr(redis.Connection, "_connect", observed)  # noqa: B010 - typed as a method, which one may not assign
