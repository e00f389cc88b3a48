"""Signals end waits with the right time left; interval timers send them in virtual time."""

import os
import select
import signal
import threading
import time

from cases.registry import case, name_of_exception
from cases.waiting import later


class Stop(Exception):
    pass


def raise_stop(*_arguments):
    raise Stop


def signal_after(seconds, handler):
    signal.signal(signal.SIGUSR1, handler)
    later(seconds, os.kill, os.getpid(), signal.SIGUSR1)


@case(3, result="Stop")
def signal_raises_in_sleep():
    signal_after(3, raise_stop)
    return name_of_exception(time.sleep, 60)


@case(60, result=1)
def signal_handled_and_the_sleep_goes_on():
    handled = []
    signal_after(3, lambda *_arguments: handled.append(1))
    time.sleep(60)
    return len(handled)


@case(3, result="Stop")
def signal_raises_in_event_wait():
    signal_after(3, raise_stop)
    return name_of_exception(threading.Event().wait, 60)


@case(3, result="Stop")
def signal_raises_in_select():
    signal_after(3, raise_stop)
    return name_of_exception(select.select, [os.pipe()[0]], [], [], 60)


@case(4)
def setitimer_ends_pause():
    signal.signal(signal.SIGALRM, lambda *_arguments: None)
    signal.setitimer(signal.ITIMER_REAL, 4)
    signal.pause()


@case(50, result=10)
def setitimer_interval():
    rings = []
    signal.signal(signal.SIGALRM, lambda *_arguments: rings.append(1))
    signal.setitimer(signal.ITIMER_REAL, 5, 5)
    while len(rings) < 10:
        signal.pause()
    signal.setitimer(signal.ITIMER_REAL, 0)
    return len(rings)


@case(10, result=["Stop", 20])
def alarm_in_sleep():
    signal.signal(signal.SIGALRM, raise_stop)
    signal.alarm(10)
    raised = name_of_exception(time.sleep, 100)
    signal.alarm(20)
    return [raised, signal.alarm(0)]


@case(6, result=None, most_wakeups=2)
def sigtimedwait_without_a_signal():
    return signal.sigtimedwait([signal.SIGUSR1], 6)


@case(3, result=signal.SIGUSR1)
def sigtimedwait_with_a_blocked_signal():
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    later(3, os.kill, os.getpid(), signal.SIGUSR1)
    return signal.sigtimedwait([signal.SIGUSR1], 60).si_signo


@case(3, result="Stop")
def sigtimedwait_interrupted_by_another_signal():
    signal_after(3, raise_stop)
    return name_of_exception(signal.sigtimedwait, [signal.SIGUSR2], 60)
