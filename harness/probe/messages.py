"""Messages: who sends which task, written down before the broker can have it, and confirmed after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celery import current_task, signals

from harness.journal import described

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.journal import Journal

    Fields = dict[str, Any]


def observe(journal: Journal) -> None:
    """Write down every message that this process publishes."""

    def before(sender: str, body: Any, headers: Fields, routing_key: str, **_: object) -> None:
        message = _message(sender, body, headers)
        journal.append("Sent", queue=routing_key, **message, **_origin(message, journal.role))

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
        "first_ids": list(_first_ids(signature)),
        "args": described(signature["args"]),
        "immutable": bool(signature.get("immutable")),
        "group_id": options.get("group_id"),
        "chord_id": _task_id(options.get("chord")),
    }


def _first_ids(signature: Any) -> Iterator[str]:
    """Yield the ids of the tasks that are sent at once when a signature's turn comes."""
    kwargs = signature["kwargs"]
    match signature["task"]:
        case "celery.chain":
            yield from _first_ids(kwargs["tasks"][0])
        case "celery.group":
            for member in kwargs["tasks"]:
                yield from _first_ids(member)
        case "celery.chord":
            header = kwargs["header"]
            for member in header if isinstance(header, list | tuple) else [header]:
                yield from _first_ids(member)
        case _:
            if task_id := signature["options"].get("task_id"):
                yield task_id


def _identity(body: Any, headers: Fields) -> tuple[str, int]:
    about = body if isinstance(body, dict) else headers
    return about["id"], about.get("retries") or 0


def _origin(message: Fields, role: str) -> Fields:
    """Say who sends: the experiment, a task's attempt, a chord that is complete, or an attempt that wants a retry."""
    request = current_task.request if current_task else None
    if request is None or request.id is None:
        return {"by": "experiment" if role == "sender" else "worker", "sender_id": None}
    if message["task_id"] == request.id:
        by = "retry"
    elif message["task_id"] == _task_id(request.chord):
        by = "chord"
    else:
        by = "task"
    return {"by": by, "sender_id": request.id}


def _task_id(signature: Any) -> str | None:
    return signature["options"].get("task_id") if signature else None


def _text(moment: Any) -> str | None:
    return None if moment is None else str(moment)
