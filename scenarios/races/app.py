"""The races' Celery application: where it connects, and how its workers share the members of a header.

Celery itself prefers the environment's CELERY_BROKER_URL and CELERY_RESULT_BACKEND to the addresses below.
"""

from __future__ import annotations

from celery import Celery

app = Celery(
    "races",
    broker="redis://localhost:6379/0",
    backend="redis://localhost:6379/1",
    include=["scenarios.races.tasks"],
)

app.conf.update(
    task_serializer="json",
    result_serializer="json",
    accept_content=["json"],
    result_accept_content=["json"],
    # Together: a worker takes no more messages than it has slots. A member that lay behind another one, in a worker
    # that is full, would miss the instant at which all others of its header wake.
    worker_prefetch_multiplier=1,
    task_acks_late=True,
    # With Redis 0 goes first. Bodies have that one, so what is begun is ended before more is begun.
    task_routes={"races.member": {"priority": 6}},
    broker_connection_retry_on_startup=True,
)
