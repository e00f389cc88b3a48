/* posix_timers.c - timer_create and its kin on the shifted clocks: kept by the timer thread, which also sends the signal
 * (with the same siginfo as the kernel's) or starts the notification's thread. CPU-time timers stay the kernel's. */
#include "virtual_timers.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif
#define TIMER_LIMIT 256
struct posix_timer {
    struct virtual_timer timer;
    int in_use;
    clockid_t clock;
    struct sigevent event;
};
static struct posix_timer timers[TIMER_LIMIT]; /* guarded by lock_timers; a timer_t is an address in it */

static struct posix_timer *ours(timer_t id) {
    struct posix_timer *self = id;
    return page && self >= timers && self < timers + TIMER_LIMIT && self->in_use ? self : NULL;
}
static void *notify(void *event) { /* a copy: the timer may be deleted, and its place another's, before we run */
    struct sigevent copy = *(struct sigevent *)event;
    free(event);
    sigset_t nothing;
    sigemptyset(&nothing);
    pthread_sigmask(SIG_SETMASK, &nothing, NULL); /* the timer thread blocks everything, and that is inherited */
    copy.sigev_notify_function(copy.sigev_value);
    return NULL;
}
static void expire(struct virtual_timer *timer, int64_t deadline) {
    struct posix_timer *self = (struct posix_timer *)timer;
    struct sigevent *event = &self->event;
    siginfo_t info;
    (void)deadline;
    memset(&info, 0, sizeof info);
    info.si_signo = event->sigev_signo;
    info.si_code = SI_TIMER;
    info.si_overrun = timer->overruns;
    info.si_value = event->sigev_value;
    if (event->sigev_notify == SIGEV_SIGNAL) raw_syscall(SYS_rt_sigqueueinfo, own_pid, event->sigev_signo, &info);
    if (event->sigev_notify == SIGEV_THREAD_ID)
        raw_syscall(SYS_rt_tgsigqueueinfo, own_pid, event->sigev_notify_thread_id, event->sigev_signo, &info);
    if (event->sigev_notify == SIGEV_THREAD) {
        pthread_t thread;
        struct sigevent *copy = malloc(sizeof *copy);
        if (copy) *copy = *event;
        if (!copy || pthread_create(&thread, event->sigev_notify_attributes, notify, copy)) free(copy);
        else pthread_detach(thread);
    }
}
EXPORT int timer_create(clockid_t clock, struct sigevent *event, timer_t *id) {
    if (!page || !is_shifted(clock)) return REAL(timer_create)(clock, event, id);
    struct timer_lock lock = lock_timers();
    struct posix_timer *self = timers;
    while (self < timers + TIMER_LIMIT && self->in_use) self++;
    if (self < timers + TIMER_LIMIT) {
        memset(self, 0, sizeof *self);
        self->in_use = 1;
        self->clock = clock;
        self->timer.expire = expire;
        self->event.sigev_notify = SIGEV_SIGNAL;
        self->event.sigev_signo = SIGALRM;
        self->event.sigev_value.sival_ptr = self;
        if (event) self->event = *event;
        *id = self;
    }
    unlock_timers(lock);
    if (self < timers + TIMER_LIMIT) return 0;
    errno = EAGAIN;
    return -1;
}
EXPORT int timer_settime(timer_t id, int flags, const struct itimerspec *value, struct itimerspec *before) {
    struct posix_timer *self = ours(id);
    if (!self) return REAL(timer_settime)(id, flags, value, before);
    if (is_invalid(&value->it_value) || is_invalid(&value->it_interval)) { errno = EINVAL; return -1; }
    struct timer_lock lock = lock_timers();
    if (before) read_timer_setting(&self->timer, before);
    int64_t deadline = is_zero(&value->it_value) ? 0 : deadline_from(&value->it_value, flags & TIMER_ABSTIME, self->clock);
    arm_timer(&self->timer, deadline, from_timespec(&value->it_interval));
    unlock_timers(lock);
    return 0;
}
EXPORT int timer_gettime(timer_t id, struct itimerspec *value) {
    struct posix_timer *self = ours(id);
    if (!self) return REAL(timer_gettime)(id, value);
    struct timer_lock lock = lock_timers();
    read_timer_setting(&self->timer, value);
    unlock_timers(lock);
    return 0;
}
EXPORT int timer_getoverrun(timer_t id) {
    struct posix_timer *self = ours(id);
    return self ? (int)self->timer.overruns : REAL(timer_getoverrun)(id);
}
EXPORT int timer_delete(timer_t id) {
    struct posix_timer *self = ours(id);
    if (!self) return REAL(timer_delete)(id);
    struct timer_lock lock = lock_timers();
    remove_timer(&self->timer);
    self->in_use = 0;
    unlock_timers(lock);
    return 0;
}
