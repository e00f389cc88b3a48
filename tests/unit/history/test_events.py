from __future__ import annotations

import typing

import msgspec
import pytest

from harness.history import events, parts
from harness.history.events import AnyEvent
from harness.history.fact import Event

KINDS = typing.get_args(AnyEvent)


def kinds_of(event: type[Event]) -> set[type[Event]]:
    """Return the classes that are kinds: what only says which fields several kinds have has kinds below it."""
    below = event.__subclasses__()
    return set().union(*map(kinds_of, below)) if below else {event}


def test_every_kind_of_event_is_in_the_closed_vocabulary() -> None:
    assert set(KINDS) == kinds_of(Event)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_kind_goes_by_the_name_of_its_class_and_has_a_sentence_about_it(kind: type[Event]) -> None:
    assert kind.__struct_config__.tag == kind.__name__
    assert kind.__doc__
    assert kind.__doc__ != Event.__doc__


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_kind_takes_no_field_that_it_does_not_know(kind: type[Event]) -> None:
    assert kind.__struct_config__.forbid_unknown_fields
    with pytest.raises(TypeError):
        kind(source_index=0, wall_ns=0, virtual_ns=0, surprise=1)  # type: ignore[call-arg]


def test_an_event_cannot_be_changed() -> None:
    event = events.ConnectionOpened(source_index=0, wall_ns=0, virtual_ns=0, address="here")
    with pytest.raises(AttributeError):
        event.address = "there"  # type: ignore[misc]


def test_every_event_that_is_about_a_task_says_which_attempt_of_it() -> None:
    about_tasks = [kind for kind in KINDS if {"task_id", "task"} <= set(kind.__struct_fields__)]
    without = {kind.__name__ for kind in about_tasks if "retries" not in kind.__struct_fields__}
    assert without == {"StateRead", "Discarded", "FaultInjected"}


def test_events_come_back_from_json_as_they_went_in() -> None:
    event = events.AttemptEnded(
        source_index=1,
        wall_ns=2,
        virtual_ns=3,
        task_id="1",
        task="A",
        retries=0,
        ending="failed",
        exception=parts.Raised(type="builtins.ValueError", message="no"),
    )
    assert msgspec.json.Decoder(AnyEvent).decode(msgspec.json.encode(event)) == event
