"""An app that speaks pickle only."""

from __future__ import annotations

from celery import Celery

app = Celery("proof_pickles", broker="redis://broker.invalid:6379/0", backend="rpc://")
app.conf.update(task_serializer="pickle", result_serializer="pickle", accept_content=["pickle"])


@app.task
def shifted(what: set[int]) -> set[int]:
    return {x + 1 for x in what}
