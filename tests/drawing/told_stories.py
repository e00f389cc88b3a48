"""Stories (tests/histories/storytelling.py) written down as the directories of runs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import msgspec

from harness.laws.book import judge
from harness.laws.case import Case
from harness.scenario import Canvas, Conditions, Experiment, Scenario

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from storytelling import Story

    from harness.report.format import Report, TaskTold

CHAIN = {
    "task": "celery.chain",
    "kwargs": {"tasks": [{"task": "add"}, {"task": "pack"}, {"task": "ship"}]},
}
CHORD = {
    "task": "celery.chord",
    "kwargs": {"header": [{"task": "add"}, {"task": "add"}], "body": {"task": "total"}},
}
HOSTILE = "</script><img src=x onerror=alert(1)>"


def save(story: Story, path: Path, ended: Mapping[str, Any] | None = None, **scenario: Any) -> Path:
    """Write a story down as the directory of a run that has ended, judged by all laws."""
    (path / "journals").mkdir(parents=True)
    for journal in story.journals():
        lines = [msgspec.json.encode(_on_disk(event)) + b"\n" for event in journal]
        (path / "journals" / f"{journal[0].source}.jsonl").write_bytes(b"".join(lines))
    about = {"name": path.name, "title": "Told by hand", "app": "shop:app", "canvas": Canvas(call="shop:canvas")}
    experiment = Experiment(scenario=Scenario(**(about | scenario)), conditions=Conditions())
    asked = {
        "version": 1,
        "id": experiment.id,
        **asdict(experiment),
        "provenance": {"made": "2026-11-21T15:00:00+00:00"},
    }
    (path / "experiment.json").write_text(json.dumps(asked))
    verdicts = [{**asdict(one), "ruling": one.ruling.value} for one in judge(Case(story.history(), late_s=0.05))]
    told = {"version": 1, "ending": "settled", "reason": "", "discrepancies": [], "verdicts": verdicts, "wall_s": 0.5}
    clock = {"clock": "virtual", "virtual_s": 1.5, "jumps": 3, "skipped_s": 1.0}
    (path / "run.json").write_text(json.dumps({**told, "events": len(story.events), "clock": clock, **(ended or {})}))
    return path


def _on_disk(event: msgspec.Struct) -> dict[str, Any]:
    """Return an event as a journal has it: where it was written down, its reader knows."""
    told = msgspec.to_builtins(event)
    return {name: value for name, value in told.items() if name not in ("source", "index")}


def task(report: Report, name: str) -> TaskTold:
    """Return the task of this name."""
    (found,) = (one for one in report.tasks if one.name == name)
    return found
