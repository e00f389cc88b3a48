"""How much too long a kind of wait sleeps in virtual time: what the mechanism owes, not what the machine's load adds.

A jump leads to the deadline itself, and who waits for it is woken at once, by a futex or a FIFO. So from the deadline
on a thread is late by the way to a CPU only. The kernel counts how long it stood in line for one (the second number of
schedstat), busy machine or not: that is taken off, and what is left is sleep beyond the deadline, plus some 0.05 ms in
which the wait itself runs. The loop may in turn lose its CPU between a jump and the waking, a matter of some
microseconds: this is why the median of 15 waits is judged. An eighth of a slice (0.25 ms) parts a wait that is woken
from one that looks again every slice, which oversleeps by most of it, as the jump comes early in its first slice.
"""

import asyncio
import ctypes
import glob
import os
import select
import signal
import socket
import statistics
import struct
import threading
import time

from cases.registry import case

ASKED_S = 1
SLICE_MS = 2  # interposer.h
WOKEN_MS = SLICE_MS / 8
SLICED_MS = SLICE_MS + WOKEN_MS  # a wait that nothing outside can end (sliced_waits.c)
C = ctypes.CDLL(None, use_errno=True)  # the interposer's functions come first, for it is preloaded


def in_line_ns():
    """How long the threads of this process have waited for a CPU so far."""
    total = 0
    for path in glob.glob("/proc/self/task/*/schedstat"):
        with open(path) as file:
            total += int(file.read().split()[1])
    return total


def excess_ns(wait):
    """By how much it took too long, and how much of that its threads stood in line for a CPU (or a bit more)."""
    before, start = in_line_ns(), time.monotonic_ns()
    wait()
    end, after = time.monotonic_ns(), in_line_ns()
    return end - start - ASKED_S * 1_000_000_000, after - before


def late(most_ms=WOKEN_MS):
    """Register what prepares a wait of one second; the function that it returns waits."""

    def register(prepare):
        def run():
            wait = prepare()
            wait()  # the first one makes slot, FIFO and threads
            waits = [excess_ns(wait) for _ in range(15)]
            earliest, overslept = min(waits)[0], statistics.median(excess - in_line for excess, in_line in waits)
            return {"earliest_ms": earliest / 1e6, "overslept_ms": overslept / 1e6}

        run.__name__ = f"lateness_of_{prepare.__name__.rstrip('_')}"
        case(result=lambda found: found["earliest_ms"] >= 0 and found["overslept_ms"] < most_ms)(run)

    return register


def until(clock):
    now = time.clock_gettime_ns(clock) + ASKED_S * 1_000_000_000
    return ctypes.byref((ctypes.c_long * 2)(now // 1_000_000_000, now % 1_000_000_000))


@late()
def sleep():
    return lambda: time.sleep(ASKED_S)


@late()
def semaphore():
    lock = threading.Lock()
    lock.acquire()
    return lambda: lock.acquire(timeout=ASKED_S)


@late()
def event():
    return lambda: threading.Event().wait(ASKED_S)


@late()
def untimed_wait_ended_by_a_sleeper():
    asked, ended = threading.Lock(), threading.Lock()

    def sleep_when_asked():
        while True:
            asked.acquire()
            time.sleep(ASKED_S)
            ended.release()

    def wait():
        asked.release()
        ended.acquire()

    asked.acquire()
    ended.acquire()
    threading.Thread(target=sleep_when_asked, daemon=True).start()
    return wait


@late()
def select_():
    reader, _writer = os.pipe()
    return lambda: select.select([reader], [], [], ASKED_S)


@late()
def poll():
    waited = select.poll()
    waited.register(os.pipe()[0])
    return lambda: waited.poll(ASKED_S * 1000)


@late()
def epoll():
    waited = select.epoll()
    waited.register(os.pipe()[0], select.EPOLLIN)
    return lambda: waited.poll(ASKED_S)


@late(WOKEN_MS + 1)  # time-outs are rounded up to whole milliseconds there (selectors.py)
def asyncio_sleep():
    loop = asyncio.new_event_loop()
    return lambda: loop.run_until_complete(asyncio.sleep(ASKED_S))


@late()
def socket_timeout_of_the_kernel():
    left, right = socket.socketpair()
    left.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", ASKED_S, 0))

    def wait():
        try:
            left.recv(1)
        except BlockingIOError:
            return right.fileno()  # and keeps it open

    return wait


@late()
def sigtimedwait():
    return lambda: signal.sigtimedwait([signal.SIGUSR2], ASKED_S)


@late()
def interval_timer():  # sent by the autojump loop
    signal.signal(signal.SIGALRM, lambda *_: None)

    def wait():
        signal.setitimer(signal.ITIMER_REAL, ASKED_S)
        signal.pause()

    return wait


@late()
def timer_descriptor():
    timer = C.timerfd_create(time.CLOCK_MONOTONIC, 0)

    def wait():
        C.timerfd_settime(timer, 0, ctypes.byref((ctypes.c_long * 4)(0, 0, ASKED_S, 0)), None)
        os.read(timer, 8)

    return wait


@late()
def condition():
    mutex, waited = (ctypes.c_long * 8)(), (ctypes.c_long * 8)()
    C.pthread_mutex_lock(mutex)
    return lambda: C.pthread_cond_timedwait(waited, mutex, until(time.CLOCK_REALTIME))


@late(SLICED_MS)
def mutex():
    locked = (ctypes.c_long * 8)()
    threading.Thread(target=C.pthread_mutex_lock, args=(locked,)).start()
    return lambda: C.pthread_mutex_timedlock(locked, until(time.CLOCK_REALTIME))


@late(SLICED_MS)
def system_v_semaphore():
    identifier = C.semget(0, 1, 0o600)
    take = ctypes.byref((ctypes.c_short * 3)(0, -1, 0))

    def wait():
        C.semtimedop(identifier, take, 1, ctypes.byref((ctypes.c_long * 2)(ASKED_S, 0)))

    return wait
