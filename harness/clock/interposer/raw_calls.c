/* raw_calls.c - system calls made through libc's syscall(): Rust's parking, libstdc++'s atomic waits, abseil, event loops.
 *
 * A raw wait with a time-out cannot be ended by a jump, so it pins the clock while it lasts: time is real, and the pin
 * names it. Deadlines of such calls were computed from virtual time and are handed to the kernel in real time.
 *
 * There is no io_uring here, as in most containers: time-outs in a ring cannot be read, sockets go into epoll sets unseen.
 * libuv and the like then use what they have always used.
 *
 * What reads or sets a time and has a wrapper is handed to it; a raw timer without one means real time for good. Every
 * other call goes straight to the kernel, from a function without a frame: syscall(SYS_clone) returns twice from it. */
#include "interposer.h"
#include <linux/futex.h>
#include <sys/time.h>
#include <sys/timerfd.h>

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#ifndef SYS_futex_wait
#define SYS_futex_wait 455
#endif
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif
#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#endif
#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif

/* `name` NULL = does not wait, or not for a time. `bound` is the number of the argument that points to the time. */
struct raw_wait { const char *name; int bound, is_absolute; };
static const struct raw_wait no_wait;

/* args[0] is the call's number, args[1..6] are its arguments. */
static struct raw_wait wait_of_futex(const long *args) {
    static const struct raw_wait relative = {"a raw futex wait", 4, 0}, absolute = {"a raw futex wait", 4, 1};
    switch (args[2] & FUTEX_CMD_MASK) {
    case FUTEX_WAIT: return relative;
    case FUTEX_WAIT_BITSET: case FUTEX_WAIT_REQUEUE_PI: case FUTEX_LOCK_PI: case FUTEX_LOCK_PI2: return absolute;
    default: return no_wait; /* wakes nobody by time: `timeout` is a number or unused */
    }
}
static struct raw_wait wait_of(const long *args) {
    switch (args[0]) {
    case SYS_futex: return wait_of_futex(args);
    case SYS_futex_waitv: return (struct raw_wait){"a raw futex wait", 4, 1};
    case SYS_futex_wait: return (struct raw_wait){"a raw futex wait", 5, 1};
    case SYS_nanosleep: return (struct raw_wait){"a raw sleep", 1, 0};
    case SYS_clock_nanosleep: return (struct raw_wait){"a raw sleep", 3, args[2] & TIMER_ABSTIME && is_shifted(args[1])};
    case SYS_ppoll: return (struct raw_wait){"a raw poll", 3, 0};
    case SYS_pselect6: return (struct raw_wait){"a raw select", 5, 0};
    case SYS_epoll_pwait2: return (struct raw_wait){"a raw epoll wait", 4, 0};
    case SYS_rt_sigtimedwait: return (struct raw_wait){"a raw wait for a signal", 3, 0};
    case SYS_semtimedop: return (struct raw_wait){"a raw wait for a System V semaphore", 4, 0};
    case SYS_mq_timedsend: case SYS_mq_timedreceive: return (struct raw_wait){"a raw wait for a message queue", 5, 1};
    case SYS_recvmmsg: return (struct raw_wait){"a raw receive", 5, 0};
    case SYS_io_getevents: case SYS_io_pgetevents: return (struct raw_wait){"a raw wait for asynchronous I/O", 5, 0};
    default: return no_wait;
    }
}
/* The old calls, which say how long in another way than by a timespec: their name, if they wait for a time. */
static const char *wait_by_number(const long *args) {
    switch (args[0]) {
    case SYS_epoll_pwait: return (int)args[4] > 0 ? "a raw epoll wait" : NULL;
#ifdef SYS_epoll_wait
    case SYS_epoll_wait: return (int)args[4] > 0 ? "a raw epoll wait" : NULL;
#endif
#ifdef SYS_poll
    case SYS_poll: return (int)args[3] > 0 ? "a raw poll" : NULL;
#endif
#ifdef SYS_select
    case SYS_select: {
        const struct timeval *time = (const void *)args[5];
        return time && (time->tv_sec || time->tv_usec) ? "a raw select" : NULL;
    }
#endif
    default: return NULL;
    }
}

/* A vfork child has our memory, but it is not us: it is unclocked, so time is real already. */
static long call_pinned(const long *args, const char *name) {
    int error = errno, pin = name && raw_syscall(SYS_getpid) == own_pid ? set_pin(-1, name, 0) : NO_PIN;
    errno = error;
    long result = raw_syscall(args[0], args[1], args[2], args[3], args[4], args[5], args[6]);
    error = errno;
    end_pin(pin);
    errno = error;
    return result;
}
static int is_absent(const struct timespec *time) { return !time || is_invalid(time) || time->tv_sec < 0; }
static struct timespec in_real_time(const struct timespec *until) {
    return to_timespec(from_timespec(until) - atomic_load(&page->offset));
}
static long wait_for_time(long *args, struct raw_wait wait) {
    const struct timespec *time = (const void *)args[wait.bound];
    struct timespec until;
    if (is_absent(time) || (is_zero(time) && !wait.is_absolute)) return call_pinned(args, NULL);
    if (wait.is_absolute) {
        until = in_real_time(time);
        args[wait.bound] = (long)&until;
    }
    return call_pinned(args, wait.name);
}
static void pin_for_good(const char *name) {
    static _Atomic int pinned_by;
    if (atomic_exchange(&pinned_by, own_pid) != own_pid) set_pin(-1, name, 0);
}

static __attribute__((noinline)) long call_about_time(long number, long a, long b, long c, long d, long e, long f) {
    long args[7] = {number, a, b, c, d, e, f};
    switch (number) {
    case SYS_clock_gettime: return clock_gettime(a, (void *)b);
    case SYS_gettimeofday: return gettimeofday((void *)a, (void *)b);
    case SYS_setitimer: return setitimer(a, (void *)b, (void *)c);
    case SYS_getitimer: return getitimer(a, (void *)b);
    case SYS_timerfd_settime: return timerfd_settime(a, b, (void *)c, (void *)d);
    case SYS_timerfd_gettime: return timerfd_gettime(a, (void *)b);
#ifdef SYS_time
    case SYS_time: return time((void *)a);
#endif
#ifdef SYS_alarm
    case SYS_alarm: return alarm(a);
#endif
    case SYS_execve: return execve((void *)a, (void *)b, (void *)c); /* the new image may be unclocked */
    case SYS_execveat: return execveat(a, (void *)b, (void *)c, (void *)d, e);
    case SYS_timer_create:
        pin_for_good("a raw timer");
        return call_pinned(args, NULL);
    case SYS_io_uring_setup:
        errno = ENOSYS;
        return -1;
    }
    struct raw_wait wait = wait_of(args);
    return wait.name ? wait_for_time(args, wait) : call_pinned(args, wait_by_number(args));
}

static inline int is_about_time(long number, long d) {
    switch (number) {
    case SYS_futex: return d != 0; /* hot, and mostly without a time-out */
    case SYS_clock_gettime: case SYS_gettimeofday: case SYS_setitimer: case SYS_getitimer: case SYS_timer_create:
    case SYS_timerfd_settime: case SYS_timerfd_gettime: case SYS_execve: case SYS_execveat:
    case SYS_futex_waitv: case SYS_futex_wait: case SYS_nanosleep: case SYS_clock_nanosleep: case SYS_ppoll:
    case SYS_pselect6: case SYS_epoll_pwait: case SYS_epoll_pwait2: case SYS_rt_sigtimedwait: case SYS_semtimedop:
    case SYS_mq_timedsend: case SYS_mq_timedreceive: case SYS_recvmmsg: case SYS_io_getevents: case SYS_io_pgetevents:
    case SYS_io_uring_setup:
#ifdef SYS_poll /* the calls that newer architectures lack came all together */
    case SYS_poll: case SYS_select: case SYS_epoll_wait: case SYS_time: case SYS_alarm:
#endif
        return 1;
    default: return 0;
    }
}
static __attribute__((noinline)) long fail(long result) {
    errno = -result;
    return -1;
}
/* Not named syscall: that is declared variadic. Both ABIs pass the arguments alike, and reading more than were given is
 * what the C library does, too. */
EXPORT long syscall_in_virtual_time(long number, long a, long b, long c, long d, long e, long f) __asm__("syscall");
EXPORT long syscall_in_virtual_time(long number, long a, long b, long c, long d, long e, long f) {
    if (__builtin_expect(page && is_about_time(number, d), 0)) return call_about_time(number, a, b, c, d, e, f);
    long result = ask_kernel(number, a, b, c, d, e, f);
    return __builtin_expect(is_failure(result), 0) ? fail(result) : result;
}
