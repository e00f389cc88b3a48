"""Finds everything out at once: most of it is waiting for small programs and for an engine that may not answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from harness.doctor.clock_found import find_clock
from harness.doctor.engine_found import find_engine
from harness.doctor.findings import Examination
from harness.doctor.redis_found import find_redis
from harness.doctor.surroundings import find_places, find_versions


def examine() -> Examination:
    """Look at this machine. What it writes, it removes."""
    with ThreadPoolExecutor() as threads:
        engine, clock, redis = threads.submit(find_engine), threads.submit(find_clock), threads.submit(find_redis)
        rest = [*find_versions(), *find_places()]
        return Examination(findings=(redis.result(), clock.result(), engine.result(), *rest))
