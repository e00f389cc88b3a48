"""Programs that bring their own event loop: gevent, eventlet, uvloop."""

import importlib.util
import os
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


# Of a server outside, over a connection that is kept: headers at once, the body after 0.3 s.
ASK_TWICE = """
def ask_twice(connection):
    for _ in range(2):
        connection.sendall(b"GET /parts HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
        answer = b""
        while not answer.endswith(b"end"): answer += connection.recv(1000)
import socket
ask_twice(socket.create_connection(("127.0.0.1", {port}), 5))
print("answered")
"""
ASK_TWICE_OF_STREAMS = """
import asyncio
async def ask_twice():
    reader, writer = await asyncio.open_connection("127.0.0.1", {port})
    for _ in range(2):
        writer.write(b"GET /parts HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
        await asyncio.wait_for(reader.readuntil(b"end"), 5)
asyncio.run(ask_twice())
print("answered")
"""


def ask_outside(library, start, source):
    if importlib.util.find_spec(library) is None:
        return "not installed"
    source = start + source.format(port=os.environ["CLOCK_OUTSIDE_PORT"])
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", source], capture_output=True, text=True, check=False)
    return done.stdout.strip() or done.stderr


def is_answered(result):
    return result in {"answered", "not installed"}


@case(result=is_answered)
def gevent_answer_in_two_parts():
    return ask_outside("gevent", "from gevent import monkey; monkey.patch_all()", ASK_TWICE)


@case(result=is_answered)
def eventlet_answer_in_two_parts():
    return ask_outside("eventlet", "import eventlet; eventlet.monkey_patch()", ASK_TWICE)


@case(result=is_answered)
def uvloop_answer_in_two_parts():
    return ask_outside("uvloop", "import uvloop; uvloop.install()", ASK_TWICE_OF_STREAMS)
