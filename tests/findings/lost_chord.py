"""A chord that Celery 5.7 loses without a word, shown with Celery and a Redis alone: no harness, no pytest.

    cd tests/findings && python lost_chord.py redis://localhost:6379/0

The pool's process of a member is killed once, after the member's result is stored and before its chord has counted it.
The task acknowledges late, with reject_on_worker_lost: documentation, Tasks: "the task will execute again by the same
worker, or another worker". Before 5.7 it does, and the body runs. From 5.7 on the worker finds SUCCESS stored,
acknowledges (celery/worker/request.py, `on_failure`), and the body never runs: no errback, no failure.

It waits for some seconds in which nothing happens, so it is no test: that is tests/proofs/test_faults.py.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import celery
from celery import Celery, chord
from celery.backends.redis import RedisBackend
from redis import Redis

URL = os.environ.get("PLAIN_URL") or (sys.argv[1] if len(sys.argv) > 1 else "redis://localhost:6379/0")
KILLED = "lost_chord:killed"
PATIENCE_S = 20.0


class Backend(RedisBackend):
    """A power cut at the worst moment, once."""

    def on_chord_part_return(self, *args: Any, **kwargs: Any) -> Any:
        if self.client.set(KILLED, "yes", nx=True):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().on_chord_part_return(*args, **kwargs)


app = Celery("lost_chord", broker=URL, backend=f"lost_chord:Backend+{URL}")


@app.task(name="member", acks_late=True, reject_on_worker_lost=True)
def member(place: int) -> int:
    print(f"member {place} runs", flush=True)
    return place


@app.task(name="body")
def body(results: list[int]) -> list[int]:
    print(f"body runs with {results}", flush=True)
    return results


@app.task(name="errback")
def errback(task_id: str) -> None:
    print(f"errback runs for {task_id}", flush=True)


def main() -> None:
    print(f"Celery {celery.__version__}")
    Redis.from_url(URL).delete(KILLED)
    environment = os.environ | {"PLAIN_URL": URL, "PYTHONPATH": str(Path(__file__).parent)}
    command = [sys.executable, "-m", "celery", "-A", "lost_chord:app", "worker", "-c", "2", "-l", "WARNING"]
    worker = subprocess.Popen([*command, "--without-mingle", "--without-gossip"], env=environment)
    try:
        result = chord([member.s(0), member.s(1)], body.s().on_error(errback.s())).apply_async()
        deadline = time.monotonic() + PATIENCE_S
        while not result.ready() and time.monotonic() < deadline:
            time.sleep(0.1)
        print(f"members: {[one.state for one in result.parent.results]}, body: {result.state}")
    finally:
        worker.terminate()
        worker.wait()


if __name__ == "__main__":
    main()
