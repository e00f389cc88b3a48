"""Workers: when one consumes, and with what."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from celery import signals

if TYPE_CHECKING:
    from harness.journal import Journal


def observe(journal: Journal) -> None:
    """Write down when this worker starts to consume; name its pool's children for what they are."""

    def on_ready(sender: Any, **_: object) -> None:
        worker = sender.controller
        journal.append(
            "WorkerStarted",
            hostname=sender.hostname,
            queues=sorted(queue.name for queue in sender.task_consumer.queues),
            pool=worker.pool_cls.__module__.rpartition(".")[2],
            concurrency=worker.concurrency,
            versions={"python": platform.python_version()}
            | {name: version(name) for name in ("celery", "kombu", "billiard", "redis")},
        )

    def on_child(**_: object) -> None:
        journal.become("pool")

    signals.worker_ready.connect(on_ready, weak=False)
    signals.worker_process_init.connect(on_child, weak=False)
