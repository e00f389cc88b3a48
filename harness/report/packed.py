"""A report as JSON: plain for programs, and packed for a page, which has to stay small.

Packed, a list of objects that have the same fields is {"$columns": [names], "$rows": [[values]...]}. Where a column has
few texts, they stand in "$texts", by the column's place, and their places in the rows. A list of rows has no columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from harness.report.format import FORMAT, Part, RedisView, Report

if TYPE_CHECKING:
    from collections.abc import Sequence

_FEWEST, _OFTEN = 2, 3  # to be worth it
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Report)


def as_json(report: Report) -> bytes:
    """Return a report as plain JSON."""
    return _encoder.encode(report)


def from_json(encoded: bytes) -> Report:
    """Return the report that plain JSON holds; a ValueError says that it is none of this format."""
    report = _decoder.decode(encoded)
    if report.format != FORMAT:
        raise ValueError(f"expected a report of format {FORMAT}, found {report.format}")
    return report


def as_packed_json(report: Report) -> bytes:
    """Return a report as JSON for a page."""
    return _encoder.encode(_packed(report))


def _packed(part: Part) -> dict[str, Any]:
    fields = type(part).__struct_encode_fields__
    return {name: _value(value) for name, value in zip(fields, msgspec.structs.astuple(part), strict=True)}


def _value(value: Any) -> Any:  # noqa: ANN401 - any field
    if isinstance(value, RedisView):
        return {"rows": _with_texts([list(row) for row in value.rows])} if value.rows else value
    if isinstance(value, list) and len(value) >= _FEWEST and isinstance(value[0], Part):
        return _columns(value)
    if isinstance(value, list) and value and isinstance(value[0], Part):
        return [_packed(one) for one in value]
    return _packed(value) if isinstance(value, Part) else value


def _columns(parts: Sequence[Part]) -> dict[str, Any]:
    rows = [[_value(value) for value in msgspec.structs.astuple(one)] for one in parts]
    return {"$columns": list(type(parts[0]).__struct_encode_fields__), **_with_texts(rows)}


def _with_texts(rows: list[list[Any]]) -> dict[str, Any]:
    """Return rows, and the texts of those columns in which few are repeated often. Changes the rows."""
    texts: dict[str, list[str]] = {}
    for column in range(len(rows[0])):
        values = {row[column] for row in rows if isinstance(row[column], str)}
        if 0 < len(values) <= len(rows) / _OFTEN and all(isinstance(row[column], str | None) for row in rows):
            places = {text: place for place, text in enumerate(sorted(values))}
            texts[str(column)] = list(places)
            for row in rows:
                row[column] = None if row[column] is None else places[row[column]]
    return {"$rows": rows, "$texts": texts} if texts else {"$rows": rows}
