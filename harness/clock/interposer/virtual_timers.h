/* virtual_timers.h - timers that expire in virtual time, whatever they then do (virtual_timers.c). */
#ifndef HARNESS_CLOCK_VIRTUAL_TIMERS_H
#define HARNESS_CLOCK_VIRTUAL_TIMERS_H
#include "interposer.h"

struct virtual_timer {
    int64_t deadline, interval;  /* virtual monotonic; deadline 0 = not armed */
    int64_t overruns;            /* periods that passed unserved before the last expiry */
    void (*expire)(struct virtual_timer *timer, int64_t deadline); /* called with the lock held: must be short */
    struct virtual_timer *next;
    int is_listed;
};
struct timer_lock { sigset_t mask; };
struct timer_lock lock_timers(void);
void unlock_timers(struct timer_lock lock);
/* All with the lock held. `value` is relative, or absolute on `clock`. */
int64_t deadline_from(const struct timespec *value, int is_absolute, clockid_t clock);
void arm_timer(struct virtual_timer *timer, int64_t deadline, int64_t interval);
void remove_timer(struct virtual_timer *timer);
void read_timer_setting(const struct virtual_timer *timer, struct itimerspec *setting);
#endif
