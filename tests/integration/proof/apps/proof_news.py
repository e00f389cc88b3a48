"""An app with a queue of which every worker takes its own copy, routed as Celery's documentation has it."""

from __future__ import annotations

from contextlib import suppress

from celery import Celery
from kombu import Queue
from kombu.common import Broadcast

app = Celery("proof_news", broker="redis://broker.invalid:6379/0")
app.conf.update(
    task_queues=(Broadcast("news"), Queue("celery")),
    task_routes={"proof_news.tell": {"queue": "news", "exchange": "news"}},
)


@app.task
def tell(what: str) -> str:
    return what


@app.task
def publish(what: str) -> None:
    tell.delay(what)


@app.task
def trustful(what: str) -> str:
    with suppress(Exception):
        tell.delay(what)
    return what
