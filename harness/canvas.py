"""Canvas expressions as plain data: what a signature says, without being one.

Owns reading them from a signature's dict, as the sender writes it down. Refuses to say what they mean (`semantics`),
and to lose what it does not know: whatever is no canvas of Celery's is a call of a task.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Data = Any  # a user's arguments


@dataclass(frozen=True, slots=True, kw_only=True)
class _Expression:
    """What every signature may carry."""

    args: tuple[Data, ...] = ()
    immutable: bool = False
    links: tuple[Canvas, ...] = ()
    errbacks: tuple[Canvas, ...] = ()
    options: Mapping[str, Data] = field(default_factory=dict)  # all others, as they are


@dataclass(frozen=True, slots=True)
class Call(_Expression):
    """One call of a task."""

    task: str
    kwargs: Mapping[str, Data] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chain(_Expression):
    """One after the other, each with what the former returned."""

    steps: tuple[Canvas, ...]


@dataclass(frozen=True, slots=True)
class Group(_Expression):
    """All at once."""

    members: tuple[Canvas, ...]


@dataclass(frozen=True, slots=True)
class Chord(_Expression):
    """All of the header at once, then the body with their results."""

    header: tuple[Canvas, ...]
    body: Canvas | None


@dataclass(frozen=True, slots=True)
class Chunks(_Expression):
    """A task applied to each item, so many items a message."""

    task: str
    items: tuple[Data, ...]
    size: int

    def as_group(self) -> Group:
        """Return what it is where it is sent as the object that it was made as, and has not been data in between."""
        parts = [self.items[at : at + self.size] for at in range(0, len(self.items), self.size)]
        return Group(tuple(Map(self.task, part, is_star=True) for part in parts))


@dataclass(frozen=True, slots=True)
class Map(_Expression):
    """A task applied to each item, all in one message; with `is_star`, to each item's parts."""

    task: str
    items: tuple[Data, ...]
    is_star: bool = False


Canvas = Call | Chain | Group | Chord | Chunks | Map


def read(signature: Mapping[str, Any]) -> Canvas:
    """Read a signature's dict; a ValueError says what of it is none.

    What it is, its task's name says: its type gets lost for some on their way (Chunks).
    """
    try:
        return _read(signature)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"expected a signature's dict, but found {signature!r}: {error}") from error


def _read(signature: Mapping[str, Any]) -> Canvas:
    if not isinstance(signature, Mapping) or not isinstance(signature.get("task"), str):
        raise ValueError(f"expected a signature's dict, with its task's name, but found {signature!r}")  # noqa: TRY004 - it came from a file
    kwargs = _mapping(signature.get("kwargs"))
    shared = _shared(signature)
    match signature["task"], kwargs:
        case "celery.chain", {"tasks": tasks}:
            return Chain(_all(tasks), **shared)
        case "celery.group", {"tasks": tasks}:
            return Group(_all(tasks), **shared)
        case "celery.chord", {"header": header, "body": body}:
            return Chord(_all(header), read(body) if body else None, **shared)
        case "celery.chunks", {"task": {"task": task}, "it": [*items], "n": int(size)} if size > 0:
            return Chunks(task, tuple(plain(items)), size, **shared)
        case "celery.map" | "celery.starmap", {"task": {"task": task}, "it": [*items]}:
            return Map(task, tuple(plain(items)), signature["task"] == "celery.starmap", **shared)
        case task, _:
            return Call(task, plain(kwargs), **shared)


def _shared(signature: Mapping[str, Any]) -> dict[str, Any]:
    options = dict(_mapping(signature.get("options")))
    args = plain(signature.get("args") or ())
    return {
        "args": tuple(args) if isinstance(args, list) else (args,),
        "immutable": bool(signature.get("immutable")),
        "links": _all(options.pop("link", None)),
        "errbacks": _all(options.pop("link_error", None)),
        "options": plain(options),
    }


def _all(signatures: Any) -> tuple[Canvas, ...]:  # noqa: ANN401 - one signature, several, a group of them, or none
    match signatures:
        case None:
            return ()
        case {"task": "celery.group", "kwargs": {"tasks": tasks}}:  # a header that has been frozen
            return _all(tasks)
        case Mapping():
            return (read(signatures),)
        case [*several]:
            return tuple(read(one) for one in several)
        case _:
            raise ValueError(f"expected a signature, or a list of them, but found {signatures!r}")


def _mapping(value: Any) -> Mapping[str, Any]:  # noqa: ANN401 - whatever stands there
    return value if isinstance(value, Mapping) else {}


def plain(value: Data) -> Data:
    """Return data as JSON would: what is a sequence is a list, what is a mapping a dict."""
    match value:
        case str() | bytes():
            return value
        case Mapping():
            return {key: plain(part) for key, part in value.items()}
        case Sequence() | set() | frozenset():
            return [plain(part) for part in value]
        case _:
            return value
