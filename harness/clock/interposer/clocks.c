/* clocks.c - reading the clock: real time plus the page's offset. CPU clocks and CLOCK_MONOTONIC_RAW stay real. */
#include "interposer.h"
#include <sys/time.h>

int is_shifted(clockid_t clock) {
    return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME || clock == CLOCK_TAI
        || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE;
}
struct timespec to_timespec(int64_t nanoseconds) {
    if (nanoseconds < 0) nanoseconds = 0;
    return (struct timespec){nanoseconds / NANOSECONDS, nanoseconds % NANOSECONDS};
}
/* Looking a name up allocates before glibc 2.34 (dlsym's own error), and jemalloc reads the clock while it holds its
 * locks: so it is looked up when the library is loaded, and who reads it before asks the kernel. */
static __typeof__(&clock_gettime) found_clock;
void clocks_start(void) {
    __atomic_store_n(&found_clock, (__typeof__(&clock_gettime))next_symbol("clock_gettime"), __ATOMIC_RELAXED);
}
static int read_clock(clockid_t clock, struct timespec *time) {
    __typeof__(&clock_gettime) next = __atomic_load_n(&found_clock, __ATOMIC_RELAXED);
    return next ? next(clock, time) : (int)raw_syscall(SYS_clock_gettime, clock, time);
}
int64_t real_now(clockid_t clock) {
    struct timespec time;
    read_clock(clock, &time);
    return time.tv_sec * NANOSECONDS + time.tv_nsec;
}
int64_t virtual_now(clockid_t clock) {
    int64_t now = real_now(clock);
    return is_shifted(clock) && is_clocked() ? now + atomic_load_explicit(&page->offset, memory_order_acquire) : now;
}

EXPORT int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = read_clock(clock, time);
    if (result == 0 && is_shifted(clock) && is_clocked())
        *time = to_timespec(time->tv_sec * NANOSECONDS + time->tv_nsec
                            + atomic_load_explicit(&page->offset, memory_order_acquire));
    return result;
}
EXPORT int gettimeofday(struct timeval *time, void *zone) {
    (void)zone; /* obsolete: the kernel has not filled it for decades */
    int64_t now = virtual_now(CLOCK_REALTIME);
    struct timeval *volatile wanted = time; /* headers say that it is never NULL, callers say otherwise */
    if (wanted) *wanted = (struct timeval){now / NANOSECONDS, now % NANOSECONDS / 1000};
    return 0;
}
EXPORT time_t time(time_t *result) {
    time_t now = virtual_now(CLOCK_REALTIME) / NANOSECONDS;
    if (result) *result = now;
    return now;
}
EXPORT int timespec_get(struct timespec *time, int base) {
    if (base != TIME_UTC) return 0;
    *time = to_timespec(virtual_now(CLOCK_REALTIME));
    return base;
}
