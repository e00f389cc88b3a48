"""What a task receives from the one before it, compared with what it was due, as far as both were written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.laws.law import HELD, Open
from harness.laws.verdict import Evidence

if TYPE_CHECKING:
    from harness.history.parts import Data, FirstTask
    from harness.laws.law import Finding

_CUT = {"length", "begins"}
_DESCRIBED = {"type", "repr"}
# Deeper than this nobody looks; what lies there counts as not written down.
_DEEPEST = 50


def due(first: FirstTask, result: Data) -> list[Any]:
    """Return the arguments that a task is due: its own, after the former result unless it is immutable."""
    own = [] if first.args is None else first.args if isinstance(first.args, list) else [first.args]
    return list(own) if first.immutable else [result, *own]


def compared(claim: str, wanted: list[Any], got: Data, *events: int) -> Finding:
    """Judge arguments by those that were due."""
    right = is_right(wanted, got)
    if right is None:
        return Open("what was handed on, or what was due, was not written down whole")
    return HELD if right else Evidence(claim=claim, expected=repr(wanted), observed=repr(got), events=events)


def is_right(wanted: list[Any], got: Data) -> bool | None:
    """Say whether arguments are those that were due; None where they were not written down whole.

    What is long is cut, and what is no JSON is described by its text, which two processes may word differently.
    """
    if wanted == got:
        return True
    return False if is_whole(wanted) and is_whole(got) else None


def is_whole(value: Any, depth: int = 0) -> bool:  # noqa: ANN401 - a user's data
    """Say whether data was written down whole."""
    if depth > _DEEPEST:
        return False
    if isinstance(value, dict):
        return value.keys() not in (_CUT, _DESCRIBED) and all(is_whole(one, depth + 1) for one in value.values())
    return all(is_whole(one, depth + 1) for one in value) if isinstance(value, list) else True
