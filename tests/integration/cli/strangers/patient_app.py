"""An app whose one task waits so long that something can happen to it meanwhile."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from celery import Celery

if TYPE_CHECKING:
    from celery.canvas import Signature

app = Celery("patient")
no_app = "patient"


@app.task(name="waits")
def waits() -> None:
    """Wait; nobody here waits for its end."""
    time.sleep(60)


def canvas() -> Signature:
    """Return a canvas of one task."""
    return waits.s()
