from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from celery import Celery, Task
from celery._state import _task_stack

from harness.history.reader import read_journals
from harness.journal import JOURNALS, Bell, Journal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from harness.history.events import AnyEvent


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """The journal of a worker."""
    (tmp_path / JOURNALS).mkdir()
    return Journal(tmp_path / JOURNALS, "worker-1", "worker", Bell(tmp_path / "no bell"))


@pytest.fixture
def written(tmp_path: Path) -> Callable[[], list[AnyEvent]]:
    """Return what reads that journal back, without its first line."""

    def written() -> list[AnyEvent]:
        journals, corrupt = read_journals(tmp_path / JOURNALS)
        assert corrupt == []
        return [event for events in journals for event in events[1:]]

    return written


@pytest.fixture
def app() -> Iterator[Celery]:
    """An app whose broker and backend are in this process."""
    app = Celery("an app", broker="memory://", backend="cache+memory://", set_as_current=False)
    yield app
    app.close()


@pytest.fixture
def running() -> Iterator[Callable[..., Task]]:
    """Return what makes a task the current one, as a worker does for an attempt."""
    started: list[Task] = []

    def running(task: Task, **request: Any) -> Task:
        _task_stack.push(task)
        task.push_request(**{"id": "id-1", "called_directly": False, "is_eager": False, "retries": 0, **request})
        started.append(task)
        return task

    yield running
    for task in reversed(started):
        task.pop_request()
        _task_stack.pop()


@pytest.fixture
def task(app: Celery) -> Task:
    """A task that takes anything and does nothing."""

    def nothing(*_: object, **__: object) -> None:
        return None

    return app.task(nothing, name="A", shared=False)
