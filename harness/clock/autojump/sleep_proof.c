/* sleep_proof.c - proves that at one instant every thread of the testbed slept.
 *
 * State S in /proc proves nothing: poll() and wait4() set it BEFORE they look, so a running thread can show it.
 * `wchan` is "0" while a thread is on a run queue (reading it needs the same user, or the right to trace; otherwise it
 * always is "0", and there is no jump at all).
 *
 * Why two passes prove an instant. Every thread must be off its CPU in pass 1, and in pass 2 asleep (S, not D) with the
 * same "times scheduled" count, which was read before its first look: so none ran in between, and at the border between
 * the passes all were asleep. That a thread has announced a wait excuses it from nothing: on its way to sleep it may
 * still wake another (who unlocks a mutex), and in its wait a signal handler may do anything. Finally no slot's sequence
 * may have changed since earliest_deadline read it: a thread may have ENTERED a wait since, and its deadline would be
 * missing from the minimum. */
#include "autojump.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A zombie shows wchan "0", too: it counts as asleep once its parent has certainly been woken. */
#define ZOMBIE_REST 1000000LL
static int is_long_dead(struct thread *thread) {
    if (!thread->dead_since) thread->dead_since = real_now();
    return real_now() - thread->dead_since > ZOMBIE_REST;
}

static int softirq_threads[256], softirq_count;

static unsigned long times_scheduled(struct thread *thread) { /* the third number */
    char text[96];
    ssize_t got = pread(thread->schedstat, text, sizeof text - 1, 0);
    if (got <= 0) return 0;
    text[got] = 0;
    char *last = strrchr(text, ' ');
    return last ? strtoul(last + 1, NULL, 10) : 0;
}
static int is_off_cpu(struct thread *thread) {
    char text[64];
    ssize_t got = pread(thread->wchan, text, sizeof text - 1, 0);
    if (got < 0 && errno != ESRCH) { because("the state of thread %d cannot be read", thread->tid); return 0; }
    if (got <= 0) return 1; /* nothing to read: the thread is gone */
    text[got] = 0;
    if (thread->slot < 0 && !strcmp(text, "hrtimer_nanosleep")) { /* Go's runtime does that, for one */
        because("thread %d of process %d sleeps by a system call that the clock did not see", thread->tid, thread->pid);
        return 0;
    }
    if (strcmp(text, "0")) return 1;
    char state = state_of(thread->stat);
    if (!state) return 1;
    if (is_dead(state) && is_long_dead(thread)) return 1;
    because("thread %d of process %d is on a CPU or a run queue (state %c)", thread->tid, thread->pid, state);
    return 0;
}
static int match_slots_with_threads(void) {
    for (int i = 0; i < thread_count; i++) threads[i].slot = -1;
    for (int i = 0; i < seen_slots; i++) {
        int tid = seen_sequence[i] & 1 ? atomic_load(&page->slots[i].tid) : 0;
        struct thread *thread = tid ? find_thread(tid) : NULL;
        if (thread) thread->slot = i;
        else if (tid) { list_threads(); because("thread %d was not known yet", tid); return 0; }
    }
    return 1;
}
static int first_pass(void) {
    for (int i = 0; i < thread_count; i++) {
        struct thread *thread = &threads[i];
        thread->times_scheduled = times_scheduled(thread);
        if (!is_off_cpu(thread)) return 0;
    }
    return 1;
}
static int second_pass(void) {
    for (int i = 0; i < thread_count; i++) {
        struct thread *thread = &threads[i];
        char state = state_of(thread->stat);
        if (is_dead(state) && is_long_dead(thread)) continue;
        if (!state || is_dead(state)) {
            /* It has died since pass 1: a parent that we have already seen asleep may have been woken by that. */
            because("thread %d of process %d has just ended", thread->tid, thread->pid);
            if (!state || thread->slot >= 0) list_threads(); /* which gives back what it held */
            return 0;
        }
        if (state != 'S') { because("thread %d of process %d is in state %c", thread->tid, thread->pid, state); return 0; }
        if (times_scheduled(thread) != thread->times_scheduled) {
            because("thread %d of process %d ran", thread->tid, thread->pid);
            return 0;
        }
    }
    return 1;
}
static int is_unchanged(void) {
    if (atomic_load(&page->slots_used) != seen_slots) { because("a thread has just made its first wait"); return 0; }
    for (int i = 0; i < seen_slots; i++)
        if (atomic_load(&page->slots[i].sequence) != seen_sequence[i]) {
            because("thread %d entered or left a wait", atomic_load(&page->slots[i].tid));
            return 0;
        }
    return 1;
}
int is_everybody_asleep(void) {
    atomic_fetch_add(&page->attempts, 1);
    if (!is_list_complete()) { because("not every process of the testbed can be looked at"); return 0; }
    if (!match_slots_with_threads() || !first_pass()) return 0;
    for (int i = 0; i < softirq_count; i++)
        if (state_of(softirq_threads[i]) == 'R') { because("network packets wait in ksoftirqd"); return 0; }
    return second_pass() && is_unchanged();
}
/* Visible outside containers only: an extra, not a need. */
void sleep_proof_start(void) {
    for (int pid = 2; pid < 3000 && softirq_count < 256; pid++) {
        char path[64], name[64];
        snprintf(path, sizeof path, "/proc/%d/comm", pid);
        if (read_file(path, name, sizeof name) <= 0 || strncmp(name, "ksoftirqd/", 10)) continue;
        snprintf(path, sizeof path, "/proc/%d/stat", pid);
        int file = open(path, O_RDONLY | O_CLOEXEC);
        if (file >= 0) softirq_threads[softirq_count++] = file;
    }
}
