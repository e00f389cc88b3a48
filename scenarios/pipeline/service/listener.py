"""Where the service listens: a socket of its own, or one it was started with. Refuses to serve on it.

The second way is systemd's socket activation (sd_listen_fds(3)): whoever starts the service has bound the
socket already, so there is no port to guess, and no moment at which a client is turned away.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST_PASSED_DESCRIPTOR: Final = 3


class ListenError(Exception):
    """There is no socket to listen on, and why."""


def is_activated(environment: Mapping[str, str], pid: int) -> bool:
    """Say whether a socket was passed to this process."""
    passed = environment.get("LISTEN_FDS", "0")
    # Whoever starts us by a plain spawn cannot know our pid beforehand; but another's pid, another's socket.
    if passed == "0" or environment.get("LISTEN_PID", str(pid)) != str(pid):
        return False
    if passed != "1":
        raise ListenError(f"expected LISTEN_FDS to be 1, found {passed!r}: this service serves on one socket")
    return True


def adopt(descriptor: int = FIRST_PASSED_DESCRIPTOR) -> socket.socket:
    """Take over a bound socket that this process was started with."""
    try:
        listener = socket.socket(fileno=descriptor)
    except OSError as error:
        raise ListenError(f"expected a socket as file descriptor {descriptor}, found none: {error}") from error
    if listener.family != socket.AF_INET or listener.type != socket.SOCK_STREAM:
        with listener:
            raise ListenError(f"expected an IPv4 stream socket as file descriptor {descriptor}, found {listener}")
    listener.set_inheritable(False)
    listener.settimeout(None)
    return listener


def listen(host: str, port: int) -> socket.socket:
    """Bind a new socket; port 0 asks for any that is free."""
    try:
        return socket.create_server((host, port))
    except OSError as error:
        raise ListenError(f"expected to listen on {host}:{port}, found {error}") from error
