"""A sender with an app whose broker and backend are in this process, and what it has written down."""

from __future__ import annotations

import base64
import json
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from celery import Celery, Task

from harness.app.serial import encode
from harness.history.reader import read_journals
from harness.journal import JOURNALS, TESTBED_VARIABLE, Bell, Journal
from harness.sender.sender import Sender

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from celery.canvas import Signature

    from harness.history.events import AnyEvent


class Workshop:
    """An app with a sender, and what the sender has written down."""

    def __init__(self, folder: Path) -> None:
        (folder / JOURNALS).mkdir()
        self.folder = folder
        self.app = Celery("an app", broker="memory://", backend="cache+memory://", set_as_current=False)
        self.sender = Sender(self.app, Journal(folder / JOURNALS, "sender", "sender", Bell(folder / "no bell")))
        self._orders = 0

    def task(self, name: str) -> Task:
        def nothing(*_: object, **__: object) -> None:
            return None

        return self.app.task(nothing, name=name, shared=False)

    def order(self, do: str, **arguments: Any) -> list[AnyEvent]:
        """Have the sender carry out an order, and return what it wrote down about it."""
        before = len(self.written())
        self._orders += 1
        order = {"order": f"order-{self._orders}", "do": do, "with": arguments}
        self.sender.carry_out(json.loads(json.dumps(order)))
        return self.written()[before:]

    def given(self, signature: Signature, serializer: str = "json") -> dict[str, Any]:
        """Return a canvas as a test hands it over."""
        kind, encoding, body = encode(dict(signature), serializer)
        text = base64.b64encode(body).decode()
        return {
            "kind": "given",
            "text": str(signature),
            "content_type": kind,
            "content_encoding": encoding,
            "body": text,
        }

    def written(self) -> list[AnyEvent]:
        journals, corrupt = read_journals(self.folder / JOURNALS)
        assert corrupt == []
        return [event for events in journals for event in events[1:]]


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workshop]:
    """An app with a sender."""
    from celery._state import _set_current_app, get_current_app  # noqa: PLC0415

    before = get_current_app()
    monkeypatch.setenv(TESTBED_VARIABLE, str(tmp_path))
    workshop = Workshop(tmp_path)
    yield workshop
    workshop.app.close()
    _set_current_app(before)


@pytest.fixture
def importable(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Return what puts a function into a module, and gives back by which name it is imported."""

    def put(function: Callable[..., Any]) -> str:
        module = ModuleType("an_app_of_a_test")
        module.function = function  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
        return "an_app_of_a_test:function"

    return put


@pytest.fixture
def send(workshop: Workshop, importable: Callable[..., str]) -> Callable[..., AnyEvent]:
    """Return what has the sender build and send a canvas, and gives back what it wrote down."""

    def send(build: Callable[..., Signature], **arguments: object) -> AnyEvent:
        canvas = {"kind": "built", "call": importable(build), "arguments": arguments}
        (event,) = workshop.order("send", canvas=canvas)
        return event

    return send
