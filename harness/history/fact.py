"""What every fact has: where it was written down, and when. What facts there are, `events` says."""

from __future__ import annotations

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", forbid_unknown_fields=True):
    """One fact, where it was written down, and when."""

    source_index: int
    wall_ns: int
    virtual_ns: int
    source: str = ""
    index: int = -1
