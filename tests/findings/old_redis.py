"""Workers that do not start on Redis 6.0 since kombu 5.7, shown with Celery and a Redis alone: no harness, no pytest.

    python tests/findings/old_redis.py redis://localhost:6379/0

As soon as a worker has connected, `QoS.restore_visible` (kombu/transport/redis.py) looks for messages whose visibility
time-out is over. kombu 5.4 and 5.5 ask by ZREVRANGEBYSCORE; kombu 5.7.0 asks by ZRANGE ... BYSCORE, which Redis knows
since 6.2: "value is not an integer or out of range", and the worker gives up ("Unrecoverable error") with exit code 0.

Prints the versions and what the worker said; ends with 1 if it did not start.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

from redis import Redis

URL = sys.argv[1] if len(sys.argv) > 1 else "redis://localhost:6379/0"
PATIENCE_S = 20.0


def said() -> str:
    """Start a plain worker; return what it printed until it ended, or until it had had time enough."""
    command = [sys.executable, "-m", "celery", "-b", URL, "worker", "-P", "solo", "-l", "INFO", "--without-mingle"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as worker:
        try:
            printed, _ = worker.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            worker.kill()
            printed, _ = worker.communicate()
    return printed


def main() -> int:
    """Start one, and say what came of it."""
    redis = Redis.from_url(URL).info("server")["redis_version"]
    print(f"Celery {version('celery')}, kombu {version('kombu')}, redis-py {version('redis')}, Redis {redis}")
    printed = said()
    is_up = " ready." in printed
    error = next((line for line in printed.splitlines() if "ResponseError: " in line), "no error")
    print(f"the worker {'starts' if is_up else 'does not start'}: {error}")
    return 0 if is_up else 1


if __name__ == "__main__":
    sys.exit(main())
