"""The two tasks of a race: a header's member that waits for an instant, and a body that returns what it got."""
# Celery ships no types, and an ignore at each decorator would say so twice.
# mypy: allow-untyped-decorators

from __future__ import annotations

import time

from scenarios.races.app import app


@app.task(name="races.member")
def member(place: int, at: float) -> int:
    """Sleep until an instant (seconds since 1970), and return one's place in the header."""
    time.sleep(max(0.0, at - time.time()))
    return place


@app.task(name="races.body")
def body(places: list[int]) -> list[int]:
    """Return what the header's members returned."""
    return places
