"""Becomes a service, after it has bound the socket that the service will serve on (systemd's socket activation).

For a service in a container of its own, to which nobody outside can hand a socket. It writes down that it is there when
the socket listens: whoever connects from then on is answered as soon as the service serves.
"""

from __future__ import annotations

import os
import socket
import sys

from harness.journal import journal_from

_LOOPBACK = "127.0.0.1"
_FIRST_SOCKET = 3  # its number under systemd's socket activation


def main() -> None:
    """Bind the port that is given, and become `python -m` the module that is given."""
    port, module = sys.argv[1:]
    listener = socket.create_server((_LOOPBACK, int(port)))
    journal_from(os.environ).begin()
    os.dup2(listener.fileno(), _FIRST_SOCKET)
    os.set_inheritable(_FIRST_SOCKET, True)  # noqa: FBT003 - the socket may have had this number from the start
    os.environ["LISTEN_FDS"] = "1"
    os.execv(sys.executable, [sys.executable, "-m", module])  # noqa: S606 - its own interpreter, and no shell


if __name__ == "__main__":
    main()
