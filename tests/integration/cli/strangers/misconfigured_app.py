"""An app that can be imported, with settings that no worker can start with."""

from __future__ import annotations

from celery import Celery

app = Celery("misconfigured")
app.conf.task_queues = 5
