"""Redis in a container: what it is told, and how to see that it is up.

The password goes in by a file in the testbed's folder, which only its owner may read.
"""

from __future__ import annotations

import secrets
import socket
from typing import TYPE_CHECKING

from harness.testbed.redis_server import Server, configuration

if TYPE_CHECKING:
    from harness.testbed.premises import Premises

LOOPBACK = "127.0.0.1"
_PORT = 6379  # the network is private: any port is free in it
_SOCKET, _CONFIGURATION = "redis.sock", "redis.conf"


def furnish(premises: Premises, folder: str) -> tuple[Server, list[str]]:
    """Write the configuration; return where Redis will be, and the command that starts it inside the premises.

    `folder` is a short name of the premises, for the harness's own way in.
    """
    password = secrets.token_urlsafe(24)
    server = Server(host=LOOPBACK, port=_PORT, password=password, unix_socket=f"{folder}/{_SOCKET}")
    path = premises.directory / _CONFIGURATION
    path.touch(mode=0o600)
    path.write_text(f"{configuration(server)}unixsocket {_SOCKET}\nunixsocketperm 700\n")
    return server, ["redis-server", _CONFIGURATION]


def listens(server: Server) -> bool:
    """Say whether Redis is up: it makes its unix socket last (initServer in src/server.c, Redis 6.0 to 7.2)."""
    assert server.unix_socket is not None
    with socket.socket(socket.AF_UNIX) as attempt:
        try:
            attempt.connect(server.unix_socket)
        except (FileNotFoundError, ConnectionRefusedError):
            return False
    return True
