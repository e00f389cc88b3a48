/* deadlines.c - the earliest published deadline, and waking those whose time has come. */
#include "autojump.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A wake-up can be lost (a thread between announcing and waiting): who is still due after this long is woken again. */
#define WAKE_AGAIN 2000000LL

uint32_t seen_sequence[SLOT_LIMIT];
int seen_slots;
static int fifos[SLOT_LIMIT];

static void wake(int index) {
    struct slot *slot = &page->slots[index];
    if (atomic_load(&slot->method) == WAKE_BY_FIFO) {
        if (fifos[index] < 0) {
            char path[300];
            snprintf(path, sizeof path, "%s/wake%d", page_directory, index);
            fifos[index] = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        }
        if (fifos[index] >= 0 && write(fifos[index], "", 1) < 0 && errno == EPIPE) {
            close(fifos[index]);
            fifos[index] = -1;
        }
    } else if (atomic_load(&slot->method) == WAKE_BY_FUTEX) {
        atomic_fetch_add(&slot->wake, 1);
        syscall(SYS_futex, &slot->wake, FUTEX_WAKE, 1, NULL, NULL, 0);
    }
}
static int64_t earlier(int64_t a, int64_t b) { return !a || (b && b < a) ? b : a; }

static int64_t earliest_wait(int64_t now, int *due) {
    static int64_t woken;
    int64_t earliest = 0, real = real_now();
    int again = real - woken > WAKE_AGAIN, woke = 0;
    seen_slots = atomic_load(&page->slots_used);
    for (int i = 0; i < seen_slots; i++) {
        struct slot *slot = &page->slots[i];
        uint32_t sequence = seen_sequence[i] = atomic_load(&slot->sequence);
        if (!(sequence & 1) || !atomic_load(&slot->tid)) continue;
        int64_t deadline = atomic_load(&slot->deadline);
        if (atomic_load(&slot->sequence) != sequence) { *due = 1; continue; }
        if (deadline <= now) {
            *due = 1;
            because("thread %d is due and has not woken yet", atomic_load(&slot->tid));
            if (again) { wake(i); woke = 1; }
        }
        earliest = earlier(earliest, deadline);
    }
    if (woke) woken = real;
    return earliest;
}
int64_t ring_interval_timers(int64_t now, int *due) {
    int64_t earliest = 0;
    for (int i = 0, used = atomic_load(&page->interval_timers_used); i < used; i++) {
        struct interval_timer *timer = &page->interval_timers[i];
        int64_t deadline = atomic_load(&timer->deadline), interval = atomic_load(&timer->interval);
        int pid = atomic_load(&timer->pid);
        if (!pid || !deadline) continue;
        if (deadline <= now) { /* missed periods collapse into one signal, as in the kernel */
            int64_t next = interval ? deadline + ((now - deadline) / interval + 1) * interval : 0;
            if (atomic_compare_exchange_strong(&timer->deadline, &deadline, next)) kill(pid, SIGALRM);
            because("process %d has just been sent its SIGALRM", pid);
            *due = 1;
            deadline = next;
        }
        earliest = earlier(earliest, deadline);
    }
    return earliest;
}
int64_t earliest_deadline(int *due) {
    int64_t now = virtual_now();
    *due = 0;
    int64_t wait = earliest_wait(now, due);
    return earlier(wait, ring_interval_timers(now, due));
}
void wake_due(int64_t now) {
    for (int i = 0; i < seen_slots; i++)
        if (seen_sequence[i] & 1 && atomic_load(&page->slots[i].sequence) == seen_sequence[i]
            && atomic_load(&page->slots[i].deadline) <= now)
            wake(i);
}
void deadlines_start(void) { memset(fifos, -1, sizeof fifos); }
