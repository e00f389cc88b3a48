/* timer_descriptors.c - timerfd. The descriptor stays the kernel's own, armed with the real time still to go, so that poll,
 * epoll, read and dup need no help. When a jump has brought its time, the timer thread arms it anew, to go off at once. */
#include "virtual_timers.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/timerfd.h>

struct timer_descriptor {
    struct virtual_timer timer;
    int descriptor;
    clockid_t clock;
    int64_t real_due;            /* when the kernel's timer goes off by itself (real monotonic) */
    int64_t first_unread;        /* virtual time of the first expiry that was not read */
    struct timer_descriptor *next;
};
static struct timer_descriptor *known; /* guarded by lock_timers; never freed, used again */

/* "name: value" of the kernel's description of the descriptor; -1 = there is none. */
static long described(int descriptor, const char *name) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", descriptor);
    int file = raw_syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t got = raw_syscall(SYS_read, file, text, sizeof text - 1);
    raw_syscall(SYS_close, file);
    if (got <= 0) return -1;
    text[got] = 0;
    char *found = strstr(text, name);
    return found ? strtol(found + strlen(name), NULL, 10) : -1;
}
static void expire(struct virtual_timer *timer, int64_t deadline) {
    struct timer_descriptor *self = (struct timer_descriptor *)timer;
    int64_t real = real_now(MONOTONIC);
    if (real >= self->real_due) { /* no jump: the kernel's timer has gone off by itself, and goes on by itself */
        self->first_unread = deadline;
        self->real_due += timer->interval * (timer->overruns + 1);
        return;
    }
    int unread = described(self->descriptor, "ticks:") > 0;
    if (!unread || !timer->interval) self->first_unread = deadline;
    /* An absolute time in the past: a read then counts the periods since, and the next one is where it belongs. */
    int64_t late = virtual_now(MONOTONIC) - self->first_unread;
    struct itimerspec setting = {to_timespec(timer->interval), to_timespec(real_now(self->clock) - late)};
    REAL(timerfd_settime)(self->descriptor, TFD_TIMER_ABSTIME, &setting, NULL);
    self->real_due = real + (timer->deadline ? timer->deadline - virtual_now(MONOTONIC) : 0);
}
static struct timer_descriptor *find(int descriptor, int create) {
    struct timer_descriptor *free = NULL, *found = known;
    for (; found && found->descriptor != descriptor; found = found->next) if (found->descriptor < 0) free = found;
    if (found || !create) return found;
    long clock = described(descriptor, "clockid:");
    if (clock < 0) return NULL; /* no timerfd */
    found = free ? free : calloc(1, sizeof *found);
    if (!found) return NULL;
    if (!free) { found->next = known; known = found; }
    found->descriptor = descriptor;
    found->clock = clock == CLOCK_REALTIME_ALARM ? CLOCK_REALTIME : clock == CLOCK_BOOTTIME_ALARM ? CLOCK_BOOTTIME : clock;
    found->timer.expire = expire;
    struct descriptor *record = record_of(descriptor);
    if (record) { record->is_timer = 1; note_highest(descriptor); }
    return found;
}
void forget_timer_descriptor(int descriptor) {
    struct timer_lock lock = lock_timers();
    struct timer_descriptor *self = find(descriptor, 0);
    if (self) { remove_timer(&self->timer); self->descriptor = -1; }
    unlock_timers(lock);
}
EXPORT int timerfd_settime(int descriptor, int flags, const struct itimerspec *value, struct itimerspec *before) {
    if (!page || is_invalid(&value->it_value) || is_invalid(&value->it_interval))
        return REAL(timerfd_settime)(descriptor, flags, value, before);
    struct timer_lock lock = lock_timers();
    struct timer_descriptor *self = find(descriptor, 1);
    int result, error;
    if (!self) {
        result = REAL(timerfd_settime)(descriptor, flags, value, before);
        error = errno;
    } else {
        if (before) read_timer_setting(&self->timer, before);
        int64_t interval = from_timespec(&value->it_interval), deadline = 0, left = 0;
        if (!is_zero(&value->it_value)) {
            deadline = deadline_from(&value->it_value, flags & TFD_TIMER_ABSTIME, self->clock);
            left = deadline - virtual_now(MONOTONIC);
            if (left < 1) left = 1; /* 0 would disarm it */
        }
        struct itimerspec relative = {value->it_interval, to_timespec(left)};
        result = REAL(timerfd_settime)(descriptor, 0, &relative, NULL);
        error = errno;
        self->real_due = real_now(MONOTONIC) + left;
        if (result == 0) arm_timer(&self->timer, deadline, interval);
    }
    unlock_timers(lock);
    errno = error;
    return result;
}
EXPORT int timerfd_gettime(int descriptor, struct itimerspec *value) {
    if (!page) return REAL(timerfd_gettime)(descriptor, value);
    struct timer_lock lock = lock_timers();
    struct timer_descriptor *self = find(descriptor, 0);
    if (self) read_timer_setting(&self->timer, value);
    unlock_timers(lock);
    return self ? 0 : REAL(timerfd_gettime)(descriptor, value);
}
