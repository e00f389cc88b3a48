"""An app whose worker ends before it has started, with last words but without a traceback."""

from __future__ import annotations

import os
import sys

from celery import Celery, signals

app = Celery("dying")


@signals.celeryd_init.connect
def end(**_: object) -> None:
    """End the worker behind Celery's back."""
    sys.stderr.write("no licence for this host\n")
    sys.stderr.flush()
    os._exit(7)
