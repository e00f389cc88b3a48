"""The whole history in rows of numbers: small enough that a page carries ten thousand of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from harness.history.parts import Following
from harness.report.format import Events
from harness.report.saying import called, says

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.history.events import AnyEvent
    from harness.history.fact import Event
    from harness.report.moments import Moments
    from harness.report.values import Values

# What the row says in another way: where and when, and whose task it is.
_SAID = frozenset({"source", "source_index", "wall_ns", "virtual_ns", "index", "task_id", "task"})


class _Kind:
    """A kind of event: which of its fields a row has, and how often each has anything but its default."""

    def __init__(self, kind: type[Event], place: int) -> None:
        self.name, self.place = kind.__name__, place
        fields = [field for field in msgspec.structs.fields(kind) if field.name not in _SAID]
        self.fields = [(field.name, _default(field)) for field in fields]
        self.used = [0] * len(fields)

    def values_of(self, event: AnyEvent, values: Values) -> list[int]:
        """Return the places of an event's values."""
        places = []
        for number, (name, default) in enumerate(self.fields):
            value = getattr(event, name)
            if value is None or value == default:
                places.append(-1)
            else:
                places.append(values.place(_shown(value)))
                self.used[number] += 1
        return places

    @property
    def order(self) -> list[int]:
        """The fields that are used most often first: what a row ends with is mostly not there."""
        return sorted(range(len(self.used)), key=lambda number: -self.used[number])


def event_rows(
    events: Sequence[AnyEvent],
    moments: Moments,
    values: Values,
    sources: Mapping[str, int],
    tasks: Mapping[str, int],
) -> Events:
    """Return the events as rows. `sources` and `tasks` are the places of journals and of tasks, by their names."""
    kinds: dict[type, _Kind] = {}
    texts: dict[str, int] = {}
    found: list[tuple[_Kind, list[int], list[int]]] = []
    virtual = wall = 0
    for event in events:
        kind = kinds.get(type(event))
        if kind is None:
            kind = kinds[type(event)] = _Kind(type(event), len(kinds))
        virtual_now, wall_now = moments.of(event), moments.wall_of(event)
        text = says(event)
        task = tasks.get(getattr(event, "task_id", None) or "", -1)
        place = texts.setdefault(text, len(texts))
        about = [kind.place, sources[event.source], virtual_now - virtual, wall_now - wall, task, place]
        found.append((kind, about, kind.values_of(event, values)))
        virtual, wall = virtual_now, wall_now
    orders = [kind.order for kind in kinds.values()]
    return Events(
        kinds=[kind.name for kind in kinds.values()],
        fields=[
            [kind.fields[number][0] for number in order] for kind, order in zip(kinds.values(), orders, strict=True)
        ],
        sources=list(sources),
        texts=list(texts),
        rows=[[*about, *_without_end(of, orders[kind.place])] for kind, about, of in found],
    )


def _without_end(places: Sequence[int], order: Sequence[int]) -> list[int]:
    """Return the places in their order, without those at the end that are none."""
    ordered = [places[number] for number in order]
    while ordered and ordered[-1] == -1:
        ordered.pop()
    return ordered


def _default(field: msgspec.structs.FieldInfo) -> Any:  # noqa: ANN401 - of any field
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return field.default  # NODEFAULT is equal to no value


def _shown(value: Any) -> Any:  # noqa: ANN401 - of any event, any field
    """Return a field as a reader wants it: what a message carries for afterwards is named, and no more than that."""
    if type(value) is Following:
        return called(value)
    if type(value) is tuple and value and type(value[0]) is Following:
        return [called(one) for one in value]
    return value
