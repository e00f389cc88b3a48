/* c11_threads.c - <threads.h>: glibc's own call its inner functions, which no wrapper sees, so they are spelt out with
 * their POSIX kin. In glibc mtx_t is a pthread_mutex_t and cnd_t a pthread_cond_t: its own functions cast them, too. */
#include "interposer.h"
#include <pthread.h>
#include <threads.h>

static int thrd_result(int error) {
    switch (error) {
    case 0: return thrd_success;
    case ETIMEDOUT: return thrd_timedout;
    case ENOMEM: return thrd_nomem;
    case EBUSY: return thrd_busy;
    default: return thrd_error;
    }
}
EXPORT int thrd_sleep(const struct timespec *request, struct timespec *remaining) {
    int error = clock_nanosleep(CLOCK_REALTIME, 0, request, remaining);
    return error == 0 ? 0 : error == EINTR ? -1 : -2;
}
EXPORT int mtx_timedlock(mtx_t *mutex, const struct timespec *until) {
    return thrd_result(pthread_mutex_timedlock((pthread_mutex_t *)mutex, until));
}
EXPORT int cnd_timedwait(cnd_t *condition, mtx_t *mutex, const struct timespec *until) {
    return thrd_result(pthread_cond_timedwait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex, until));
}
EXPORT int cnd_signal(cnd_t *condition) { return thrd_result(pthread_cond_signal((pthread_cond_t *)condition)); }
EXPORT int cnd_broadcast(cnd_t *condition) { return thrd_result(pthread_cond_broadcast((pthread_cond_t *)condition)); }
