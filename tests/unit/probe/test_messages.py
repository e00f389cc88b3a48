from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from celery import Celery, chord, group, signals

from harness.history.events import Sent
from harness.probe.messages import _identity, _message, _origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from celery import Task

    Fields = dict[str, Any]


@pytest.fixture
def sent() -> Iterator[list[tuple[str, Any, Fields]]]:
    """What this process publishes: task, body and headers, as the probe gets to see them."""
    messages: list[tuple[str, Any, Fields]] = []

    def on_publish(sender: str, body: Any, headers: Fields, **_: object) -> None:
        messages.append((sender, body, headers))

    signals.before_task_publish.connect(on_publish, weak=False)
    yield messages
    signals.before_task_publish.disconnect(on_publish)


@pytest.fixture(params=[1, 2], ids=["protocol 1", "protocol 2"])
def spoken(request: pytest.FixtureRequest, app: Celery, task: Task) -> Task:
    """A task of an app that speaks this protocol."""
    app.conf.task_protocol = request.param
    return task


def test_a_message_is_read_in_either_protocol(spoken: Task, sent: list[Any]) -> None:
    spoken.apply_async((1, 2), {"a": 3}, task_id="id-A", retries=2)
    (message,) = (_message(*one) for one in sent)
    assert message["task_id"] == "id-A"
    assert message["task"] == "A"
    assert message["retries"] == 2
    assert list(message["args"]) == [1, 2]
    assert message["kwargs"] == {"a": 3}
    assert (message["eta"], message["expires"], message["group_id"], message["chord_id"]) == (None, None, None, None)


def test_a_first_message_has_no_retries_behind_it(spoken: Task, sent: list[Any]) -> None:
    spoken.delay()
    ((_, body, headers),) = sent
    assert _identity(body, headers)[1] == 0


def test_moments_are_told_as_text(spoken: Task, sent: list[Any]) -> None:
    eta = datetime(2100, 1, 1, tzinfo=UTC)
    spoken.apply_async(eta=eta, expires=datetime(2100, 1, 2, tzinfo=UTC))
    message = _message(*sent[0])
    assert message["eta"].startswith("2100-01-01")
    assert message["expires"].startswith("2100-01-02")


def test_a_countdown_is_told_as_the_moment_that_it_comes_to(spoken: Task, sent: list[Any]) -> None:
    spoken.apply_async(countdown=3600)
    assert _message(*sent[0])["eta"] > datetime.now(UTC).isoformat()


def test_a_member_of_a_group_names_its_group(spoken: Task, sent: list[Any]) -> None:
    result = group(spoken.s(1), spoken.s(2)).apply_async()
    assert {_message(*one)["group_id"] for one in sent} == {result.id}


def test_a_member_of_a_chord_names_its_body(spoken: Task, sent: list[Any]) -> None:
    body = spoken.s().set(task_id="id-body")
    chord([spoken.s(1), spoken.s(2)], body).apply_async()
    assert [_message(*one)["chord_id"] for one in sent] == ["id-body", "id-body"]


def test_parents_are_named_where_the_protocol_knows_them(task: Task, sent: list[Any]) -> None:
    task.apply_async(root_id="id-root", parent_id="id-parent", group_index=3, group_id="id-group")
    message = _message(*sent[0])
    assert (message["root_id"], message["parent_id"], message["group_index"]) == ("id-root", "id-parent", 3)


def test_what_is_read_is_what_the_vocabulary_knows(spoken: Task, sent: list[Any]) -> None:
    spoken.delay(1)
    message = _message(*sent[0])
    fields = (
        message | _origin(message, "sender") | {"queue": "celery", "source_index": 0, "wall_ns": 0, "virtual_ns": 0}
    )
    assert msgspec.convert(fields | {"kind": "Sent"}, Sent).by == "experiment"


# ---- who sends ---------------------------------------------------------------------------------------------------


def by_whom(task_id: str, role: str = "pool", retries: int = 0) -> tuple[str, str | None]:
    origin = _origin({"task_id": task_id, "retries": retries}, role)
    return origin["by"], origin["sender_id"]


def test_outside_of_any_attempt_the_sender_sends_for_the_experiment() -> None:
    assert by_whom("id-2", "sender") == ("experiment", None)


@pytest.mark.parametrize("role", ["worker", "pool"])
def test_outside_of_any_attempt_a_worker_sends_for_itself(role: str) -> None:
    assert by_whom("id-2", role) == ("worker", None)


def test_an_attempt_that_sends_its_own_task_again_retries(task: Task, running: Callable[..., Task]) -> None:
    running(task, id="id-1")
    assert by_whom("id-1", retries=1) == ("retry", "id-1")


def test_an_attempt_that_sends_another_task_under_its_own_id_replaces_itself(
    task: Task, running: Callable[..., Task]
) -> None:
    running(task, id="id-1")
    assert by_whom("id-1") == ("task", "id-1")


def test_an_attempt_that_sends_the_body_of_its_chord_completes_it(task: Task, running: Callable[..., Task]) -> None:
    running(task, id="id-1", chord=dict(task.s().set(task_id="id-body")))
    assert by_whom("id-body") == ("chord", "id-1")


def test_an_attempt_that_sends_another_task_is_a_task_that_sends(task: Task, running: Callable[..., Task]) -> None:
    running(task, id="id-1")
    assert by_whom("id-2") == ("task", "id-1")


def test_an_attempt_in_a_chord_may_send_other_tasks_as_well(task: Task, running: Callable[..., Task]) -> None:
    running(task, id="id-1", chord=dict(task.s()))
    assert by_whom("id-2") == ("task", "id-1")


def test_a_task_that_the_sender_calls_as_a_function_sends_for_the_experiment(
    task: Task, running: Callable[..., Task]
) -> None:
    running(task, id=None, called_directly=True)
    assert by_whom("id-2", "sender") == ("experiment", None)
