/* conditions.c - timed waits on condition variables. */
#include "interposer.h"
#include <pthread.h>

/* glibc since 2.25 keeps "process-shared" in the lowest bit of __wrefs, which glibc 2.41 has moved to another place: at
 * every start it is found out where, for a container's C library is not the one that this was compiled for. */
enum { WORDS = sizeof(pthread_cond_t) / sizeof(uint32_t) };
static size_t word_of_wrefs = offsetof(pthread_cond_t, __data.__wrefs) / sizeof(uint32_t);
static uint32_t word_at(const pthread_cond_t *condition, size_t place) {
    return ((const volatile uint32_t *)condition)[place];
}
static int looks_shared(const pthread_cond_t *condition) { return word_at(condition, word_of_wrefs) & 1; }
static uint64_t key_of(const pthread_cond_t *condition) {
    uint64_t key = looks_shared(condition) ? shared_key(condition) : 0;
    return key ? key : (uint64_t)condition;
}
__attribute__((constructor(102))) static void conditions_start(void) {
    pthread_cond_t private, shared;
    pthread_condattr_t attributes;
    if (!page) return;
    pthread_condattr_init(&attributes);
    pthread_condattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    REAL(pthread_cond_init)(&private, NULL);
    REAL(pthread_cond_init)(&shared, &attributes);
    int differing = 0;
    for (size_t place = 0; place < WORDS; place++) {
        if (word_at(&private, place) == word_at(&shared, place)) continue;
        differing++;
        word_of_wrefs = place;
    }
    if (differing != 1 || looks_shared(&private) || !looks_shared(&shared))
        set_pin(-1, "condition variables of an unknown C library", 0);
}

EXPORT int pthread_cond_signal(pthread_cond_t *condition) {
    uint64_t key = page ? key_of(condition) : 0;
    if (key && may_have_waiters(key) && claim_waiters(key, 0)) return 0;
    return REAL(pthread_cond_signal)(condition);
}
EXPORT int pthread_cond_broadcast(pthread_cond_t *condition) {
    uint64_t key = page ? key_of(condition) : 0;
    if (key && may_have_waiters(key)) claim_waiters(key, 1);
    return REAL(pthread_cond_broadcast)(condition);
}

static int wait_in_queue(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t deadline) {
    uint64_t key = key_of(condition);
    struct slot *slot = own_slot();
    int result = 0, has_begun = 0;
    join_queue(slot, key);
    uint32_t seen = atomic_load(&slot->wake);
    pthread_mutex_unlock(mutex);
    while (is_own(slot) && atomic_load(&slot->waits_for)) { /* until a signaller takes the key away */
        if (has_begun) announce_again(slot, deadline, WAKE_BY_FUTEX, WAIT_CONDITION);
        else begin_wait(deadline, WAKE_BY_FUTEX, WAIT_CONDITION);
        has_begun = 1;
        int64_t left = deadline - virtual_now(MONOTONIC);
        if (left <= 0) { result = ETIMEDOUT; break; }
        atomic_fetch_add_explicit(&slot->wakeups, 1, memory_order_relaxed);
        futex_wait(&slot->wake, seen, left);
        seen = atomic_load(&slot->wake);
    }
    if (!leave_queue(slot, key)) result = 0; /* signalled, whatever the clock says */
    if (has_begun) end_wait(slot);
    pthread_mutex_lock(mutex);
    return result;
}
/* `has_clock`: the caller named a clock, so the call of that kind must be handed on. */
static int wait_in_glibc(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock, int64_t real_until,
                         int has_clock) {
    struct timespec until = to_timespec(real_until);
    return has_clock ? REAL(pthread_cond_clockwait)(condition, mutex, clock, &until)
                     : REAL(pthread_cond_timedwait)(condition, mutex, &until);
}
static int wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock, const struct timespec *until,
                      int has_clock) {
    int64_t left = from_timespec(until) - virtual_now(clock);
    if (left <= 0) return wait_in_glibc(condition, mutex, clock, real_now(clock) + left, has_clock);
    int64_t deadline = virtual_now(MONOTONIC) + left;
    if (own_slot()) return wait_in_queue(condition, mutex, deadline);
    struct slot *none = begin_wait(deadline, WAKE_BY_SLICE, WAIT_CONDITION);
    int result = wait_in_glibc(condition, mutex, clock, real_now(clock) + (left < SLICE ? left : SLICE), has_clock);
    if (result == ETIMEDOUT && virtual_now(MONOTONIC) < deadline) result = 0; /* a spurious wake-up, which is allowed */
    end_wait(none);
    return result;
}
EXPORT int pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock,
                                  const struct timespec *until) {
    if (!page || is_invalid(until)) return REAL(pthread_cond_clockwait)(condition, mutex, clock, until);
    return wait_until(condition, mutex, clock, until, 1);
}
EXPORT int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until) {
    if (!page || is_invalid(until)) return REAL(pthread_cond_timedwait)(condition, mutex, until);
    /* Which clock was the variable made with? There is no portable way to ask, but the deadline tells: seconds since
     * boot and seconds since 1970 are decades apart. */
    int64_t monotonic = virtual_now(MONOTONIC), realtime = virtual_now(CLOCK_REALTIME);
    clockid_t clock = from_timespec(until) < monotonic + (realtime - monotonic) / 2 ? MONOTONIC : CLOCK_REALTIME;
    return wait_until(condition, mutex, clock, until, 0);
}
