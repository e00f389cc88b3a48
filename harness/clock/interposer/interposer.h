/* interposer.h - what the files of the interposer share. */
#ifndef HARNESS_CLOCK_INTERPOSER_H
#define HARNESS_CLOCK_INTERPOSER_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <features.h>
#if !defined(__linux__) || !defined(__GLIBC__)
#error "the virtual clock needs Linux and glibc: the harness runs in real time here"
#endif
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "../page.h"
#include "../plain_numbers.h"
#include "raw_syscall.h"
#pragma GCC poison syscall /* it leads to our own: raw_syscall does not */

#define EXPORT __attribute__((visibility("default")))
#define MONOTONIC CLOCK_MONOTONIC
#define DESCRIPTOR_LIMIT 65536
#define SLICE 2000000LL /* what a wait that cannot be ended from outside sleeps at most before it looks again */

/* REAL(name) is the next definition of `name`, looked up once. */
void *next_symbol(const char *name);
#define REAL(name) ({ \
    static __typeof__(&name) found_; \
    __typeof__(&name) next_ = __atomic_load_n(&found_, __ATOMIC_RELAXED); \
    if (!next_) { next_ = (__typeof__(&name))next_symbol(#name); __atomic_store_n(&found_, next_, __ATOMIC_RELAXED); } \
    next_; })

/* process.c */
extern struct page *page;             /* NULL = this process is not clocked: every wrapper passes through */
extern int own_pid;                   /* the process this image belongs to (differs in a vfork child) */
extern char page_directory[200];

int begin(void);                      /* is this process clocked? Asks for the page if nobody has yet */
static inline int is_clocked(void) { return __builtin_expect(page != NULL, 1) || begin(); }
int execveat(int directory, const char *path, char *const arguments[], char *const environment[], int flags);

/* clocks.c */
void clocks_start(void);
int64_t real_now(clockid_t clock);
int64_t virtual_now(clockid_t clock);
int is_shifted(clockid_t clock);      /* one of the clocks that the offset is added to? */
struct timespec to_timespec(int64_t nanoseconds);
static inline int64_t from_timespec(const struct timespec *time) { /* clamped: callers say "forever" with huge values */
    return time->tv_sec > 4000000000LL ? 4000000000LL * NANOSECONDS : time->tv_sec * NANOSECONDS + time->tv_nsec;
}
static inline int is_invalid(const struct timespec *time) { return time->tv_nsec < 0 || time->tv_nsec >= NANOSECONDS; }
static inline int is_zero(const struct timespec *time) { return time->tv_sec == 0 && time->tv_nsec == 0; }

/* slots.c: begin_wait gives NULL when no slot is left; the clock then stands in real time until end_wait. */
struct slot *own_slot(void);
struct slot *begin_wait(int64_t deadline, enum wake_method method, enum wait_kind kind);
struct slot *announce_again(struct slot *slot, int64_t deadline, enum wake_method method, enum wait_kind kind);
void end_wait(struct slot *slot);
int is_own(const struct slot *slot);    /* 0 = a handler forked in this wait, and we are the child */
int wake_descriptor(struct slot *slot); /* read end of the slot's FIFO, -1 if it cannot be had */
int is_wake_descriptor(int descriptor);
int drain(int descriptor);              /* gives it back, or -1 if it is our FIFO no longer */
int futex_wait(_Atomic uint32_t *word, uint32_t seen, int64_t real_nanoseconds); /* 0, or errno */
void futex_wake(_Atomic uint32_t *word);
void slots_start(void), slots_after_fork(void);

/* sleeps.c */
int sleep_until(int64_t deadline, enum wait_kind kind); /* 0 or EINTR */

/* polling.c: poll without looking for outside sockets; `deadline` is virtual */
int poll_until(struct pollfd *descriptors, nfds_t count, int64_t deadline, const sigset_t *mask, enum wait_kind kind);

/* side_queue.c and shared_objects.c */
#define SHARED_KEY (1ULL << 63)       /* no user address has this bit: such a key means the same in every process */
void join_queue(struct slot *slot, uint64_t key);
int leave_queue(struct slot *slot, uint64_t key); /* 0 = a signaller had already claimed us */
int may_have_waiters(uint64_t key);
void wake_waiters(uint64_t key);
int claim_waiters(uint64_t key, int all);
void side_queue_after_fork(void);
uint64_t shared_key(const void *object); /* 0 = the object is not in shared memory after all */
void forget_shared(const void *start, size_t length);

/* pins.c */
#define NO_PIN (-1)
int set_pin(int descriptor, const char *peer, int64_t until);
void end_pin(int pin);
void end_pins_of_thread(void);

/* descriptors.c, awaiting.c and peers.c: which sockets lead outside */
enum descriptor_class { UNKNOWN, QUIET /* inside peer, server side, or no socket */, OUTSIDE, LISTENER };
struct descriptor {
    unsigned char class, has_timeouts, is_timer, is_epoll;
    unsigned char awaiting, connecting, reads, announces; /* awaiting.c; reads: in an epoll set, for reading */
    int listener;                     /* as add_listener gave it */
    int epoll;                        /* 1 + the set it is in, 0 = none */
    _Atomic int pin;                  /* 1 + pin, 0 = none */
    _Atomic int waiters;              /* of an epoll set: threads that wait in it now */
    _Atomic int64_t lingers_until;    /* real time */
    ino_t inode;
    const char *peer;                 /* name of the outside peer */
    int64_t receive_timeout, send_timeout;
};
union address;
struct descriptor *record_of(int descriptor);
void note_highest(int descriptor);
int highest_descriptor(void);
int is_datagram(int descriptor);
void classify(int descriptor);
int is_outside(int descriptor);
int is_still_outside(int descriptor); /* asks the kernel */
void set_outside(int descriptor, const union address *peer);
int pin_descriptor(int descriptor);
int pin_descriptors(const struct pollfd *descriptors, nfds_t count);
void request_sent(int descriptor);
void note_receiver(int descriptor, const void *address, socklen_t length);
void answer_received(int descriptor, ssize_t result);
void connecting(int descriptor);
void connected(int descriptor);
void drop_pin(struct descriptor *record);
int begin_epoll_wait(int epoll);      /* the pin to give to end_epoll_wait */
void end_epoll_wait(int epoll, int pin);
struct epoll_event;
void epoll_changed(int epoll, int operation, int descriptor, const struct epoll_event *event, int error);
void epoll_closed(int epoll);
void awaiting_start(void), stop_awaiting(struct descriptor *record);
void forget(int descriptor);
void register_listener(int descriptor);
void descriptors_start(void), descriptors_before_fork(void), descriptors_after_fork(void);

/* timers */
void interval_timers_after_fork(void), timer_thread_after_fork(void);
void forget_timer_descriptor(int descriptor);

#include "old_glibc.h"
#endif
