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

/* Wake FIFOs are private descriptors in the application's table, so they are guarded well (descriptors.c). */
static unsigned char is_fifo[DESCRIPTOR_LIMIT];
int is_wake_descriptor(int descriptor) {
    return descriptor >= 0 && descriptor < DESCRIPTOR_LIMIT && is_fifo[descriptor];
}
int wake_descriptor(struct slot *slot) {
    if (my_fifo >= 0) return my_fifo;
    char path[256];
    snprintf(path, sizeof path, "%s/wake%d", page_directory, (int)(slot - page->slots));
    if (mkfifo(path, 0600) && errno != EEXIST) return -1;
    int descriptor = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0) return -1;
    /* Out of the way of the application's small numbers, but still usable in select(). */
    int high = fcntl(descriptor, F_DUPFD_CLOEXEC, 600);
    if (high >= 0) { raw_syscall(SYS_close, descriptor); descriptor = high; }
    if (descriptor >= DESCRIPTOR_LIMIT) { raw_syscall(SYS_close, descriptor); return -1; }
    is_fifo[descriptor] = 1;
    return my_fifo = descriptor;
}
static void drop_fifo(int descriptor) {
    if (!is_wake_descriptor(descriptor)) return;
    is_fifo[descriptor] = 0;
    raw_syscall(SYS_close, descriptor);
}
void drain(int descriptor) {
    char bytes[64];
    while (raw_syscall(SYS_read, descriptor, bytes, sizeof bytes) == sizeof bytes) {}
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

struct slot *begin_wait(int64_t deadline, enum wake_method method, enum wait_kind kind) {
    struct slot *slot = own_slot();
    if (!slot) {
        atomic_fetch_add(&page->overflow, 1); /* autojump then never jumps, and says so */
        return NULL;
    }
    atomic_store_explicit(&slot->deadline, deadline, memory_order_relaxed);
    atomic_store_explicit(&slot->method, method, memory_order_relaxed);
    atomic_store_explicit(&slot->kind, kind, memory_order_relaxed);
    atomic_fetch_add(&slot->sequence, 1);
    return slot;
}
void end_wait(struct slot *slot) {
    if (slot) atomic_fetch_add(&slot->sequence, 1);
    else atomic_fetch_sub(&page->overflow, 1);
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
    pthread_setspecific(thread_exit, NULL);
    for (int descriptor = 0; descriptor < DESCRIPTOR_LIMIT; descriptor++)
        if (is_fifo[descriptor]) drop_fifo(descriptor);
}
