"""Which queues the messages of an app may go to, and how a worker is told to take from all of them.

A worker takes from the queues that `task_queues` names, or from the default one; what routes, routers and tasks send
elsewhere would lie there for ever, as it would in production if no worker had its `-Q`. Refuses to guess: a queue that
only a call names (`apply_async(queue=...)`) is known to whoever calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celery.app.routes import MapRoute, Router
from kombu.entity import Queue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from celery import Celery


def all_queues(app: Celery) -> tuple[str, ...]:
    """Return every queue that messages of this app may go to, as far as the app's settings and tasks tell."""
    # Celery's own table and router, but of their own: asking them adds missing queues (celery/app/amqp.py, 5.4 to 5.7).
    declared = app.amqp.Queues(app.conf.task_queues)
    names = dict.fromkeys(declared)
    for wanted in (app.conf.task_default_queue, *_routed(app, declared), *_mapped(app.amqp.routes)):
        if name := _known(wanted, declared):
            names[name] = None
    return tuple(names)


def consume_all(app: Celery, *more: str) -> list[str]:
    """Return what to say to `celery worker` so that it takes from all queues, and from some more."""
    return ["-Q", ",".join(dict.fromkeys((*all_queues(app), *more)))]


def _routed(app: Celery, declared: Any) -> Iterator[Any]:
    """Ask for each task that the app knows where a plain call of it would go."""
    router = Router(app.amqp.routes, declared, app.conf.task_create_missing_queues, app=app)
    for name, task in sorted(app.tasks.items()):
        options = {key: value for key, value in task._get_exec_options().items() if value is not None}  # noqa: SLF001
        yield options.get("queue")
        try:
            yield router.route(options, name, (), {}, task).get("queue")
        except Exception:  # noqa: BLE001, S112 - a router that wants arguments, or a queue that may not be created
            continue


def _mapped(routes: Any) -> Iterator[Any]:
    """Look into the tables of routes: they may name queues for tasks that this process does not know."""
    for route in routes:
        if not isinstance(route, MapRoute):
            continue  # a function, which has been asked
        for target in (*route.map.values(), *route.patterns.values()):
            try:
                yield dict(target).get("queue")
            except (TypeError, ValueError):  # as in `MapRoute`: what is no mapping is the queue's name
                yield target


def _known(wanted: Any, declared: Any) -> str | None:
    """Return the name of a queue, declared or to be created; none where the app forbids that."""
    if isinstance(wanted, Queue):
        return str(wanted.name)
    try:
        return str(declared[wanted].name) if isinstance(wanted, str) and wanted else None
    except KeyError:
        return None
