/* pins.c - a pin forbids jumps: its holder waits for something that does not live in virtual time.
 *
 * An expired pin stays in the table, ignored, until its owner ends it: were it let again meanwhile, the owner would end
 * somebody else's. A free entry has `until` 0, so that one being filled counts as a pin without limit. */
#include "interposer.h"
#include <stdio.h>

int set_pin(int descriptor, const char *peer, int64_t until) {
    for (int i = 0; i < PIN_LIMIT; i++) {
        struct pin *pin = &page->pins[i];
        int32_t free = 0;
        if (atomic_load_explicit(&pin->pid, memory_order_relaxed)) continue;
        if (!atomic_compare_exchange_strong(&pin->pid, &free, own_pid)) continue;
        atomic_store(&pin->tid, (int)raw_syscall(SYS_gettid));
        atomic_store(&pin->descriptor, descriptor);
        atomic_store(&pin->until, until);
        snprintf(pin->peer, sizeof pin->peer, "%s", peer);
        atomic_store(&pin->since, real_now(MONOTONIC));
        raise_to(&page->pins_used, i + 1);
        atomic_fetch_add(&page->pinned_waits, 1);
        return i;
    }
    atomic_fetch_add(&page->overflow, 1); /* still a pin, only nameless */
    return PIN_LIMIT;
}
void end_pin(int pin) {
    if (pin < 0 || !page) return; /* no page: a child in another pid namespace, forked by a handler in the wait */
    if (pin == PIN_LIMIT) { atomic_fetch_sub(&page->overflow, 1); return; }
    if (atomic_load(&page->pins[pin].pid) != own_pid) return; /* the parent's: a signal handler forked in the wait */
    page->pins[pin].peer[0] = 0; /* autojump credits nobody until the next owner has filled it in */
    atomic_store(&page->pins[pin].until, 0);
    atomic_store(&page->pins[pin].pid, 0);
}
/* Its waits have ended, of which a cancelled thread may not have ended the pins. Those without a descriptor may be the
 * process's, those with an end are of a connection, not of a thread (awaiting.c). */
void end_pins_of_thread(void) {
    int tid = raw_syscall(SYS_gettid);
    for (int i = 0, used = atomic_load(&page->pins_used); i < used; i++) {
        struct pin *pin = &page->pins[i];
        if (atomic_load(&pin->pid) == own_pid && atomic_load(&pin->tid) == tid && !atomic_load(&pin->until)
            && atomic_load(&pin->descriptor) >= 0)
            end_pin(i);
    }
}
