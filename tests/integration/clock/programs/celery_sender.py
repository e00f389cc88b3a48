"""Sends from inside the clock: `python -m programs.celery_sender QUESTION [ARGUMENT...]` prints one line of JSON."""

import datetime as dt
import json
import os
import sys
import time

import redis
from celery.exceptions import TaskRevokedError, TimeLimitExceeded
from programs import celery_app as tasks


def ready():
    return tasks.echo.delay("ready").get(timeout=60)


def nap(seconds):
    return tasks.nap.delay(float(seconds)).get(timeout=3600)


def move_on(seconds):
    time.sleep(float(seconds))


def until(start, end):
    """Return the virtual and the real seconds between two moments."""
    return [later - earlier for earlier, later in zip(start, end)]


def countdown(seconds):
    start = tasks.moment()
    return until(start, tasks.now.apply_async(countdown=float(seconds)).get(timeout=3600))


def eta(seconds):
    start = tasks.moment()
    when = dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=float(seconds))
    return until(start, tasks.now.apply_async(eta=when).get(timeout=3600))


def expires(seconds, delay):
    """Send a task that may not start before `delay` and not after `seconds`."""
    start = tasks.moment()
    try:
        result = tasks.now.apply_async(countdown=float(delay), expires=float(seconds))
        return until(start, result.get(timeout=3600))
    except TaskRevokedError:
        return "expired"


def soft_limit():
    return tasks.softly_limited.delay().get(timeout=3600)


def hard_limit():
    start = tasks.moment()
    try:
        return tasks.hard_limited.delay().get(timeout=3600)
    except TimeLimitExceeded:
        return tasks.since(start)


def key_expiry():
    client = redis.Redis(unix_socket_path=os.environ["CLOCK_REDIS"], db=3)
    client.set("key", "value", ex=30)
    time.sleep(29)
    left = client.ttl("key")
    time.sleep(2)
    return [left, client.get("key")]


def gaps_of(task, *arguments):
    """Run a task that retries, give the times between the starts of its attempts."""
    if os.path.exists(os.environ["CLOCK_NOTES"]):
        os.remove(os.environ["CLOCK_NOTES"])
    task.delay(*arguments).get(timeout=100_000)
    with open(os.environ["CLOCK_NOTES"]) as notes:
        starts = [json.loads(line) for line in notes]
    return [until(earlier, later) for earlier, later in zip(starts, starts[1:])]


def ladder(failures):
    return gaps_of(tasks.ladder, int(failures))


def send_ladder(failures):
    """Send and end: whoever waits under the clock for a result adds a jump a second."""
    tasks.ladder.apply_async((int(failures),), countdown=1)


def short_ladders(count):
    return [gaps_of(tasks.short_ladder) for _ in range(int(count))]


def round_trips(count):
    """Real seconds that so many tasks one after the other take."""
    start = time.clock_gettime(time.CLOCK_MONOTONIC_RAW)
    for i in range(int(count)):
        tasks.echo.delay(i).get(timeout=60)
    return time.clock_gettime(time.CLOCK_MONOTONIC_RAW) - start


def fetch_outside(count, url, timeout):
    results = [tasks.fetch.delay(url, float(timeout)) for _ in range(int(count))]
    return [result.get(timeout=3600) for result in results]


def run_children(count, milliseconds, timeout):
    return [tasks.run_child.delay(float(milliseconds), float(timeout)).get(timeout=3600) for _ in range(int(count))]


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](*sys.argv[2:])), flush=True)
    os._exit(0)
