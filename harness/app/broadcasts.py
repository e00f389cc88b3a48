"""Refuses messages of which every worker would take a copy (`kombu.common.Broadcast`, any fanout exchange).

Such copies run under one task id. Whose attempt, retry, result or next step is whose cannot be told, so no law could
judge them, and nobody could say when all have ended: Redis keeps no such message, and does not tell who listened. An
app may have such queues, and its workers listen to them as ever; what is refused is to send a task there.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from celery.app.amqp import AMQP

from harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

_FANOUT = "fanout"


def refuse_broadcasts(tell: Callable[[UsageError], None]) -> None:
    """From now on, raise in whoever sends a task to every worker, before the message is made.

    `tell` hears of it before: what comes of the exception is a matter of the task, or of Celery, that wanted to send.

    Celery's own function that is wrapped makes what sends every task (celery/app/amqp.py, `_create_task_sender`, 5.4 to
    5.7); remote control has another way.
    """
    original = AMQP._create_task_sender  # noqa: SLF001

    @functools.wraps(original)
    def create(amqp: Any) -> Callable[..., Any]:
        send = original(amqp)

        @functools.wraps(send)
        def send_or_refuse(producer: Any, name: str, message: Any, *rest: Any, **options: Any) -> Any:
            if exchange := _fanout(amqp, **options):
                refusal = _refusal(name, exchange, amqp.app.conf.task_default_queue)
                tell(refusal)
                raise refusal
            return send(producer, name, message, *rest, **options)

        return send_or_refuse

    AMQP._create_task_sender = create  # noqa: SLF001


def _fanout(amqp: Any, queue: Any = None, exchange: Any = None, exchange_type: Any = None, **_: Any) -> str | None:
    """Return the name of the fanout exchange to which Celery would send with these options, if it is one."""
    if exchange is None:
        queue = amqp.default_queue if queue is None else queue
        exchange = (amqp.queues[queue] if isinstance(queue, str) else queue).exchange
    if isinstance(exchange, str):
        # What is only named stands in the app's table of queues, if it was declared.
        declared = (each.exchange for each in amqp.queues.values() if each.exchange)
        kinds = {exchange_type, *(each.type for each in declared if each.name == exchange)}
    else:
        kinds = {getattr(exchange, "type", None)}
    return str(getattr(exchange, "name", exchange)) if _FANOUT in kinds else None


def _refusal(name: str, exchange: str, queue: str) -> UsageError:
    return UsageError(
        "a task to be sent to one worker",
        f"{name}, sent to {exchange!r}, a fanout exchange: every worker would run a copy of it under the same id",
        "prove it by a queue that hands a message to one worker: "
        f".set(queue={queue!r}, exchange={queue!r}, routing_key={queue!r}), or have the app route it so in tests",
    )
