/* virtual_timers.c - one hidden thread per process that has timers of its own (timerfd, timer_create). It sleeps until
 * the earliest of them on its slot like any sleeper, so autojump needs to know nothing about timers, and they also work
 * when nobody jumps. It blocks all signals, so that it never runs a handler of the application. */
#include "virtual_timers.h"
#include <linux/futex.h>
#include <pthread.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct virtual_timer *all;
static int is_running;
static struct slot *keeper;          /* the thread's slot */
static _Atomic uint32_t no_slot;     /* what it waits on when it has none */

struct timer_lock lock_timers(void) { /* timer_settime may be called in a signal handler: no signals meanwhile */
    struct timer_lock lock;
    sigset_t everything;
    sigfillset(&everything);
    pthread_sigmask(SIG_SETMASK, &everything, &lock.mask);
    pthread_mutex_lock(&mutex);
    return lock;
}
void unlock_timers(struct timer_lock lock) {
    pthread_mutex_unlock(&mutex);
    pthread_sigmask(SIG_SETMASK, &lock.mask, NULL);
}
static _Atomic uint32_t *keeper_word(void) { return keeper ? &keeper->wake : &no_slot; }

static int64_t serve_due(void) { /* returns the earliest deadline left */
    int64_t earliest = 0, now = virtual_now(MONOTONIC);
    for (struct virtual_timer *timer = all, *next; timer; timer = next) {
        next = timer->next;
        int64_t deadline = timer->deadline;
        if (deadline && deadline <= now) {
            timer->overruns = timer->interval ? (now - deadline) / timer->interval : 0;
            timer->deadline = timer->interval ? deadline + (timer->overruns + 1) * timer->interval : 0;
            timer->expire(timer, deadline);
        }
        if (timer->deadline && (!earliest || timer->deadline < earliest)) earliest = timer->deadline;
    }
    return earliest;
}
static void *keep_timers(void *unused) {
    (void)unused;
    for (;;) {
        pthread_mutex_lock(&mutex);
        keeper = own_slot();
        _Atomic uint32_t *word = keeper_word();
        uint32_t seen = atomic_load(word);
        int64_t earliest = serve_due();
        pthread_mutex_unlock(&mutex);
        if (!earliest) { raw_syscall(SYS_futex, word, FUTEX_WAIT, seen, NULL, NULL, 0); continue; }
        struct slot *slot = begin_wait(earliest, WAKE_BY_FUTEX, WAIT_TIMER);
        int64_t left = earliest - virtual_now(MONOTONIC);
        if (!slot && left > SLICE) left = SLICE;
        if (left > 0) futex_wait(word, seen, left);
        end_wait(slot);
    }
    return NULL;
}
static void start_keeper(void) { /* inherits the full signal mask of lock_timers */
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 128 * 1024);
    if (!pthread_create(&thread, &attributes, keep_timers, NULL)) is_running = 1;
    else set_pin(-1, "a timer without a thread to serve it", 0);
    pthread_attr_destroy(&attributes);
}

int64_t deadline_from(const struct timespec *value, int is_absolute, clockid_t clock) {
    int64_t left = from_timespec(value) - (is_absolute ? virtual_now(clock) : 0);
    return virtual_now(MONOTONIC) + (left > 0 ? left : 0);
}
void arm_timer(struct virtual_timer *timer, int64_t deadline, int64_t interval) {
    if (!timer->is_listed) {
        timer->next = all;
        all = timer;
        timer->is_listed = 1;
    }
    timer->deadline = deadline;
    timer->interval = interval;
    timer->overruns = 0;
    if (!is_running) start_keeper();
    atomic_fetch_add(keeper_word(), 1);
    futex_wake(keeper_word());
}
void remove_timer(struct virtual_timer *timer) {
    for (struct virtual_timer **link = &all; *link; link = &(*link)->next)
        if (*link == timer) { *link = timer->next; break; }
    timer->is_listed = 0;
    timer->deadline = 0;
}
void read_timer_setting(const struct virtual_timer *timer, struct itimerspec *setting) {
    int64_t left = timer->deadline ? timer->deadline - virtual_now(MONOTONIC) : 0;
    setting->it_value = to_timespec(timer->deadline && left < 1 ? 1 : left); /* 0 would say "not armed" */
    setting->it_interval = to_timespec(timer->interval);
}
/* Timers are not inherited by fork, and a shared timerfd stays in the parent's care. */
void timer_thread_after_fork(void) {
    static const pthread_mutex_t unlocked = PTHREAD_MUTEX_INITIALIZER;
    mutex = unlocked;
    for (; all; all = all->next) all->is_listed = 0;
    is_running = 0;
    keeper = NULL;
}
