"""What Python cannot reach: asked of the C program native.c, one case a line."""

import errno
import os
import subprocess

from cases.registry import case


def native(name, virtual_s, answer, most_late_s=0.1):
    def run():
        done = subprocess.run([os.environ["CLOCK_NATIVE"], name], capture_output=True, text=True, check=False)
        seconds, _, rest = done.stdout.strip().partition(" ")
        return (
            [abs(float(seconds) - virtual_s) < most_late_s, rest, seconds]
            if seconds
            else [False, done.stderr, done.returncode]
        )

    run.__name__ = f"c_{name}"
    expected = answer if callable(answer) else lambda text: text == answer
    case(virtual_s, result=lambda result: result[0] and expected(result[1]))(run)


def near(low, high, start=""):
    return lambda text: text.startswith(start) and low <= float(text.rsplit("=", 1)[1]) <= high


timed_out, busy = f"r={errno.ETIMEDOUT}", f"trylock={errno.EBUSY}"
native("condition_times_out_realtime", 30, f"{timed_out} {busy}")
native("condition_times_out_monotonic", 30, f"{timed_out} {busy}")
native("condition_signalled_realtime", 2, "r=0 flag=1")
native("condition_signalled_monotonic", 2, "r=0 flag=1")
native("condition_broadcast_to_50", 2, "bad=0")
native("condition_clockwait", 30, timed_out)
native("condition_waits_of_15_ms", 5.045, "waited", 5)
native("condition_shared_times_out", 30, timed_out)
native("condition_shared_signalled", 2, "r=0 flag=1")
native("semaphore_times_out", 30, f"r=-1 e={errno.ETIMEDOUT}")
native("semaphore_posted", 2, "r=0 value=0")
native("semaphore_shared_posted", 2, "r=0 value=0")
native("semaphore_shared_at_two_addresses", 2, "r=0 value=0")
native("nanosleep_remaining", 3, near(6.9, 7.01, f"r=-1 e={errno.EINTR}"))
native("sleep_remaining", 3, "r=7")
native("clock_nanosleep_remaining", 3, near(6.9, 7.01, f"r={errno.EINTR}"))
native("clock_nanosleep_absolute", 12, "r=0")
native("select_remaining", 30, "r=0 left=0 set=0")
native("mutex_times_out", 9, timed_out)
native("mutex_released", 2, "r=0")
native("rwlock_read_times_out", 9, timed_out)
native("rwlock_write_times_out", 9, timed_out)
native("message_queue_times_out", 9, f"r=-1 e={errno.ETIMEDOUT}")
native("system_v_semaphore_times_out", 9, f"r=-1 e={errno.EAGAIN}")
native("join_times_out", 9, timed_out)
native("join_times_out_monotonic", 9, timed_out)
native("c11_sleep", 9, "r=0")
native("c11_mutex_times_out", 9, "timedout=1")
native("c11_condition_times_out", 30, "timedout=1 flag=0")
native("c11_condition_signalled", 2, "timedout=0 flag=1")
native("c11_condition_broadcast", 2, "timedout=0 flag=1")
native("timerfd_read", 11, "n=1")
native("timerfd_read_absolute_realtime", 11, "n=1")
native("timerfd_poll", 11, "r=1 n=1")
native("timerfd_poll_before_it_is_due", 5, "r=0")
native("timerfd_epoll", 11, "r=1 n=1")
native("timerfd_epoll_edge_triggered", 22, "r=1 r=1 n=2")
native("timerfd_select", 11, "r=1 n=1")
native("timerfd_interval_read_10_times", 50, "n=10")
native("timerfd_interval_unread_for_50_s", 50, "n=10")
native("timerfd_disarmed", 30, f"r=-1 e={errno.EAGAIN}")
native("timerfd_armed_by_another_thread", 6, "r=1 n=1")
native("timerfd_gettime", 4, near(5.9, 6.01))
native("timerfd_dup", 11, "n=1")
native("ualarm_ends_pause", 0.9, "rang")
native("timer_signal", 8, "signal=10 code=-2 value=42")
native("timer_signal_interval", 40, "count=5")
native("timer_absolute", 8, "signal=10 code=-2 value=42")
native("timer_thread", 8, "value=42 main=0")
native("timer_thread_interval", 40, "count=5")
native("timer_to_one_thread", 8, "same=1")
native("timer_gettime", 3, near(4.9, 5.01))
native("timer_deleted", 20, "count=0")
native("timer_not_inherited_by_fork", 20, "child=0")
native("handler_waits_in_a_sleep", 28, "interrupted=1 took=5.00")
native("handler_waits_in_a_condition", 30, f"{timed_out} took=5.00")
native("handler_waits_in_a_lock", 30, f"{timed_out} took=5.00")
native("handler_leaves_a_sleep", 23, "left=1")
native("handler_forks_in_a_sleep", 23, "forked=1")
native("handler_forks_in_a_condition", 30, timed_out)
native("timerfd_made_after_fork", 11, "child=11")
native("gettimeofday_of_nothing", 20, "r=0")
native("system_v_semaphore_without_waiting", 20, f"r=-1 e={errno.EAGAIN} at_once=1")
native("asynchronous_read_times_out", 9, f"r=-1 e={errno.EAGAIN}")
native("sleep_is_cancelled", 3, "cancelled=1")
native("poll_outside_is_cancelled", 20.1, "cancelled=1")
