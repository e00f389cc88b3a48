"""The whole history in rows of numbers: small enough that a page carries ten thousand of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.history.parts import Following
from harness.report.format import Events
from harness.report.saying import called, says

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.history.events import AnyEvent
    from harness.report.moments import Moments
    from harness.report.values import Values

# What the row says in another way: where and when, and whose task it is.
_SAID = frozenset({"source", "source_index", "wall_ns", "virtual_ns", "index", "task_id", "task"})


def event_rows(
    events: Sequence[AnyEvent],
    moments: Moments,
    values: Values,
    sources: Mapping[str, int],
    tasks: Mapping[str, int],
) -> Events:
    """Return the events as rows. `sources` and `tasks` are the places of journals and of tasks, by their names."""
    kinds: dict[type, tuple[int, tuple[str, ...]]] = {}
    texts: dict[str, int] = {}
    rows: list[list[int]] = []
    virtual = wall = 0
    for event in events:
        kind = type(event)
        known = kinds.get(kind)
        if known is None:
            known = kinds[kind] = len(kinds), tuple(name for name in kind.__struct_fields__ if name not in _SAID)
        at, fields = known
        virtual_now, wall_now = moments.of(event), moments.wall_of(event)
        text = says(event)
        rows.append(
            [
                at,
                sources[event.source],
                virtual_now - virtual,
                wall_now - wall,
                tasks.get(getattr(event, "task_id", None) or "", -1),
                texts.setdefault(text, len(texts)),
                *(values.place(_shown(getattr(event, name))) for name in fields),
            ]
        )
        virtual, wall = virtual_now, wall_now
    return Events(
        kinds=[kind.__name__ for kind in kinds],
        fields=[list(fields) for _, fields in kinds.values()],
        sources=list(sources),
        texts=list(texts),
        rows=rows,
    )


def _shown(value: Any) -> Any:  # noqa: ANN401 - of any event, any field
    """Return a field as a reader wants it: what a message carries for afterwards is named, and no more than that."""
    if type(value) is Following:
        return called(value)
    if type(value) is tuple and value and type(value[0]) is Following:
        return [called(one) for one in value]
    return value
