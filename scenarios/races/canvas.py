"""The canvas of a batch: chords of one size, as many at a time as there is room for. Refuses to send it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from celery import chord, group

from scenarios.races.tasks import body, member

if TYPE_CHECKING:
    from celery.canvas import Signature


def batch(*, chords: int, members: int, at_once: int, gap_s: float) -> Signature:
    """Make chords whose members sleep until the same instant.

    The first `at_once` chords have the first instant, `gap_s` from now, and so on: every member of an instant must have
    started, and be asleep, when it comes.
    """
    now = time.time()
    instants = [now + gap_s * (number // at_once + 1) for number in range(chords)]
    return group(chord([member.s(place, at) for place in range(members)], body.s()) for at in instants)
