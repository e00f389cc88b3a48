"""The shape of the pipeline: start -> A -> (B | C) -> D -> end. Refuses to send it, and unknown scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING

from celery import chain, group

from scenarios.pipeline.script import SCRIPT, Payload
from scenarios.pipeline.tasks import end, start, task_a, task_b, task_c, task_d

if TYPE_CHECKING:
    from celery.canvas import Signature


def pipeline(raw: str, scenario: str) -> Signature:
    """Make the canvas that takes a text through the pipeline; Celery makes a chord of its group and D."""
    if scenario not in SCRIPT:
        raise ValueError(f"expected a scenario, one of {', '.join(SCRIPT)}; found {scenario!r}")
    payload = Payload(raw=raw, scenario=scenario)
    return chain(
        start.si(payload=payload),
        task_a.s(payload=payload),
        group(task_b.s(payload=payload), task_c.s(payload=payload)),
        task_d.s(payload=payload),
        end.si(payload=payload),
    )
