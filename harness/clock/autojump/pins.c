/* pins.c - who pins the clock now, and the sum of it: who, how long (real time), towards whom. */
#include "autojump.h"
#include <stdio.h>
#include <string.h>

static int64_t counted_since[PIN_LIMIT]; /* which wait of this entry has been counted */

static struct pin_total *total_of(int pid, const char *peer) {
    int used = atomic_load(&page->pin_totals_used);
    for (int i = 0; i < used; i++)
        if (page->pin_totals[i].pid == pid && !strcmp(page->pin_totals[i].peer, peer)) return &page->pin_totals[i];
    if (used == PIN_TOTAL_LIMIT) return NULL;
    struct pin_total *total = &page->pin_totals[used];
    total->pid = pid;
    snprintf(total->peer, sizeof total->peer, "%s", peer);
    atomic_store(&page->pin_totals_used, used + 1);
    return total;
}
static void explain(int32_t pid, struct pin *pin, const char *peer) {
    int32_t tid = atomic_load(&pin->tid), descriptor = atomic_load(&pin->descriptor);
    if (descriptor < 0) because("pinned: process %d thread %d has %s", pid, tid, peer);
    else because("pinned: process %d thread %d waits on descriptor %d for %s", pid, tid, descriptor, peer);
}
int is_pinned(int64_t passed) {
    int any = 0;
    int64_t now = real_now();
    for (int i = 0, used = atomic_load(&page->pins_used); i < used; i++) {
        struct pin *pin = &page->pins[i];
        int32_t pid = atomic_load(&pin->pid);
        if (!pid) continue;
        if (is_gone(pid)) { /* its owner cannot end it any more */
            pin->peer[0] = 0;
            atomic_store(&pin->until, 0);
            atomic_compare_exchange_strong(&pin->pid, &pid, 0);
            continue;
        }
        int64_t until = atomic_load(&pin->until), since = atomic_load(&pin->since);
        if (until && now >= until) continue;
        char peer[PEER_LENGTH];
        memcpy(peer, pin->peer, sizeof peer);
        peer[sizeof peer - 1] = 0;
        if (!any++) explain(pid, pin, peer);
        struct pin_total *total = peer[0] ? total_of(pid, peer) : NULL; /* empty: just being filled in */
        if (!total) continue;
        total->descriptor = atomic_load(&pin->descriptor);
        total->nanoseconds += passed;
        if (counted_since[i] != since) { counted_since[i] = since; total->waits++; }
    }
    return any;
}
