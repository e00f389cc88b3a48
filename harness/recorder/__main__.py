"""The recorder's process: connects, asks for the command stream, and writes it down until Redis is gone for good."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from typing import TYPE_CHECKING

from harness.journal import MARKER, REDIS_PASSWORD_VARIABLE, REDIS_VARIABLE, journal_from, real_ns
from harness.recorder.reading import Reading
from harness.recorder.stream import Command, Stream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

    from harness.journal import Journal


# A Redis that was killed on purpose is there again much sooner; one that is gone for good ends the testbed.
_GONE_NS, _LOOK_AGAIN_S = 10 * 1_000_000_000, 0.002


def main() -> None:
    """Record, also from a Redis that was started again, until there is none for good."""
    journal, reading = journal_from(os.environ), Reading()
    while True:
        with contextlib.suppress(ConnectionResetError), _connected() as connection, connection.makefile("rb") as lines:
            version = _begin(connection, lines)
            journal.append("RecorderStarted", redis_version=version)
            for command in _commands(lines, Stream()):
                _write(journal, reading, command)


def _connected() -> socket.socket:
    """Connect; look again and again, but no longer than a Redis needs to start."""
    host, _, port = os.environ[REDIS_VARIABLE].rpartition(":")
    deadline_ns = real_ns() + _GONE_NS
    while True:
        try:
            return socket.create_connection((host, int(port)))
        except ConnectionRefusedError:
            if real_ns() > deadline_ns:
                raise
        time.sleep(_LOOK_AGAIN_S)


def _begin(connection: socket.socket, lines: IO[bytes]) -> str:
    """Log in, learn the server's version, and turn the connection into a monitor."""
    password = os.environ[REDIS_PASSWORD_VARIABLE].encode()
    connection.sendall(b"*2\r\n$4\r\nAUTH\r\n$%d\r\n%s\r\n" % (len(password), password))
    _expect(next(lines), b"+OK")
    connection.sendall(b"INFO server\r\n")
    size = int(next(lines)[1:])
    about = lines.read(size + len("\r\n"))
    connection.sendall(b"MONITOR\r\n")
    _expect(next(lines), b"+OK")
    return version_in(about)


def version_in(about: bytes) -> str:
    """Return what a server says of itself: its version, with its name if that is not Redis.

    Valkey gives the version of the Redis that it is like as well (src/server.c, genValkeyInfoString, 8.1).
    """
    said = dict(line.decode(errors="replace").split(":", 1) for line in about.splitlines() if b":" in line)
    if valkey := said.get("valkey_version"):
        return f"Valkey {valkey}"
    return said["redis_version"]


def _expect(line: bytes, beginning: bytes) -> None:
    if not line.startswith(beginning):
        message = f"Redis answered {line!r} where {beginning!r} was expected"
        raise ConnectionError(message)


def _commands(lines: Iterator[bytes], stream: Stream) -> Iterator[Command]:
    for line in lines:
        if command := stream.command(line[1:].rstrip(b"\r\n")):
            yield command


def _write(journal: Journal, reading: Reading, command: Command) -> None:
    if command.name == "ECHO" and command.arguments[0].startswith(MARKER):
        journal.append("RecorderReached", marker=command.arguments[0], virtual_ns=command.server_ns)
    elif fact := reading.fact(command):
        kind, fields = fact
        journal.append(kind, virtual_ns=command.server_ns, **fields)


if __name__ == "__main__":
    main()
