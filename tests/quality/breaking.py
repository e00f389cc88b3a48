"""How Celery is broken: one function of it at a time, in one way at a time, as a file says which is to be in force.

The file is looked at whenever something that may be broken is called, so that one testbed serves all sabotages.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

SABOTAGE_VARIABLE = "CANVAS_HARNESS_QUALITY_SABOTAGE"

_ways: dict[tuple[int, str], dict[str, Callable[..., Any]]] = {}


def breaks(owner: Any, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let a function of Celery's be replaced by the decorated one, which gets it as its first argument.

    The sabotage goes by the decorated function's name.
    """

    def register(broken: Callable[..., Any]) -> Callable[..., Any]:
        if not hasattr(owner, name):  # not in this version
            return broken
        ways = _ways.setdefault((id(owner), name), {})
        if not ways:
            setattr(owner, name, _breakable(getattr(owner, name), ways))
        ways[broken.__name__] = broken
        return broken

    return register


def _breakable(original: Callable[..., Any], ways: dict[str, Callable[..., Any]]) -> Callable[..., Any]:
    @functools.wraps(original)
    def breakable(*args: Any, **kwargs: Any) -> Any:
        broken = ways.get(at_hand())
        return original(*args, **kwargs) if broken is None else broken(original, *args, **kwargs)

    return breakable


def at_hand() -> str:
    """Return the name of the sabotage that is in force; an empty one for none."""
    path = control_file()
    return path.read_text() if path is not None and path.exists() else ""


def control_file() -> Path | None:
    """Return the file that names the sabotage."""
    return Path(os.environ[SABOTAGE_VARIABLE]) if SABOTAGE_VARIABLE in os.environ else None


def known() -> set[str]:
    """Return the names of all sabotages."""
    return {name for ways in _ways.values() for name in ways}
