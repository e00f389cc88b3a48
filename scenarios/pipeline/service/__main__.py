"""The service's command line: from arguments and environment to a server that runs until told to stop."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from typing import Final

from scenarios.pipeline.service.listener import ListenError, adopt, is_activated, listen
from scenarios.pipeline.service.server import Server

STOP: Final = {signal.SIGTERM, signal.SIGINT}
A_DAY_S: Final = 86_400.0


def main() -> None:
    """Serve until SIGTERM or SIGINT, then exit with 0, whatever requests still wait for their answer."""
    parser = argparse.ArgumentParser(prog="python -m scenarios.pipeline.service", description="The model service.")
    parser.add_argument("--host", default="127.0.0.1", help="where to listen (default: %(default)s)")
    parser.add_argument("--port", default=8000, type=int, help="0 takes any free one (default: %(default)s)")
    arguments = parser.parse_args()
    # Blocked and waited for, not handled: a handler that runs just before a wait begins cannot end it.
    # Before the first thread starts, for threads inherit what is blocked.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP)
    try:
        activated = is_activated(os.environ, os.getpid())
        server = Server(adopt() if activated else listen(arguments.host, arguments.port))
    except ListenError as error:
        sys.exit(str(error))
    # By default it would look up twice a second, to see whether it was asked to shut down: it never is. Its
    # thread and those of unanswered requests are daemons: they end with the process.
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": A_DAY_S}, daemon=True).start()
    print(f"listening on {server.url}", flush=True)  # noqa: T201 - the line that says it is ready
    signal.sigwait(STOP)


if __name__ == "__main__":
    main()
