"""Plain Celery: a worker with a thread pool and no message to spare takes its next one up to ten seconds late.

    python tests/findings/slow_threads.py

Starts a Redis and one worker (two threads, nothing prefetched beyond them), sends twenty tasks of 0.1 s, and prints how
long they took; 1 s is what two threads need. A thread that is through with a task leaves the acknowledgement to the
worker's main loop and does not wake it (kombu/asynchronous/hub.py, `call_soon`), so that loop goes on when a message
comes that it has asked for, or its next timer is due, which is within ten seconds. Celery 5.4.0 with kombu 5.4.2: 8.9
s; 5.5.3 with 5.5.4: 5.3 s. With kombu 5.7.0, whose hub can be woken, Celery 5.6.0 and 5.7.0: 1.1 s.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

APP = """
import os, time
from celery import Celery
app = Celery("slow", broker=os.environ["SLOW_REDIS"] + "/0", backend=os.environ["SLOW_REDIS"] + "/1")

@app.task
def rest():
    time.sleep(0.1)
"""
CLIENT = """
import time
from slow import app, rest
while not app.control.ping(timeout=0.5):
    pass
began = time.monotonic()
for result in [rest.delay() for _ in range(20)]:
    result.get(timeout=300)
print(f"20 tasks of 0.1 s took {time.monotonic() - began:.1f} s")
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
        free.close()
        Path(folder, "slow.py").write_text(APP)
        environment = os.environ | {"SLOW_REDIS": f"redis://127.0.0.1:{port}"}
        redis = subprocess.Popen(["redis-server", "--port", port, "--save", "", "--logfile", os.devnull], cwd=folder)
        options = ("--pool", "threads", "--concurrency", "2", "--prefetch-multiplier", "1", "--loglevel", "ERROR")
        worker = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "slow", "worker", *options], cwd=folder, env=environment
        )
        try:
            time.sleep(1)
            subprocess.run([sys.executable, "-c", CLIENT], cwd=folder, env=environment, check=True)
        finally:
            for process in (worker, redis):
                process.kill()
                process.wait()


if __name__ == "__main__":
    main()
