"""Histories drawn from the vocabulary: any events, of few tasks and processes, that so have to do with each other."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import strategies as st

from harness.history.events import AnyEvent
from harness.history.fact import Event

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

TASKS = st.sampled_from(("a", "b", "c", "celery.chord", "celery.chain"))
SOURCES = ("sender", "worker", "pool-1", "pool-2", "recorder")
TEXTS = TASKS | st.sampled_from(("", "builtins.OSError", "5.7.0", "pool-1"))
NUMBERS = st.integers(0, 3)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("task", "kwargs", "tasks")), inner),
    max_leaves=4,
)
STAMPS = {"source", "source_index", "index", "wall_ns", "virtual_ns"}


def of_type(wanted: Any) -> SearchStrategy[Any]:
    """Return what draws values of a field's type."""
    origin, arguments = get_origin(wanted), get_args(wanted)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, types.UnionType):
        return st.one_of([of_type(argument) for argument in arguments])
    if origin in (list, tuple):
        return st.lists(of_type(arguments[0]), max_size=2).map(origin)
    if origin is dict:
        return st.dictionaries(of_type(arguments[0]), of_type(arguments[1]), max_size=2)
    if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct):
        return of_struct(wanted)
    plain: dict[Any, SearchStrategy[Any]] = {
        Any: JSON,
        str: TEXTS,
        int: NUMBERS,
        float: st.sampled_from((0.0, 1.0, 2.5)),
        bool: st.booleans(),
        type(None): st.none(),
    }
    return plain[wanted]


def of_struct(kind: type[msgspec.Struct]) -> SearchStrategy[Any]:
    """Return what draws a part of an event, or an event without its stamps."""
    hints = get_type_hints(kind)
    fields = {name: of_type(hints[name]) for name in kind.__struct_fields__ if name not in STAMPS}
    return st.fixed_dictionaries(fields).map(lambda drawn: (kind, drawn) if issubclass(kind, Event) else kind(**drawn))


KINDS = st.one_of([of_struct(kind) for kind in get_args(AnyEvent)])
MOMENTS = st.integers(0, 5).map(lambda seconds: seconds * 1_000_000_000)


@st.composite
def journals(draw: Any) -> list[list[AnyEvent]]:
    """Draw what several processes have written; the clock of each may be set back."""
    drawn = []
    for source in SOURCES[: draw(st.integers(0, len(SOURCES)))]:
        said = draw(st.lists(st.tuples(KINDS, MOMENTS, MOMENTS), max_size=12))
        drawn.append(
            [
                kind(source=source, source_index=number, virtual_ns=virtual_ns, wall_ns=wall_ns, **fields)
                for number, ((kind, fields), virtual_ns, wall_ns) in enumerate(said)
            ]
        )
    return drawn


@pytest.fixture(scope="session")
def anything() -> SearchStrategy[list[list[AnyEvent]]]:
    """What draws the journals of any history."""
    return journals()
