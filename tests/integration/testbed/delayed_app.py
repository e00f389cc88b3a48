"""An app whose one task says when it ran, and canvases that want it later: what the sender is told to send."""

from celery import Celery, Signature

app = Celery("delayed")


@app.task
def note() -> str:
    return "ran"


def sent_with(**options: float) -> Signature:
    return note.s().set(**options)
