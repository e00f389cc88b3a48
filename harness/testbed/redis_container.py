"""Redis in a container: what it is told, and how to see that it is up.

The password goes in by a file in the testbed's folder, which only its owner may read.
"""

from __future__ import annotations

import secrets
import socket
from typing import TYPE_CHECKING

from harness.testbed.redis_server import PROGRAMS, Server, configuration

if TYPE_CHECKING:
    from harness.testbed.premises import Premises

LOOPBACK = "127.0.0.1"
_PORT = 6379  # the network is private: any port is free in it
_SOCKET, _CONFIGURATION = "redis.sock", "redis.conf"
# Redis, or what took its protocol over; the first that an image has.
_START = f"""for program in {" ".join(PROGRAMS)}; do
    if command -v "$program" >/dev/null; then exec "$program" "$0"; fi
done
echo "this image has neither {" nor ".join(PROGRAMS)} on its PATH" >&2
exit 127"""


def furnish(premises: Premises, folder: str) -> tuple[Server, list[str]]:
    """Write the configuration; return where Redis will be, and the command that starts it inside the premises.

    `folder` is a short name of the premises, for the harness's own way in.
    """
    password = secrets.token_urlsafe(24)
    server = Server(host=LOOPBACK, port=_PORT, password=password, unix_socket=f"{folder}/{_SOCKET}")
    path = premises.directory / _CONFIGURATION
    path.touch(mode=0o600)
    told = configuration(server, keeps_environment=False)
    path.write_text(f"{told}unixsocket {_SOCKET}\nunixsocketperm 700\n")
    return server, ["sh", "-c", _START, _CONFIGURATION]


def listens(server: Server) -> bool:
    """Say whether Redis is up: it makes its unix socket last.

    So does initServer in src/server.c of Redis 6.0 to 7.0; since 7.2, and in Valkey 8, initListeners goes by types of
    connections, of which that is the last.
    """
    assert server.unix_socket is not None
    with socket.socket(socket.AF_UNIX) as attempt:
        try:
            attempt.connect(server.unix_socket)
        except (FileNotFoundError, ConnectionRefusedError):
            return False
    return True
