"""Many threads, slots that come back whatever dies, and what happens when there are no more."""

import os
import resource
import select
import signal
import threading
import time

from cases.registry import Skew, case, page


def join_all(threads):
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def count_in_use():
    return len(list(page().slots()))


@case(60)
def threads_300():
    join_all([threading.Thread(target=time.sleep, args=(i / 5,)) for i in range(301)])


@case(result=lambda grown: grown < 100)
def slots_used_again_by_3000_threads():
    before = page().read("slots_used")
    for _ in range(3000):
        join_all([threading.Thread(target=time.sleep, args=(0.01,))])
    return page().read("slots_used") - before


@case(result=lambda result: result[0] < 100 and result[1] == 0)
def slots_of_killed_processes():
    before = page().read("slots_used")
    for _ in range(150):
        pid = os.fork()
        if not pid:
            threading.Thread(target=time.sleep, args=(1e6,)).start()
            time.sleep(1e6)
        while sum(slot.pid == pid for slot in page().slots()) < 2:
            time.sleep(0.001)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return [page().read("slots_used") - before, page().read("overflow")]


@case(result=lambda result: result[0] < 0.02 and result[1] == 4096 and result[2] > 0 and result[3] == 0)
def out_of_slots_means_real_time():
    threading.stack_size(65536)
    stop = threading.Event()
    threads = [threading.Thread(target=stop.wait, args=(1000,), daemon=True) for _ in range(4300)]
    for thread in threads:
        thread.start()
    with Skew() as skew:
        time.sleep(0.5)
    in_use, beyond = count_in_use(), page().read("overflow")
    stop.set()
    for thread in threads:
        thread.join()
    return [skew.seconds, in_use, beyond, page().read("overflow")]


def spin(count):
    total = 0
    for i in range(count):
        total += i * i


@case(2)
def contention_for_the_interpreter_while_sleeping():
    threads = [threading.Thread(target=spin, args=(500_000,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(2)
    for thread in threads:
        thread.join()


@case(result=lambda switches: switches < 3000)
def context_switches_of_two_busy_threads():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw
    join_all([threading.Thread(target=spin, args=(6_000_000,)) for _ in range(2)])
    return resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw - before


def poll_for(milliseconds):
    poll = select.poll()
    poll.register(os.pipe()[0])
    poll.poll(milliseconds)


@case(100)
def close_everything_then_wait():  # daemons close all descriptors: our FIFO must survive
    poll_for(10000)
    os.closerange(3, 4096)
    poll_for(90000)
