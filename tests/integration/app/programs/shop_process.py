"""A process of a testbed, as far as keeping to it goes: `shop_process.py ROLE BROKER_URL RESULT_BACKEND`.

Imports the app `shop` from the folder it is started in. `worker` and `sender` are confined. `visitor` is not: it goes
everywhere that Celery goes for the app, as in production.
"""

from __future__ import annotations

import os
import sys
import threading
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from celery import signals

from harness.app.confine import confine, enclose
from harness.app.queues import consume_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from celery import Celery

    from harness.errors import UsageError

_QUIET = ("--without-mingle", "--without-gossip", "--without-heartbeat")


def main() -> None:
    role, broker_url, result_backend = sys.argv[1:]
    sys.path[0] = str(Path.cwd())
    if role == "visitor":
        visit()
        return
    enclose(broker_url, result_backend, tell)
    app = imported()
    for override in confine(app, broker_url, result_backend):
        print(override, flush=True)
    if role == "worker":
        app.start(["worker", "-P", os.environ.get("POOL", "solo"), "-c", "1", "-l", "INFO", *_QUIET, *consume_all(app)])
        return
    print("RESULT", app.tasks["shop.add"].delay(2, 3).get(timeout=30))
    print("ANSWERS", len(app.control.ping(timeout=20, limit=1)))


def tell(refusal: UsageError) -> None:
    # A worker turns what is printed into lines of its log.
    os.write(1, f"REFUSED {refusal}\n".encode())


def imported() -> Celery:
    app: Celery = import_module("shop").app
    app.loader.import_default_modules()
    app.finalize()
    return app


def visit() -> None:
    app = imported()
    app.conf.finalize()
    ways: tuple[Callable[[], object], ...] = (
        lambda: app.connection_for_read().connect(),
        lambda: app.connection_for_write().connect(),
        lambda: app.backend.get("anything"),
        lambda: app.tasks["shop.add"](2, 3),
    )
    signals.worker_init.send(sender=None)
    for way in ways:  # all at once: nobody answers there, and each tries for long
        threading.Thread(target=way).start()


if __name__ == "__main__":
    main()
