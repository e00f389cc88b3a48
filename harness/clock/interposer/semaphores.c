/* semaphores.c - sem_timedwait and sem_clockwait: CPython's locks with a timeout, multiprocessing's locks. */
#include "interposer.h"
#include <fcntl.h>
#include <semaphore.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/types.h>

/* Is it process-shared? glibc since 2.21 says so in the word after the value (0 = private). Only a hint, and checked
 * at every start by semaphores_start: sem_post is too hot to ask anything slower. */
static int looks_shared(const sem_t *semaphore) { return ((const int32_t *)semaphore)[2] != 0; }
static uint64_t key_of(const sem_t *semaphore) {
    uint64_t key = looks_shared(semaphore) ? shared_key(semaphore) : 0;
    return key ? key : (uint64_t)semaphore;
}
__attribute__((constructor(102))) static void semaphores_start(void) {
    sem_t private, shared;
    if (!page) return;
    REAL(sem_init)(&private, 0, 1);
    REAL(sem_init)(&shared, 1, 1);
    if (looks_shared(&private) || !looks_shared(&shared)) set_pin(-1, "semaphores of an unknown C library", 0);
}

EXPORT int sem_init(sem_t *semaphore, int shared, unsigned value) {
    if (page) forget_shared(semaphore, 1);
    return REAL(sem_init)(semaphore, shared, value);
}
EXPORT int sem_destroy(sem_t *semaphore) {
    if (page) forget_shared(semaphore, 1);
    return REAL(sem_destroy)(semaphore);
}
EXPORT int sem_close(sem_t *semaphore) {
    if (page) forget_shared(semaphore, 1);
    return REAL(sem_close)(semaphore);
}
EXPORT sem_t *sem_open(const char *name, int flags, ...) {
    mode_t mode = 0;
    unsigned value = 0;
    if (flags & O_CREAT) {
        va_list rest;
        va_start(rest, flags);
        mode = va_arg(rest, mode_t);
        value = va_arg(rest, unsigned);
        va_end(rest);
    }
    sem_t *semaphore = REAL(sem_open)(name, flags, mode, value);
    if (page && semaphore != SEM_FAILED) forget_shared(semaphore, 1);
    return semaphore;
}
EXPORT int munmap(void *start, size_t length) {
    forget_shared(start, length);
    return (int)raw_syscall(SYS_munmap, start, length); /* not looked up: see clocks.c */
}

EXPORT int sem_post(sem_t *semaphore) { /* async-signal-safe, like the original */
    uint64_t key = page ? key_of(semaphore) : 0; /* before the post: the object may be gone right after it */
    int result = REAL(sem_post)(semaphore);
    if (key && may_have_waiters(key)) {
        int error = errno;
        wake_waiters(key);
        errno = error;
    }
    return result;
}

/* Out of slots: the clock stands in real time (overflow), and we look again every slice. */
static int wait_in_slices(sem_t *semaphore, int64_t deadline) {
    struct slot *none = begin_wait(deadline, WAKE_BY_SLICE, WAIT_SEMAPHORE);
    int result, error;
    do {
        int64_t left = deadline - virtual_now(MONOTONIC);
        struct timespec until = to_timespec(real_now(CLOCK_REALTIME) + (left < SLICE ? left : SLICE));
        result = REAL(sem_timedwait)(semaphore, &until);
        error = errno;
    } while (result < 0 && error == ETIMEDOUT && virtual_now(MONOTONIC) < deadline);
    end_wait(none);
    errno = error;
    return result;
}
EXPORT int sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *until) {
    if (!page || !is_shifted(clock)) return REAL(sem_clockwait)(semaphore, clock, until);
    if (is_invalid(until)) { errno = EINVAL; return -1; }
    if (sem_trywait(semaphore) == 0) return 0;
    int64_t left = from_timespec(until) - virtual_now(clock); /* first: who loses the CPU here is late, not early */
    int64_t deadline = virtual_now(MONOTONIC) + left;
    if (!own_slot()) return wait_in_slices(semaphore, deadline);
    uint64_t key = key_of(semaphore);
    int result = -1, error = ETIMEDOUT;
    struct slot *slot = begin_wait(deadline, WAKE_BY_FUTEX, WAIT_SEMAPHORE);
    join_queue(slot, key);
    for (;;) {
        uint32_t seen = atomic_load(&slot->wake);
        if (sem_trywait(semaphore) == 0) { result = 0; break; }
        if ((left = deadline - virtual_now(MONOTONIC)) <= 0) break;
        atomic_fetch_add_explicit(&slot->wakeups, 1, memory_order_relaxed);
        if (futex_wait(&slot->wake, seen, left) == EINTR) { error = EINTR; break; }
    }
    leave_queue(slot, key);
    end_wait(slot);
    if (result) errno = error;
    return result;
}
EXPORT int sem_timedwait(sem_t *semaphore, const struct timespec *until) {
    return page ? sem_clockwait(semaphore, CLOCK_REALTIME, until) : REAL(sem_timedwait)(semaphore, until);
}
