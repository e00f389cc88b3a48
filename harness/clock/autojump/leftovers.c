/* leftovers.c - takes back what the dead held: slots, listeners, interval timers. (pins.c does so with pins.)
 *
 * Whoever was killed inside a wait still seems to wait, and a child that nobody reaps stays a zombie: its number is in use,
 * but it will never leave its wait. Hence the look at its state. */
#include "autojump.h"
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

/* `pid` 0: it died while it took its slot. */
static int has_died(int pid, int tid) {
    if ((pid ? syscall(SYS_tgkill, pid, tid, 0) : kill(tid, 0)) < 0) return errno == ESRCH;
    struct thread *thread = find_thread(tid);
    return thread && is_dead(state_of(thread->stat));
}
void give_back_what_the_dead_held(void) {
    for (int i = 0, used = atomic_load(&page->slots_used); i < used; i++) {
        struct slot *slot = &page->slots[i];
        int32_t tid = atomic_load(&slot->tid), pid = atomic_load(&slot->pid);
        if (tid > 0 && has_died(pid, tid)) take_back(slot, tid);
    }
    for (int i = 0, used = atomic_load(&page->listeners_used); i < used; i++) {
        int32_t pid = atomic_load(&page->listeners[i].pid);
        if (pid > 1 && is_gone(pid)) atomic_compare_exchange_strong(&page->listeners[i].pid, &pid, 0);
    }
    for (int i = 0, used = atomic_load(&page->interval_timers_used); i < used; i++) {
        int32_t pid = atomic_load(&page->interval_timers[i].pid);
        if (pid && is_gone(pid)) atomic_compare_exchange_strong(&page->interval_timers[i].pid, &pid, 0);
    }
}
