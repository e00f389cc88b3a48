"""Plans: all calls that a canvas may ever come to, and what each of them waits for and receives. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Role = Literal["step", "callback", "errback"]


# ---- what a call receives ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Nothing:
    """No more than its own arguments."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a call returned."""

    node: int


@dataclass(frozen=True, slots=True)
class Results:
    """A list of what the members of a header or group came to."""

    members: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class FailedId:
    """The id of what failed: a call's, or where that is None, a chord's body's."""

    node: int | None


Value = Nothing | Result | Results | FailedId


# ---- what a call waits for ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Succeeded:
    """All of these calls have succeeded; there being none, the canvas is sent."""

    nodes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """This call has failed for good."""

    node: int


@dataclass(frozen=True, slots=True)
class ChordFailed:
    """All of a chord's header have come to their end, or never will, and at least one because of a failure."""

    members: tuple[int, ...]
    begun: Trigger  # what its header waits for: before that, nothing of it can fail


Trigger = Succeeded | Failed | ChordFailed


@dataclass(frozen=True, slots=True)
class Barrier:
    """What must have succeeded before a part of a canvas begins, where that is more than one call."""

    kind: Literal["chord", "body", "group"]  # a chord, its body, or a group that ends a chain
    before: tuple[int, ...]
    begun: tuple[int, ...] = ()  # what must have succeeded before anything of that is called


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One call that a canvas may come to."""

    number: int
    task: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    is_immutable: bool
    receives: Value
    trigger: Trigger
    role: Role
    barriers: tuple[int, ...] = ()  # those that it is behind

    def __str__(self) -> str:
        return f"{self.task} (call {self.number + 1}, a {self.role})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All calls that a canvas may come to, each after those that it depends on, and what the canvas comes to."""

    nodes: tuple[Node, ...]
    value: Value
    barriers: tuple[Barrier, ...]
