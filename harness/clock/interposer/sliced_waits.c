/* sliced_waits.c - rare timed waits that nothing outside can end: mutexes, read-write locks, joins, message queues, System
 * V semaphores, asynchronous I/O. They publish their deadline and look again every 2 ms, so they end at most that much (real) time late. */
#include "interposer.h"
#include <aio.h>
#include <mqueue.h>
#include <pthread.h>
#include <sys/sem.h>

/* Runs `attempt` with `slice` as its deadline (counted from `start`: a real now, or 0 for a duration), until it does something but time out. */
#define IN_SLICES(deadline, start, kind, attempt, is_timeout) ({ \
    int64_t deadline_ = deadline; \
    struct slot *slot_ = begin_wait(deadline_, WAKE_BY_SLICE, kind); \
    struct timespec slice; \
    long result; \
    for (;;) { \
        int64_t left_ = deadline_ - virtual_now(MONOTONIC); \
        slice = to_timespec((start) + (left_ < SLICE ? left_ : SLICE)); \
        result = attempt; \
        if (!(is_timeout) || virtual_now(MONOTONIC) >= deadline_) break; \
        slot_ = announce_again(slot_, deadline_, WAKE_BY_SLICE, kind); \
    } \
    int error_ = errno; \
    end_wait(slot_); \
    errno = error_; \
    result; })
static int64_t deadline_on(clockid_t clock, const struct timespec *until) {
    int64_t left = from_timespec(until) - virtual_now(clock); /* first: who loses the CPU here is late, not early */
    return virtual_now(MONOTONIC) + left;
}

#define LOCK_WRAPPER(name, type) \
    EXPORT int name(type *lock, const struct timespec *until) { \
        if (!page || is_invalid(until)) return REAL(name)(lock, until); \
        return IN_SLICES(deadline_on(CLOCK_REALTIME, until), real_now(CLOCK_REALTIME), WAIT_LOCK, REAL(name)(lock, &slice), \
                         result == ETIMEDOUT); \
    }
#define CLOCK_LOCK_WRAPPER(name, type) \
    EXPORT int name(type *lock, clockid_t clock, const struct timespec *until) { \
        if (!page || is_invalid(until) || !is_shifted(clock)) return REAL(name)(lock, clock, until); \
        return IN_SLICES(deadline_on(clock, until), real_now(clock), WAIT_LOCK, REAL(name)(lock, clock, &slice), \
                         result == ETIMEDOUT); \
    }
LOCK_WRAPPER(pthread_mutex_timedlock, pthread_mutex_t)
LOCK_WRAPPER(pthread_rwlock_timedrdlock, pthread_rwlock_t)
LOCK_WRAPPER(pthread_rwlock_timedwrlock, pthread_rwlock_t)
CLOCK_LOCK_WRAPPER(pthread_mutex_clocklock, pthread_mutex_t)
CLOCK_LOCK_WRAPPER(pthread_rwlock_clockrdlock, pthread_rwlock_t)
CLOCK_LOCK_WRAPPER(pthread_rwlock_clockwrlock, pthread_rwlock_t)

static int join_until(pthread_t thread, void **value, clockid_t clock, const struct timespec *until) {
    return IN_SLICES(deadline_on(clock, until), real_now(CLOCK_REALTIME), WAIT_LOCK,
                     REAL(pthread_timedjoin_np)(thread, value, &slice), result == ETIMEDOUT);
}
EXPORT int pthread_timedjoin_np(pthread_t thread, void **value, const struct timespec *until) {
    if (!page || !until || is_invalid(until)) return REAL(pthread_timedjoin_np)(thread, value, until);
    return join_until(thread, value, CLOCK_REALTIME, until);
}
EXPORT int pthread_clockjoin_np(pthread_t thread, void **value, clockid_t clock, const struct timespec *until) {
    if (!page || !until || is_invalid(until) || !is_shifted(clock))
        return REAL(pthread_clockjoin_np)(thread, value, clock, until);
    return join_until(thread, value, clock, until);
}
EXPORT ssize_t mq_timedreceive(mqd_t queue, char *message, size_t size, unsigned *priority, const struct timespec *until) {
    if (!page || !until || is_invalid(until)) return REAL(mq_timedreceive)(queue, message, size, priority, until);
    return IN_SLICES(deadline_on(CLOCK_REALTIME, until), real_now(CLOCK_REALTIME), WAIT_MESSAGE_QUEUE,
                     REAL(mq_timedreceive)(queue, message, size, priority, &slice), result < 0 && errno == ETIMEDOUT);
}
EXPORT int mq_timedsend(mqd_t queue, const char *message, size_t size, unsigned priority, const struct timespec *until) {
    if (!page || !until || is_invalid(until)) return REAL(mq_timedsend)(queue, message, size, priority, until);
    return IN_SLICES(deadline_on(CLOCK_REALTIME, until), real_now(CLOCK_REALTIME), WAIT_MESSAGE_QUEUE,
                     REAL(mq_timedsend)(queue, message, size, priority, &slice), result < 0 && errno == ETIMEDOUT);
}
EXPORT int semtimedop(int set, struct sembuf *operations, size_t count, const struct timespec *timeout) {
    for (size_t i = 0; page && operations && i < count; i++) /* then EAGAIN says that it did not wait */
        if (operations[i].sem_flg & IPC_NOWAIT) return REAL(semtimedop)(set, operations, count, timeout);
    if (!page || !timeout || is_invalid(timeout)) return REAL(semtimedop)(set, operations, count, timeout);
    return IN_SLICES(virtual_now(MONOTONIC) + from_timespec(timeout), 0, WAIT_LOCK,
                     REAL(semtimedop)(set, operations, count, &slice), result < 0 && errno == EAGAIN);
}
EXPORT int aio_suspend(const struct aiocb *const requests[], int count, const struct timespec *timeout) {
    if (!page || !timeout || is_invalid(timeout)) return REAL(aio_suspend)(requests, count, timeout);
    return IN_SLICES(virtual_now(MONOTONIC) + from_timespec(timeout), 0, WAIT_LOCK,
                     REAL(aio_suspend)(requests, count, &slice), result < 0 && errno == EAGAIN);
}
