/* page.h - the memory page that every clocked process and the autojump loop share.
 *
 * One testbed is one private directory, best on /dev/shm, holding
 *     page      this structure, mapped MAP_SHARED by everybody; made by the Python face before anything starts
 *     wake<N>   a FIFO for slot N, made on demand, to wake a thread that sits in poll, epoll or select
 *
 * Virtual time = real time + page.offset. The offset only ever grows, and only the autojump loop writes it.
 * Everything here is lock-free, because a process may be SIGKILLed at any instruction.
 * page.py mirrors the offsets; a test compares both, so change them together (and the magic with them). */
#ifndef HARNESS_CLOCK_PAGE_H
#define HARNESS_CLOCK_PAGE_H
#include <stdatomic.h>
#include <stdint.h>

#define NANOSECONDS 1000000000LL
#define PAGE_MAGIC 0x6a756d32 /* names this layout: a process with another one stays unclocked */
#define SLOT_LIMIT 4096
#define PIN_LIMIT 1024
#define PROCESS_LIMIT 1024
#define LISTENER_LIMIT 1024
#define INTERVAL_TIMER_LIMIT 256
#define PIN_TOTAL_LIMIT 128
#define PEER_LENGTH 88

/* How autojump gets a thread out of its wait. */
enum wake_method { WAKE_BY_FUTEX = 1, WAKE_BY_FIFO, WAKE_BY_SLICE };

/* What the thread called: for reports only. page.py names them in this order. */
enum wait_kind {
    WAIT_SLEEP = 1, WAIT_POLL, WAIT_EPOLL, WAIT_SELECT, WAIT_SEMAPHORE, WAIT_CONDITION,
    WAIT_SIGNAL, WAIT_TIMER, WAIT_LOCK, WAIT_SOCKET, WAIT_MESSAGE_QUEUE
};

/* One slot per thread that has ever made a timed wait. Freed by the thread's exit (pthread key destructor),
 * by exec (constructor) and, for killed processes, by autojump. */
struct slot {
    _Atomic int32_t tid, pid;    /* owner; tid 0 = free, -1 = being taken back */
    _Atomic uint32_t sequence;   /* odd = inside a timed wait; +1 at every entry and every exit */
    _Atomic uint32_t wake;       /* futex word: changed by autojump, sem_post, pthread_cond_signal */
    _Atomic int64_t deadline;    /* virtual CLOCK_MONOTONIC, valid while sequence is odd */
    _Atomic uint32_t method;     /* enum wake_method */
    _Atomic uint32_t kind;       /* enum wait_kind */
    _Atomic uint64_t waits_for;  /* semaphore or condition variable waited for, 0 = none (side_queue.c) */
    _Atomic uint64_t wakeups;    /* how often this thread looked again: proves that nothing waits in slices */
    char padding[128 - 48];      /* a cache line pair of its own: slots are written all the time */
};

/* A pin forbids jumps: somebody waits for something that does not live in virtual time. */
struct pin {
    _Atomic int32_t pid, tid, descriptor, padding; /* pid 0 = free (then until is 0, too) */
    _Atomic int64_t since, until;                  /* REAL monotonic; until 0 = no limit */
    char peer[PEER_LENGTH];
};

/* A listening socket of the testbed: a connection to it leads inside. */
struct listener { _Atomic int32_t pid, padding; _Atomic uint64_t key; };

/* setitimer(ITIMER_REAL) or alarm of one process; autojump sends the SIGALRM. */
struct interval_timer { _Atomic int32_t pid, padding; _Atomic int64_t deadline, interval; };

/* Who pinned the clock, for how long, towards whom: summed up by autojump, kept for the report. */
struct pin_total { int32_t pid, descriptor; int64_t nanoseconds, waits; char peer[PEER_LENGTH]; };

struct page {
    _Atomic uint32_t magic;
    _Atomic int32_t jumper;     /* pid of autojump once it has proved that it can work here; 0 = nobody jumps */
    _Atomic int64_t offset;
    _Atomic int32_t released;   /* 0 = held: no jumps. A new page is held */
    _Atomic int32_t attempting; /* autojump is between reading `released` and its jump */
    _Atomic int64_t limit;      /* virtual CLOCK_MONOTONIC that no jump passes; 0 = none */
    _Atomic int64_t target;     /* likewise, and jumped to even if nobody waits for it (advance); 0 = none */
    _Atomic int32_t process_generation; /* +1 at every registration and its end: exec makes no new pid */
    _Atomic int32_t overflow;   /* threads waiting without a slot or pin: forbids jumps */
    _Atomic int32_t slots_used, pins_used, listeners_used, processes_used, interval_timers_used, pin_totals_used;
    _Atomic int64_t jumps, skipped, attempts, listings, pinned_waits;
    _Atomic int64_t pid_namespace; /* inode: a process of another one stays unclocked, its numbers would name strangers */
    _Atomic uint32_t reason_version; /* odd while `reason` is being written */
    char reason[252];           /* why autojump is not jumping now */
    _Atomic int32_t processes[PROCESS_LIMIT];
    struct listener listeners[LISTENER_LIMIT];
    struct interval_timer interval_timers[INTERVAL_TIMER_LIMIT];
    struct pin pins[PIN_LIMIT];
    struct pin_total pin_totals[PIN_TOTAL_LIMIT];
    struct slot slots[SLOT_LIMIT];
};

/* Entries are handed out from the front; scans end at the highest one ever used. */
static inline void raise_to(_Atomic int32_t *mark, int32_t used) {
    int32_t seen = atomic_load(mark);
    while (seen < used && !atomic_compare_exchange_weak(mark, &seen, used)) {}
}
/* Take a slot from an owner who is dead: who turns the owner's tid into -1 has it alone, so nobody writes to a slot that
 * somebody else has taken back meanwhile, and that may have a new owner. */
static inline void take_back(struct slot *slot, int32_t tid) {
    if (tid <= 0 || !atomic_compare_exchange_strong(&slot->tid, &tid, -1)) return;
    atomic_store(&slot->waits_for, 0);
    if (atomic_load(&slot->sequence) & 1) atomic_fetch_add(&slot->sequence, 1); /* it died in a wait */
    atomic_store(&slot->pid, 0);
    atomic_store(&slot->tid, 0);
}
#endif
