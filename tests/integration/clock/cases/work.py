"""Programs that bring their own event loop: gevent, eventlet."""

import importlib.util
import subprocess
import sys

from cases.registry import case, name_of_exception

SLEEP_AND_TIMEOUT = {
    "gevent": "from gevent import monkey; monkey.patch_all(); import gevent, time\n"
    "start = time.monotonic(); jobs = [gevent.spawn(time.sleep, i) for i in range(31)]; gevent.joinall(jobs)\n"
    "slept = time.monotonic() - start\n"
    "try:\n    with gevent.Timeout(5): time.sleep(100)\n"
    "except gevent.Timeout: pass\n"
    "print(slept, time.monotonic() - start)",
    "eventlet": "import eventlet; eventlet.monkey_patch(); import time\n"
    "start = time.monotonic(); pool = eventlet.GreenPool()\n"
    "[pool.spawn(time.sleep, i) for i in range(31)]; pool.waitall()\n"
    "slept = time.monotonic() - start\n"
    "try:\n    with eventlet.Timeout(5): time.sleep(100)\n"
    "except eventlet.Timeout: pass\n"
    "print(slept, time.monotonic() - start)",
}


def run_green(library):
    if importlib.util.find_spec(library) is None:
        return "not installed"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SLEEP_AND_TIMEOUT[library]], capture_output=True, text=True, check=False
    )
    return name_of_exception(lambda: [round(float(word), 1) for word in done.stdout.split()]) or done.stderr


def is_right(result):
    return result == "not installed" or (30 <= result[0] < 31 and 35 <= result[1] < 36.5)


@case(result=is_right)
def gevent_sleeps_and_timeouts():
    return run_green("gevent")


@case(result=is_right)
def eventlet_sleeps_and_timeouts():
    return run_green("eventlet")
