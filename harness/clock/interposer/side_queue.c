/* side_queue.c - where timed waiters for semaphores and condition variables stand.
 *
 * glibc gives no way to end such a wait early from another process, so a TIMED waiter does not queue on the real
 * object. It notes the object's key in its slot and waits on the slot's futex. The interposed sem_post and
 * pthread_cond_signal look for such waiters and wake them; autojump wakes them through the same futex word when their
 * deadline has come. Untimed waiters stay in glibc.
 *
 * The key of a private object is its address and is matched with the pid; the key of an object in shared memory means
 * the same in every process (shared_objects.c). `waiting` counts private waiters per hash of the key, so that the
 * usual post or signal pays one load. Shared ones are looked for at every post: a process may be killed in a wait, so
 * no count over processes could be trusted. */
#include "interposer.h"

#define BUCKETS 1024
static _Atomic int waiting[BUCKETS];

static _Atomic int *bucket_of(uint64_t key) {
    uint64_t hash = key >> 3;
    return &waiting[(hash ^ hash >> 10 ^ hash >> 20) % BUCKETS];
}
static int waits_in_slot(struct slot *slot, uint64_t key) {
    return atomic_load(&slot->waits_for) == key && (key & SHARED_KEY || atomic_load(&slot->pid) == own_pid);
}

void join_queue(struct slot *slot, uint64_t key) {
    atomic_store(&slot->waits_for, key);
    atomic_fetch_add(bucket_of(key), 1);
    atomic_thread_fence(memory_order_seq_cst); /* before we look at the object: its poster fences before it looks here */
}
int leave_queue(struct slot *slot, uint64_t key) {
    if (!is_own(slot)) return 0;
    uint64_t expected = key;
    int was_ours = atomic_compare_exchange_strong(&slot->waits_for, &expected, 0);
    atomic_fetch_sub(bucket_of(key), 1);
    return was_ours;
}
int may_have_waiters(uint64_t key) {
    atomic_thread_fence(memory_order_seq_cst);
    return key & SHARED_KEY || atomic_load(bucket_of(key));
}
void wake_waiters(uint64_t key) { /* all of them: each tries the object again, one gets it */
    for (int i = 0, used = atomic_load(&page->slots_used); i < used; i++) {
        struct slot *slot = &page->slots[i];
        if (!waits_in_slot(slot, key)) continue;
        atomic_fetch_add(&slot->wake, 1);
        futex_wake(&slot->wake);
    }
}
/* A signal belongs to whom it was given: it is claimed by taking the key out of the waiter's slot. */
int claim_waiters(uint64_t key, int all) {
    int claimed = 0;
    for (int i = 0, used = atomic_load(&page->slots_used); i < used && (all || !claimed); i++) {
        struct slot *slot = &page->slots[i];
        uint64_t expected = key;
        if (!waits_in_slot(slot, key) || !atomic_compare_exchange_strong(&slot->waits_for, &expected, 0)) continue;
        atomic_fetch_add(&slot->wake, 1);
        futex_wake(&slot->wake);
        claimed++;
    }
    return claimed;
}
void side_queue_after_fork(void) {
    for (int i = 0; i < BUCKETS; i++) atomic_store(&waiting[i], 0);
}
