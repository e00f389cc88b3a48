"""A chord's header and body, with every promise that Celery makes of acknowledgements. Refuses to know what goes wrong.

early      acknowledged when it starts, as Celery does unless it is told otherwise
late       acks_late: acknowledged when it is through
requeued   acks_late and task_reject_on_worker_lost: given back to its queue when its process is lost
"""
# Celery ships no types, and an ignore for each task would say so each time.
# mypy: allow-untyped-decorators

from __future__ import annotations

import time

from celery import Celery

Result = int | dict[str, float]

app = Celery("faults", broker="redis://localhost:6379/0", backend="redis://localhost:6379/1")
app.conf.update(
    broker_connection_retry_on_startup=True,
    # What a worker that is gone had not acknowledged is handed out again after this; Celery waits an hour by default.
    broker_transport_options={"visibility_timeout": 100},
    # One that is taken in advance behind another would only wait twice.
    worker_prefetch_multiplier=1,
)


def _work(place: int, seconds: float, *, stamped: bool) -> Result:
    """Take some time, and return one's place in the header; or with it when that was, as many tasks do."""
    time.sleep(seconds)
    return {"place": place, "at": time.time()} if stamped else place


# Not shared: other apps of a process may have tasks of their own under such names.
@app.task(shared=False, name="early")
def early(place: int, seconds: float, *, stamped: bool = False) -> Result:
    """Work, acknowledged at the start."""
    return _work(place, seconds, stamped=stamped)


@app.task(shared=False, name="late", acks_late=True)
def late(place: int, seconds: float, *, stamped: bool = False) -> Result:
    """Work, acknowledged at the end."""
    return _work(place, seconds, stamped=stamped)


@app.task(shared=False, name="requeued", acks_late=True, reject_on_worker_lost=True)
def requeued(place: int, seconds: float, *, stamped: bool = False) -> Result:
    """Work, acknowledged at the end, and given back by a worker whose process was lost."""
    return _work(place, seconds, stamped=stamped)


@app.task(shared=False, name="body")
def body(results: list[Result]) -> list[Result]:
    """Return what the header came to."""
    return results


@app.task(shared=False, name="mourn")
def mourn(task_id: str) -> str:
    """Hear that the chord has failed."""
    return task_id
