"""Births, deaths and work of processes: none may be jumped over."""

import os
import select
import signal
import subprocess
import sys
import threading
import time

from cases.registry import Skew, case

BURN = "import time\nwhile time.thread_time() < .1: pass"


def count_timeouts(times, command, **options):
    bad = 0
    for _ in range(times):
        try:
            subprocess.run(command, timeout=5, check=True, **options)
        except subprocess.TimeoutExpired:
            bad += 1
    return bad


@case(result=0)
def child_works_100_ms_with_a_timeout_of_5_s():
    return count_timeouts(30, [sys.executable, "-S", "-c", BURN])


@case(result=0)
def forked_child_is_seen_before_any_jump():
    bad = 0
    for _ in range(100):
        start = time.monotonic()
        pid = os.fork()
        if not pid:
            while time.thread_time() < 0.01:
                pass
            os._exit(0)
        timer = threading.Timer(5, os.kill, (pid, signal.SIGKILL))
        timer.start()
        bad += os.waitpid(pid, 0)[1] != 0 or time.monotonic() - start > 4
        timer.cancel()
    return bad


@case(result=0)
def unclocked_child_means_real_time():  # environment cleared
    return count_timeouts(5, ["/bin/sleep", "0.3"], env={})


@case(result=0)
def child_that_leaves_the_clock_by_exec_means_real_time():  # fork (registered), then exec of an unclocked image
    return count_timeouts(3, ["/bin/sleep", "0.3"], env={}, preexec_fn=lambda: None)


@case(result=0)
def shell_that_execs_an_unclocked_image_means_real_time():
    return count_timeouts(3, ["/bin/sh", "-c", "unset LD_PRELOAD; exec /bin/sleep 0.3"])


@case(result=lambda skew: skew < 0.05)
def orphan_of_an_unclocked_process_means_real_time():
    ended, end = os.pipe()
    with Skew() as skew:
        command = ["/bin/sh", "-c", "/bin/sleep 1 & /bin/sleep .2"]
        subprocess.run(command, env={}, pass_fds=[end], check=True)
        os.close(end)
        while not select.select([ended], [], [], 0.1)[0]:
            pass
    return skew.seconds


@case(1000)
def zombie_does_not_block():  # a child that nobody reaps
    if not os.fork():
        os._exit(0)
    time.sleep(1000)


@case(1001)
def child_killed_in_its_wait_does_not_block():  # nor does this one, which nobody reaps either
    child = subprocess.Popen(["sleep", "60"])
    time.sleep(1)
    child.kill()
    time.sleep(1000)


@case(result=lambda skew: skew < 0.05)
def stopped_process_freezes_time():  # a debugger, say
    process = subprocess.Popen(["sleep", "1000"])
    os.kill(process.pid, signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED)
    with Skew() as skew:
        time.sleep(0.5)
    process.kill()
    process.wait()
    return skew.seconds
