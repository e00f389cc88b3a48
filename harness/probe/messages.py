"""Messages: who sends which task, written down before the broker can have it, and confirmed after."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from celery import current_task, signals

from harness.journal import described
from harness.probe.authors import is_sent_by_an_author

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.journal import Journal

    Fields = dict[str, Any]


def observe(journal: Journal) -> None:
    """Write down every message that this process publishes."""

    def before(sender: str, body: Any, headers: Fields, routing_key: str, **_: object) -> None:
        message = _message(sender, body, headers)
        by_author = is_sent_by_an_author(sys._getframe(1), current_task)  # noqa: SLF001 - whoever publishes
        origin = _origin(message, journal.role)
        journal.append("Sent", queue=routing_key or "", by_author=by_author, **message, **origin)

    def after(body: Any, headers: Fields, **_: object) -> None:
        task_id, retries = _identity(body, headers)
        journal.append("Published", task_id=task_id, retries=retries)

    signals.before_task_publish.connect(before, weak=False)
    signals.after_task_publish.connect(after, weak=False)


def _message(task: str, body: Any, headers: Fields) -> Fields:
    """Read a message of protocol 2 (a tuple, the rest in the headers) or 1 (a dict that holds everything)."""
    if isinstance(body, dict):
        args, kwargs, embed, about = body["args"], body["kwargs"], body, body
    else:
        (args, kwargs, embed), about = body, headers
    task_id, retries = _identity(body, headers)
    return {
        "task_id": task_id,
        "task": task,
        "retries": retries,
        "args": args,
        "kwargs": kwargs,
        "eta": _text(about.get("eta")),
        "expires": _text(about.get("expires")),
        "root_id": about.get("root_id"),
        "parent_id": about.get("parent_id"),
        "group_id": about.get("group") or about.get("taskset"),
        "group_index": about.get("group_index"),
        "chord_id": _task_id(embed.get("chord")),
        "chord": _following(embed["chord"]) if embed.get("chord") else None,
        "ignore_result": bool(about.get("ignore_result")),
        "chain": [_following(step) for step in reversed(embed.get("chain") or ())],
        "callbacks": [_following(link) for link in embed.get("callbacks") or ()],
        "errbacks": [_following(link) for link in embed.get("errbacks") or ()],
    }


def _following(signature: Any) -> Fields:
    """Describe a signature that travels inside a message."""
    options = signature["options"]
    return {
        "task": signature["task"],
        "task_id": options.get("task_id"),
        "firsts": list(_firsts(signature)),
        "args": described(signature["args"]),
        "immutable": bool(signature.get("immutable")),
        "group_id": options.get("group_id"),
        "chord_id": _task_id(options.get("chord")),
        "errbacks": [link["task"] for link in _listed(options.get("link_error"))],
        "joins": list(_joins(signature)),
    }


def _joins(signature: Any) -> Iterator[Fields]:
    """Yield the tasks of a signature that a chord will count: those with a group and a chord to return to."""
    kwargs, options = signature["kwargs"], signature["options"]
    match signature["task"]:
        case "celery.chain" | "celery.group":
            parts = _listed(kwargs["tasks"])
        case "celery.chord":
            parts = [*_listed(kwargs["header"]), *_listed(kwargs["body"])]
        case task:
            parts = []
            if all(options.get(name) for name in ("task_id", "group_id", "chord")):
                yield {
                    "task_id": options["task_id"],
                    "task": task,
                    "group_id": options["group_id"],
                    "chord_id": _task_id(options["chord"]) or "",
                }
    for part in parts:
        yield from _joins(part)


def _listed(value: Any) -> list[Any]:
    """Return signatures as a list: there may be several, one, or none. A signature is a dict, and no list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _firsts(signature: Any, *, immutable: bool = False) -> Iterator[Fields]:
    """Yield the tasks that are sent at once when a signature's turn comes, and what each of them brings along."""
    kwargs = signature["kwargs"]
    immutable = immutable or bool(signature.get("immutable"))
    match signature["task"]:
        case "celery.chain":
            parts = _listed(kwargs["tasks"])[:1]
        case "celery.group":
            parts = _listed(kwargs["tasks"])
        case "celery.chord":
            parts = _listed(kwargs["header"])
        case task:
            parts = []
            if task_id := signature["options"].get("task_id"):
                yield {
                    "task_id": task_id,
                    "task": task,
                    "args": described(signature["args"]),
                    "immutable": immutable,
                }
    for part in parts:
        yield from _firsts(part, immutable=immutable)


def _identity(body: Any, headers: Fields) -> tuple[str, int]:
    about = body if isinstance(body, dict) else headers
    return about["id"], about.get("retries") or 0


def _origin(message: Fields, role: str) -> Fields:
    """Say who sends: the experiment, a task's attempt, a chord that is complete, or an attempt that wants a retry."""
    request = current_task.request if current_task else None
    if request is None or request.id is None:
        return {"by": "experiment" if role == "sender" else "worker", "sender_id": None}
    if message["task_id"] == request.id:
        by = "retry" if message["retries"] else "task"  # without, it is what the task is replaced by
    elif message["task_id"] == _task_id(request.chord):
        by = "chord"
    else:
        by = "task"
    return {"by": by, "sender_id": request.id}


def _task_id(signature: Any) -> str | None:
    return signature["options"].get("task_id") if signature else None


def _text(moment: Any) -> str | None:
    return None if moment is None else str(moment)
