"""The reports' Celery application: where it connects, and its settings. Refuses to know who runs it.

Celery itself prefers the environment's CELERY_BROKER_URL and CELERY_RESULT_BACKEND to the addresses below.
"""

from __future__ import annotations

from celery import Celery

app = Celery(
    "reports",
    broker="redis://localhost:6379/0",
    backend="redis://localhost:6379/1",
    include=["scenarios.reports.tasks"],
)

app.conf.update(
    task_serializer="json",
    result_serializer="json",
    accept_content=["json"],
    result_accept_content=["json"],
    broker_connection_retry_on_startup=True,
)
