"""Merges journals into one order.

Each journal is in the order of its process. Across processes the testbed's clock decides: one machine, one clock, and a
cause is written down before its effect can be. Ties go by the name of the journal, so the same journals always give the
same history, in whatever order they are handed in.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.history.events import AnyEvent


def merge(journals: Iterable[Iterable[AnyEvent]]) -> tuple[AnyEvent, ...]:
    """Order the events of all journals and number them."""
    streams = [_keyed(journal) for journal in journals]
    merged = tuple(event for _, event in heapq.merge(*streams, key=lambda pair: pair[0]))
    for index, event in enumerate(merged):
        msgspec.structs.force_setattr(event, "index", index)
    return merged


def _keyed(journal: Iterable[AnyEvent]) -> Iterator[tuple[tuple[int, str, int], AnyEvent]]:
    """Give each event its place; a clock that was set back never reorders a process against itself."""
    latest = 0
    for event in journal:
        latest = max(latest, event.virtual_ns)
        yield (latest, event.source, event.source_index), event
