"""An app that cannot be imported: its settings ask for a variable that is not set."""

from __future__ import annotations

import os

from celery import Celery

app = Celery("failing")


def settings() -> str:
    """Return what this machine does not have."""
    return os.environ["NO_SUCH_SETTING"]


app.conf.broker_url = settings()
