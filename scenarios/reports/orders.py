"""Orders reports, as the web application does when somebody asks for one: a group or a chord, with the same callbacks.

Refuses to wait for them: what has become of a report, its status says.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from celery import chord, group

from scenarios.reports import database
from scenarios.reports.plan import plan_of
from scenarios.reports.tasks import PARTS, report_failed, report_finished

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from celery.canvas import Signature


def as_group(number: int, parts: Iterable[Signature]) -> Signature:
    """Make a report by a group, with callbacks linked to it."""
    canvas = group(parts)
    canvas.link(report_finished.si(number))
    canvas.link_error(report_failed.si(number))
    return canvas


def as_chord(number: int, parts: Iterable[Signature]) -> Signature:
    """Make a report by a chord, with a callback for its body and another one linked to it."""
    canvas = chord(parts, report_finished.si(number))
    canvas.link_error(report_failed.si(number))
    return canvas


FORMS: Final[Mapping[str, Callable[[int, Iterable[Signature]], Signature]]] = {"group": as_group, "chord": as_chord}


def order_report(form: str, kind: str, seed: int) -> int:
    """Save a report and have it made; return its number."""
    number = database.add_report(form, kind, seed)
    parts = [PARTS[part.name].si(number) for part in plan_of(kind, seed)]
    FORMS[form](number, parts).apply_async()
    return number


def order_reports(kinds: Iterable[str], seeds: int, apart_s: float) -> list[int]:
    """Have reports of these kinds made in both forms, so much time apart, as users ask; for every seed anew."""
    kinds = tuple(kinds)
    numbers = []
    for seed in range(seeds):
        for kind in kinds:
            numbers += [order_report(form, kind, seed) for form in FORMS]
            time.sleep(apart_s)
    return numbers
