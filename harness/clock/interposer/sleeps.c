/* sleeps.c - sleeping. The kernel gets the REAL time still to go, so without a jump a sleep ends by itself; after a
 * jump autojump wakes the futex of exactly those who are due. No signal is used: EINTR always is a real one. */
#include "interposer.h"
#include <pthread.h>

/* Sleeping is where a thread can be cancelled; its slot is then given back by its end. */
static int wait_cancellably(struct slot *slot, uint32_t seen, int64_t left) {
    int before;
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &before);
    int error = futex_wait(&slot->wake, seen, left);
    pthread_setcanceltype(before, NULL);
    return error;
}
int sleep_until(int64_t deadline, enum wait_kind kind) {
    int result = 0;
    struct slot *slot = begin_wait(deadline, WAKE_BY_FUTEX, kind);
    for (;;) {
        uint32_t seen = slot ? atomic_load(&slot->wake) : 0;
        int64_t left = deadline - virtual_now(MONOTONIC);
        if (left <= 0) break;
        if (slot) {
            atomic_fetch_add_explicit(&slot->wakeups, 1, memory_order_relaxed);
            if (wait_cancellably(slot, seen, left) == EINTR) { result = EINTR; break; }
        } else {
            struct timespec slice = to_timespec(left < SLICE ? left : SLICE);
            if (raw_syscall(SYS_clock_nanosleep, MONOTONIC, 0, &slice, NULL)) { result = EINTR; break; }
        }
    }
    end_wait(slot);
    return result;
}

EXPORT int clock_nanosleep(clockid_t clock, int flags, const struct timespec *request, struct timespec *remaining) {
    if (!is_clocked() || !is_shifted(clock)) return REAL(clock_nanosleep)(clock, flags, request, remaining);
    if (is_invalid(request) || request->tv_sec < 0) return EINVAL;
    int64_t duration = from_timespec(request);
    if (flags & TIMER_ABSTIME) duration -= virtual_now(clock);
    int64_t deadline = virtual_now(MONOTONIC) + duration;
    int result = sleep_until(deadline, WAIT_SLEEP);
    if (result == EINTR && remaining && !(flags & TIMER_ABSTIME))
        *remaining = to_timespec(deadline - virtual_now(MONOTONIC));
    return result;
}
EXPORT int nanosleep(const struct timespec *request, struct timespec *remaining) {
    int result = clock_nanosleep(MONOTONIC, 0, request, remaining);
    if (!result) return 0;
    errno = result;
    return -1;
}
EXPORT int usleep(useconds_t microseconds) {
    struct timespec request = to_timespec(microseconds * 1000LL);
    return nanosleep(&request, NULL);
}
EXPORT unsigned sleep(unsigned seconds) {
    struct timespec request = to_timespec(seconds * NANOSECONDS), remaining = {0, 0};
    if (nanosleep(&request, &remaining) == 0) return 0;
    return remaining.tv_sec + (remaining.tv_nsec >= NANOSECONDS / 2);
}
