/* slots.c - a thread's slot in the page, and the two ways to wake it: a futex word and a FIFO. */
#include "interposer.h"
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>

static pthread_key_t thread_exit;
static __thread struct slot *mine __attribute__((tls_model("initial-exec")));
static __thread int my_fifo __attribute__((tls_model("initial-exec"))) = -1;
static __thread int waits_without_slot __attribute__((tls_model("initial-exec")));
static __thread int waits_within __attribute__((tls_model("initial-exec"))); /* other waits of this thread */

/* Wake FIFOs are private descriptors in the application's table, so they are guarded well (descriptors.c). A raw system call
 * closes one all the same, and its number may then be the application's: so its inode is remembered, 0 = no FIFO. */
static ino_t fifos[DESCRIPTOR_LIMIT];
static _Atomic int fifos_end;
int is_wake_descriptor(int descriptor) {
    return descriptor >= 0 && descriptor < DESCRIPTOR_LIMIT && fifos[descriptor];
}
static ino_t inode_of(int descriptor) {
    struct stat status;
    return raw_syscall(SYS_fstat, descriptor, &status) ? 0 : status.st_ino;
}
static int is_still_fifo(int descriptor) {
    int error = errno;
    if (is_wake_descriptor(descriptor) && inode_of(descriptor) != fifos[descriptor]) fifos[descriptor] = 0;
    errno = error;
    return is_wake_descriptor(descriptor);
}
int wake_descriptor(struct slot *slot) {
    if (is_still_fifo(my_fifo)) return my_fifo;
    char path[256];
    my_fifo = -1;
    snprintf(path, sizeof path, "%s/wake%d", page_directory, (int)(slot - page->slots));
    if (mkfifo(path, 0600) && errno != EEXIST) return -1;
    int descriptor = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0) return -1;
    /* Out of the way of the application's small numbers, but still usable in select(). */
    int high = fcntl(descriptor, F_DUPFD_CLOEXEC, 600);
    if (high >= 0) { raw_syscall(SYS_close, descriptor); descriptor = high; }
    if (descriptor >= DESCRIPTOR_LIMIT) { raw_syscall(SYS_close, descriptor); return -1; }
    fifos[descriptor] = inode_of(descriptor);
    raise_to(&fifos_end, descriptor + 1);
    return my_fifo = descriptor;
}
static void drop_fifo(int descriptor) {
    if (!is_still_fifo(descriptor)) return;
    fifos[descriptor] = 0;
    raw_syscall(SYS_close, descriptor);
}
int drain(int descriptor) {
    char bytes[64];
    if (!is_still_fifo(descriptor)) return -1;
    while (raw_syscall(SYS_read, descriptor, bytes, sizeof bytes) == sizeof bytes) {}
    return descriptor;
}

struct slot *own_slot(void) {
    if (mine) return mine;
    int tid = raw_syscall(SYS_gettid);
    for (int i = 0; i < SLOT_LIMIT; i++) {
        struct slot *slot = &page->slots[i];
        int32_t free = 0;
        if (atomic_load_explicit(&slot->tid, memory_order_relaxed)) continue;
        if (!atomic_compare_exchange_strong(&slot->tid, &free, tid)) continue;
        atomic_store(&slot->waits_for, 0);
        atomic_store(&slot->wakeups, 0);
        if (atomic_load(&slot->sequence) & 1) atomic_fetch_add(&slot->sequence, 1); /* the owner died in a wait */
        atomic_store(&slot->pid, own_pid);
        raise_to(&page->slots_used, i + 1);
        mine = slot;
        pthread_setspecific(thread_exit, slot);
        return slot;
    }
    return NULL;
}
static void give_back(void *argument) {
    struct slot *slot = argument;
    if (!page || mine != slot) return;
    end_pins_of_thread();
    drop_fifo(my_fifo);
    my_fifo = -1;
    mine = NULL;
    atomic_store(&slot->pid, 0);
    atomic_store(&slot->tid, 0);
}

/* A wait within a wait (in a signal handler), or after one that siglongjmp left, finds an odd sequence: it stays odd, and the
 * slot tells of the newer wait. When that ends the outer one may go on in the kernel with nobody to announce it: until it
 * comes back here the slot says "due", and nothing jumps. Who left a wait by siglongjmp says so whenever he is in none. */
static void announce(struct slot *slot, int64_t deadline, enum wake_method method, enum wait_kind kind) {
    atomic_store_explicit(&slot->deadline, deadline, memory_order_relaxed);
    atomic_store_explicit(&slot->method, method, memory_order_relaxed);
    atomic_store_explicit(&slot->kind, kind, memory_order_relaxed);
    uint32_t sequence = atomic_load_explicit(&slot->sequence, memory_order_relaxed);
    while (!atomic_compare_exchange_weak(&slot->sequence, &sequence, (sequence + 1) | 1)) {}
}
struct slot *begin_wait(int64_t deadline, enum wake_method method, enum wait_kind kind) {
    struct slot *slot = own_slot();
    if (!slot) {
        atomic_fetch_add(&page->overflow, 1); /* autojump then never jumps, and says so */
        waits_without_slot++;
        return NULL;
    }
    waits_within += atomic_load_explicit(&slot->sequence, memory_order_relaxed) & 1;
    announce(slot, deadline, method, kind);
    return slot;
}
/* In the midst of a wait that goes on: a handler may have waited meanwhile, or have forked us. */
struct slot *announce_again(struct slot *slot, int64_t deadline, enum wake_method method, enum wait_kind kind) {
    if (!is_own(slot)) return begin_wait(deadline, method, kind);
    if (slot) announce(slot, deadline, method, kind);
    return slot;
}
/* The child of a handler that forked in a wait comes here, too: neither slot nor count is its own. */
int is_own(const struct slot *slot) { return slot ? slot == mine : waits_without_slot > 0; }
void end_wait(struct slot *slot) {
    if (!is_own(slot)) return;
    if (!slot) {
        waits_without_slot--;
        atomic_fetch_sub(&page->overflow, 1);
        return;
    }
    uint32_t sequence = atomic_load_explicit(&slot->sequence, memory_order_relaxed);
    if (waits_within) {
        waits_within--;
        announce(slot, virtual_now(MONOTONIC), WAKE_BY_SLICE, atomic_load(&slot->kind));
        return;
    }
    while (sequence & 1 && !atomic_compare_exchange_weak(&slot->sequence, &sequence, sequence + 1)) {}
}

int futex_wait(_Atomic uint32_t *word, uint32_t seen, int64_t real_nanoseconds) {
    struct timespec timeout = to_timespec(real_nanoseconds);
    int before = errno;
    int error = raw_syscall(SYS_futex, word, FUTEX_WAIT, seen, &timeout, NULL, 0) ? errno : 0;
    errno = before;
    return error;
}
void futex_wake(_Atomic uint32_t *word) { raw_syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0); }

void slots_start(void) { pthread_key_create(&thread_exit, give_back); }
void slots_after_fork(void) {
    mine = NULL;
    my_fifo = -1;
    waits_without_slot = waits_within = 0;
    pthread_setspecific(thread_exit, NULL);
    for (int descriptor = 0, end = atomic_load(&fifos_end); descriptor < end; descriptor++) drop_fifo(descriptor);
}
