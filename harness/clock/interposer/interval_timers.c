/* interval_timers.c - setitimer(ITIMER_REAL) and alarm(): a virtual deadline in the page. Autojump counts it as something
 * to jump to and sends the SIGALRM; it survives exec there, as alarms do. Without autojump the real timer is used; what
 * was set before it was up goes on there, and is told and cancelled as if it were here. */
#include "interposer.h"
#include <sys/time.h>

static struct interval_timer *mine;
void interval_timers_after_fork(void) { mine = NULL; } /* timers are not inherited by fork */

static int64_t from_timeval(const struct timeval *time) { return (time->tv_sec * 1000000LL + time->tv_usec) * 1000; }
static struct timeval to_timeval(int64_t nanoseconds) {
    return (struct timeval){nanoseconds / NANOSECONDS, nanoseconds % NANOSECONDS / 1000};
}
static struct interval_timer *own_timer(void) {
    for (int i = 0; !mine && i < INTERVAL_TIMER_LIMIT; i++) /* after exec our own entry is still there */
        if (atomic_load(&page->interval_timers[i].pid) == own_pid) mine = &page->interval_timers[i];
    for (int i = 0; !mine && i < INTERVAL_TIMER_LIMIT; i++) {
        struct interval_timer *timer = &page->interval_timers[i];
        int32_t free = 0;
        if (!atomic_compare_exchange_strong(&timer->pid, &free, own_pid)) continue;
        atomic_store(&timer->deadline, 0);
        atomic_store(&timer->interval, 0);
        raise_to(&page->interval_timers_used, i + 1);
        mine = timer;
    }
    return mine;
}
/* One that was killed has left its number behind. */
static int is_autojump_running(void) {
    int32_t jumper = atomic_load(&page->jumper);
    return jumper && ask_kernel(SYS_kill, jumper, 0, 0, 0, 0, 0) != -ESRCH;
}
static int is_ours(__itimer_which_t which) {
    return page && which == ITIMER_REAL && is_autojump_running() && own_timer();
}
static void read_timer(struct itimerval *value) {
    int64_t deadline = atomic_load(&mine->deadline), left = deadline - virtual_now(MONOTONIC);
    if (!deadline) { REAL(getitimer)(ITIMER_REAL, value); return; }
    value->it_value = to_timeval(left < 1000 ? 1000 : left); /* 0 would say "not armed" */
    value->it_interval = to_timeval(atomic_load(&mine->interval));
}
EXPORT int getitimer(__itimer_which_t which, struct itimerval *value) {
    if (!is_ours(which)) return REAL(getitimer)(which, value);
    read_timer(value);
    return 0;
}
EXPORT int setitimer(__itimer_which_t which, const struct itimerval *value, struct itimerval *before) {
    if (!value || !is_ours(which)) return REAL(setitimer)(which, value, before);
    int64_t duration = from_timeval(&value->it_value);
    static const struct itimerval nothing;
    if (before) read_timer(before);
    REAL(setitimer)(ITIMER_REAL, &nothing, NULL);
    atomic_store(&mine->deadline, 0);
    atomic_store(&mine->interval, from_timeval(&value->it_interval));
    if (duration) atomic_store(&mine->deadline, virtual_now(MONOTONIC) + duration);
    return 0;
}
EXPORT unsigned alarm(unsigned seconds) {
    struct itimerval value = {{0, 0}, {seconds, 0}}, before;
    if (setitimer(ITIMER_REAL, &value, &before)) return 0;
    int rounds_up = before.it_value.tv_usec >= 500000 || (before.it_value.tv_usec && !before.it_value.tv_sec);
    return before.it_value.tv_sec + rounds_up;
}
EXPORT useconds_t ualarm(useconds_t value, useconds_t interval) {
    struct itimerval setting = {{interval / 1000000, interval % 1000000}, {value / 1000000, value % 1000000}}, before;
    if (setitimer(ITIMER_REAL, &setting, &before)) return -1;
    return before.it_value.tv_sec * 1000000 + before.it_value.tv_usec;
}
