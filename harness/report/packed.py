"""A report as JSON: plain for programs, and packed for a page, which has to stay small.

Packed, a list of objects that have the same fields is {"$columns": [names], "$rows": [[values]...]}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from harness.report.format import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.report.format import Report

_FEWEST = 2  # to be worth it
_encoder = msgspec.json.Encoder()


def as_json(report: Report) -> bytes:
    """Return a report as plain JSON."""
    return _encoder.encode(report)


def as_packed_json(report: Report) -> bytes:
    """Return a report as JSON for a page."""
    return _encoder.encode(_packed(report))


def _packed(part: Part) -> dict[str, Any]:
    fields = type(part).__struct_encode_fields__
    return {name: _value(value) for name, value in zip(fields, msgspec.structs.astuple(part), strict=True)}


def _value(value: Any) -> Any:  # noqa: ANN401 - any field
    if isinstance(value, list) and len(value) >= _FEWEST and isinstance(value[0], Part):
        return _columns(value)
    if isinstance(value, list) and value and isinstance(value[0], Part):
        return [_packed(one) for one in value]
    return _packed(value) if isinstance(value, Part) else value


def _columns(parts: Sequence[Part]) -> dict[str, Any]:
    rows = [[_value(value) for value in msgspec.structs.astuple(one)] for one in parts]
    return {"$columns": list(type(parts[0]).__struct_encode_fields__), "$rows": rows}
