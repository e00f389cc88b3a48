"""Waits past the C library's functions, through its syscall(): asked of the C program native.c (native_raw.h)."""

import errno
import os
import platform
import subprocess

from cases.registry import case, page


def run_native(name):
    """Run one of its cases; give its words, and what its process has pinned the clock for."""
    process = subprocess.Popen([os.environ["CLOCK_NATIVE"], name], stdout=subprocess.PIPE, text=True)
    out, _ = process.communicate()
    seconds, _, rest = out.strip().partition(" ")
    pins = [total.peer for total in page().pin_totals() if total.pid == process.pid]
    return float(seconds or -1), rest, pins


def pinned(name, peer, answer, seconds=0.3):
    """It lasts as long in virtual time as in real time, and the clock can say why."""

    def run():
        return run_native(name)

    def is_right(result):
        _, rest, pins = result
        words = dict(word.split("=") for word in rest.split())
        was_waited = float(words["waited"]) > seconds - 0.005 and abs(float(words["ahead"])) < 0.02
        return was_waited and f"r={words['r']} e={words['e']}" == answer and peer in pins

    run.__name__ = name
    case(result=is_right)(run)


def unpinned(name, virtual_s, answer):
    """It takes the virtual time it asks for, and is jumped over: it pins nothing, however shortly."""

    def run():
        before = page().read("pinned_waits")
        _, rest, _ = run_native(name)
        return [rest, page().read("pinned_waits") - before]

    run.__name__ = name
    case(virtual_s, result=[answer, 0])(run)


TIMED_OUT, AGAIN = f"r=-1 e={errno.ETIMEDOUT}", f"r=-1 e={errno.EAGAIN}"
pinned("raw_futex_wait_of_1_s", "a raw futex wait", TIMED_OUT, 1)
pinned("raw_futex_wait_bitset", "a raw futex wait", TIMED_OUT)
pinned("raw_futex_wait_bitset_realtime", "a raw futex wait", TIMED_OUT)
pinned("raw_futex_lock_pi", "a raw futex wait", TIMED_OUT)
pinned("raw_futex_lock_pi2", "a raw futex wait", TIMED_OUT)
pinned("raw_futex_wait_requeue_pi", "a raw futex wait", TIMED_OUT)
pinned("raw_futex_waitv", "a raw futex wait", TIMED_OUT)
pinned("raw_nanosleep", "a raw sleep", "r=0 e=0")
pinned("raw_clock_nanosleep", "a raw sleep", "r=0 e=0")
pinned("raw_clock_nanosleep_absolute", "a raw sleep", "r=0 e=0")
pinned("raw_ppoll", "a raw poll", "r=0 e=0")
pinned("raw_pselect6", "a raw select", "r=0 e=0")
pinned("raw_epoll_pwait", "a raw epoll wait", "r=0 e=0")
pinned("raw_epoll_pwait2", "a raw epoll wait", "r=0 e=0")
pinned("raw_rt_sigtimedwait", "a raw wait for a signal", AGAIN)
pinned("raw_semtimedop", "a raw wait for a System V semaphore", AGAIN)
pinned("raw_mq_timedreceive", "a raw wait for a message queue", TIMED_OUT)
pinned("raw_mq_timedsend", "a raw wait for a message queue", TIMED_OUT)
pinned("raw_io_getevents", "a raw wait for asynchronous I/O", "r=0 e=0")
if platform.machine() == "x86_64":  # newer architectures never had them
    pinned("raw_poll", "a raw poll", "r=0 e=0")
    pinned("raw_select", "a raw select", "r=0 e=0")
    pinned("raw_epoll_wait", "a raw epoll wait", "r=0 e=0")
pinned("select_of_2000", "a select of more descriptors than FD_SETSIZE", "r=0 e=0")

unpinned("raw_futex_without_timeout", 20, "word=1")
unpinned("raw_zero_timeouts", 20, "zero")
unpinned("raw_clock_is_shifted", 20, "same=1")
unpinned("raw_timerfd", 11, "n=1")
unpinned("raw_alarm", 3, "rang")
unpinned("raw_io_uring", 20, f"r=-1 e={errno.ENOSYS}")


def real(name):
    """It takes 0.3 s, and time does not jump meanwhile: the clock knows nothing of what is waited for."""

    def run():
        return dict(word.split("=") for word in run_native(name)[1].split())

    run.__name__ = name
    case(result=lambda words: float(words["waited"]) > 0.295 and abs(float(words["ahead"])) < 0.02)(run)


real("direct_sleep")
real("execveat_of_an_unclocked_image")
unpinned("raw_close_of_everything", 60, "sent=8 got=8 closed=0")


@case(result=lambda result: result[0] > 20.295 and result[1] == f"r=-1 e={errno.EINTR}")
def raw_wait_interrupted():
    return run_native("raw_wait_interrupted")


@case(result=lambda result: result[0] >= 20 and result[1] == f"e={errno.EINVAL},{errno.EBADF},77")
def raw_errors():
    return run_native("raw_errors")
