"""An app of somebody's, in a module of its own, and runs whose histories are written by hand."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from celery import Celery

from harness.history.outcome import outcome
from harness.run.run import Run
from harness.run.settling import Settlement
from harness.run.timing import Timing
from harness.scenario import Canvas, Conditions, Experiment, Scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.unit.conftest import Record

SCENARIO = Scenario(name="shop", title="a shop", app="shop:app", canvas=Canvas(call="shop:canvas"), budget_s=60)


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Callable[..., ModuleType]:
    """Return what makes a module with these attributes, and takes it away after the test."""

    def module(name: str, file: str | None = None, **attributes: object) -> ModuleType:
        made = ModuleType(name)
        made.__dict__.update(attributes)
        if file is not None:
            made.__file__ = file
        monkeypatch.setitem(sys.modules, name, made)
        return made

    return module


@pytest.fixture
def app() -> Iterator[Celery]:
    """An app with a task for each letter, which no module holds yet."""
    app = Celery("shop", broker="memory://", backend="cache+memory://", set_as_current=False)

    def nothing(*_: object, **__: object) -> None:
        return None

    for name in "ABC":
        app.task(nothing, name=name, shared=False)
    app.finalize()
    yield app
    app.close()


@pytest.fixture
def run(record: Record) -> Callable[..., Run]:
    """Return what makes a run out of the record."""

    def run(settlement: Settlement | None = None, discrepancies: tuple[str, ...] = (), **changes: Any) -> Run:
        history = record.history()
        return Run(
            experiment=Experiment(
                scenario=replace(SCENARIO, violates=changes.get("violates", ())), conditions=Conditions()
            ),
            directory=changes.get("directory", Path("the-runs-directory")),
            settlement=settlement or Settlement(ending="settled"),
            history=history,
            outcome=outcome(history),
            discrepancies=discrepancies,
            verdicts=changes.get("verdicts", ()),
            timing=Timing(clock="virtual", virtual_s=history.duration_s),
            wall_s=0.1,
        )

    return run
