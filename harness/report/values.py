"""Values that came out of a run, each carried once: what many events repeat (arguments, tracebacks, ids) is one text.

Owns what is too long to be carried, and what JavaScript could not read as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from harness.report.format import Json

LONGEST = 16_384  # of a value as JSON, in bytes
_KEPT = 4_096
_EXACT = 2**53  # JavaScript's numbers are floats
_MAY_BE_INEXACT = re.compile(rb"\d{16}")
_encode = msgspec.json.Encoder(enc_hook=repr).encode


class Values:
    """The values of a report; one that is seen again has the place that it had."""

    def __init__(self) -> None:
        self.all: list[Json] = []
        self._places: dict[bytes, int] = {}
        self._of_texts: dict[str, int] = {}

    def place(self, value: Any) -> int:  # noqa: ANN401 - it came out of a run
        """Return the place of a value; -1 for None."""
        if value is None:
            return -1
        if type(value) is str and len(value) < _KEPT:  # most are ids: those need no encoding to be compared
            place = self._of_texts.get(value)
            if place is None:
                place = self._of_texts[value] = len(self.all)
                self.all.append(value)
            return place
        encoded = _encode(value)
        place = self._places.get(encoded)
        if place is None:
            place = self._places[encoded] = len(self.all)
            self.all.append(_carried(encoded))
        return place

    def optional(self, value: Any) -> int | None:  # noqa: ANN401 - as above
        """Return the place of a value; None for None."""
        return None if value is None else self.place(value)


def _carried(encoded: bytes) -> Json:
    """Return a value as a report can carry it."""
    if len(encoded) > LONGEST:
        return {"$cut": encoded[:_KEPT].decode(errors="ignore"), "$bytes": len(encoded)}
    value = msgspec.json.decode(encoded)
    return _exact(value) if _MAY_BE_INEXACT.search(encoded) else value


def _exact(value: Json) -> Json:
    match value:
        case int() if abs(value) > _EXACT:
            return {"$int": str(value)}
        case dict():
            return {key: _exact(part) for key, part in value.items()}
        case list():
            return [_exact(part) for part in value]
        case _:
            return value
