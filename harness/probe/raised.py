"""Exceptions as data."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TypedDict

_LONGEST_TEXT = 16 * 1024
_OURS = str(Path(__file__).parents[1]) + "/"


class RaisedFields(TypedDict):
    """The fields of the event vocabulary's `Raised`, which a guest must not import (msgspec)."""

    type: str
    message: str
    traceback: str
    bases: list[str]


def raised(error: BaseException) -> RaisedFields:
    """Describe an exception by its class, its text and its traceback."""
    kind = type(error)
    return {
        "type": name_of(kind),
        "message": _writable(_text(error)),
        "traceback": _writable(_traceback(error)),
        "bases": [name_of(base) for base in kind.__mro__[:-1]],  # without object
    }


def _traceback(error: BaseException) -> str:
    """Return the traceback without the frames of this guest, which are there only because it looks on."""
    return "".join(_without_us(traceback.TracebackException.from_exception(error)).format())


def _without_us(told: traceback.TracebackException) -> traceback.TracebackException:
    left = [told]
    while left:
        one = left.pop()
        one.stack = traceback.StackSummary.from_list([f for f in one.stack if not f.filename.startswith(_OURS)])
        left += [other for other in (one.__cause__, one.__context__, *(one.exceptions or ())) if other is not None]
    return told


def name_of(kind: type) -> str:
    """Return the full name of a class."""
    return f"{kind.__module__}.{kind.__qualname__}"


def _writable(text: str) -> str:
    """Spell out what no line can hold (lone surrogates, which stand for bytes that were no text); cut what is long."""
    if len(text) > _LONGEST_TEXT:
        text = f"{text[:_LONGEST_TEXT]}... ({len(text)} characters)"
    return text.encode(errors="backslashreplace").decode()


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as failure:  # noqa: BLE001 - a user's exception may do anything when it is printed
        return f"<its text raised {type(failure).__name__}>"
