"""A plain Celery app whose tasks wait in all the ways that tasks do."""

import json
import os
import subprocess
import sys
import time

from celery import Celery
from celery.exceptions import SoftTimeLimitExceeded

REDIS = os.environ["CLOCK_REDIS"]
app = Celery("clock", broker=f"redis+socket://{REDIS}?virtual_host=0", backend=f"redis+socket://{REDIS}?virtual_host=1")
app.conf.update(worker_prefetch_multiplier=1, broker_connection_retry_on_startup=True)


class Failed(Exception):
    pass


def moment():
    """Return the time, virtual and real: the clock never moves CLOCK_MONOTONIC_RAW, which all processes share."""
    return [time.time(), time.clock_gettime(time.CLOCK_MONOTONIC_RAW)]


def since(start):
    """Return how long ago a moment was, in virtual and in real seconds."""
    return [now - then for now, then in zip(moment(), start)]


def note():
    """Append the time: an attempt has started."""
    with open(os.environ["CLOCK_NOTES"], "a") as notes:
        notes.write(json.dumps(moment()) + "\n")


@app.task
def echo(value):
    return value


@app.task
def now():
    return moment()


@app.task
def nap(seconds):
    start = moment()
    time.sleep(seconds)
    return since(start)


@app.task(
    bind=True, autoretry_for=(Failed,), retry_backoff=1, retry_backoff_max=100_000, retry_jitter=False, max_retries=30
)
def ladder(self, failures, factor=1):
    note()
    if self.request.retries < failures:
        self.retry_backoff = factor
        raise Failed
    return self.request.retries


@app.task(bind=True, autoretry_for=(Failed,), retry_backoff=2, retry_jitter=False, max_retries=3)
def short_ladder(self):
    note()
    if self.request.retries < 3:
        raise Failed


@app.task(soft_time_limit=3, time_limit=50)
def softly_limited():
    start = moment()
    try:
        time.sleep(60)
    except SoftTimeLimitExceeded:
        return since(start)


@app.task(time_limit=5)
def hard_limited():
    time.sleep(60)


@app.task
def fetch(url, timeout):
    import requests

    try:
        return requests.get(url, timeout=timeout).status_code
    except requests.RequestException as error:
        return type(error).__name__


@app.task
def run_child(milliseconds, timeout):
    source = f"import time\nwhile time.thread_time() < {milliseconds / 1000}: pass"
    try:
        return subprocess.run([sys.executable, "-S", "-c", source], timeout=timeout).returncode
    except subprocess.TimeoutExpired:
        return "TimeoutExpired"
