/* autojump.c - the loop: move the clock to the next deadline whenever nobody in the testbed could act.
 *
 * It jumps when the clock is released and
 *   - there is no pin, no overflow and no unclocked process;
 *   - nobody is due: a thread whose deadline has passed but who has not yet left its wait;
 *   - every thread of the testbed was asleep at one instant (sleep_proof.c).
 * It never jumps past the limit or the target. Every loop that does not jump says why in the page.
 *
 * Run in a process of its own (a shared object and not a program, because a wheel and an editable install carry an
 * extension without further ado; jump.py starts it). It ends with its parent, and on SIGTERM. */
#include "autojump.h"
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define SMALLEST_JUMP 150000LL   /* what is nearer is waited for: a proof takes about as long */
#define SHORTEST_PAUSE 25000LL
#define LONGEST_PAUSE 1000000LL
#define LIST_LIFETIME (NANOSECONDS / 2)

struct page *page;
const char *page_directory;
static char reason[sizeof page->reason];
static volatile sig_atomic_t is_stopping;

static void on_stop(int signal) { (void)signal; is_stopping = 1; }
int64_t real_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * NANOSECONDS + time.tv_nsec;
}
int64_t virtual_now(void) { return real_now() + atomic_load(&page->offset); }

void because(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
}
static void publish_reason(void) {
    static char published[sizeof page->reason];
    if (!strcmp(published, reason)) return;
    strcpy(published, reason);
    atomic_fetch_add(&page->reason_version, 1);
    atomic_thread_fence(memory_order_seq_cst);
    memcpy(page->reason, reason, sizeof reason);
    atomic_fetch_add(&page->reason_version, 1);
}

/* Where the next jump may lead: the earliest deadline, but never past the limit or the target. 0 = nowhere. */
static int64_t destination_of(int64_t deadline) {
    int64_t limit = atomic_load(&page->limit), target = atomic_load(&page->target), now = virtual_now();
    if (limit && now >= limit) { because("the limit of virtual time is reached"); return 0; }
    if (target && now >= target) { because("the target of virtual time is reached"); return 0; }
    if (target && (!deadline || target < deadline)) deadline = target;
    if (limit && deadline > limit) deadline = limit;
    if (!deadline) because("nobody waits for a time");
    return deadline;
}
static void jump_to(int64_t destination) {
    int64_t distance = destination - virtual_now();
    if (distance <= 0) return;
    atomic_fetch_add(&page->offset, distance);
    atomic_fetch_add(&page->jumps, 1);
    atomic_fetch_add(&page->skipped, distance);
    wake_due(virtual_now());
}

/* When the list of threads was made, and of which world. */
static struct { long last_pid; int32_t generation; int64_t made; } list = {-2, -1, 0};
static int is_list_stale(void) {
    return last_pid() != list.last_pid || atomic_load(&page->process_generation) != list.generation;
}
static void keep_list(int64_t now) {
    if (!is_list_stale() && now - list.made < LIST_LIFETIME) return;
    list.last_pid = last_pid(); /* before listing: who is born meanwhile makes it stale again */
    list.generation = atomic_load(&page->process_generation);
    list.made = now;
    list_threads();
}
/* Returns whether it jumped. `passed`: real time since the last attempt, for the sums of pins. */
static int attempt(int64_t passed) {
    int due;
    int64_t destination = destination_of(earliest_deadline(&due));
    if (is_pinned(passed) || due || !destination || has_unclocked_process()) return 0;
    if (atomic_load(&page->overflow) > 0) {
        because("out of slots, pins or process records: %d too many wait", atomic_load(&page->overflow));
        return 0;
    }
    int64_t distance = destination - virtual_now();
    if (distance < SMALLEST_JUMP) {
        if (distance > 0) because("the next deadline is %ld us away", (long)(distance / 1000));
        return 0;
    }
    if (!is_everybody_asleep()) return 0;
    if (is_list_stale()) { because("a process has just been born"); return 0; }
    if (is_pinned(0) || !atomic_load(&page->released)) return 0; /* while we looked */
    jump_to(destination);
    return 1;
}
/* Fast right after a jump (a ladder of timers), slow when nothing has been going on for long. */
static void pause_for(int64_t quiet) {
    int64_t pause = quiet < SHORTEST_PAUSE ? SHORTEST_PAUSE : quiet > LONGEST_PAUSE ? LONGEST_PAUSE : quiet;
    struct timespec time = {0, pause};
    nanosleep(&time, NULL);
}
static void loop(pid_t parent) {
    int64_t busy = real_now(), before = busy;
    while (!is_stopping && getppid() == parent) {
        int was_released = atomic_load(&page->released);
        pause_for((real_now() - busy) / 8);
        int64_t now = real_now();
        keep_list(now);
        atomic_store(&page->attempting, 1); /* hold() waits for its end: then there is no jump any more */
        if (!atomic_load(&page->released)) {
            int due;
            ring_interval_timers(virtual_now(), &due); /* time passes in a held clock, too, and nobody else rings them */
            because("the clock is held");
        } else if (attempt(now - before) || !was_released) busy = real_now();
        atomic_store(&page->attempting, 0);
        publish_reason();
        before = now;
    }
}
static struct page *map_page(void) {
    char path[300];
    snprintf(path, sizeof path, "%s/page", page_directory);
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) return NULL;
    struct page *mapped = mmap(NULL, sizeof *mapped, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    return mapped == MAP_FAILED || atomic_load(&mapped->magic) != PAGE_MAGIC ? NULL : mapped;
}

__attribute__((visibility("default"))) int autojump_run(const char *directory, int parent, int adopts) {
    struct rlimit files;
    page_directory = directory;
    page = map_page();
    if (!page) return 2;
    processes_start(adopts ? parent : 0);
    const char *refusal = refusal_of_machine();
    if (refusal) {
        because("%s", refusal);
        publish_reason();
        return 3;
    }
    deadlines_start();
    sleep_proof_start();
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    prctl(PR_SET_TIMERSLACK, 1);
    signal(SIGTERM, on_stop);
    signal(SIGINT, SIG_IGN); /* a Ctrl-C at the terminal is the harness's to handle */
    signal(SIGPIPE, SIG_IGN);
    atomic_store(&page->jumper, getpid()); /* before any reason: a reason without a jumper is a refusal */
    loop(parent);
    atomic_store(&page->jumper, 0);
    return 0;
}

/* The layout of the page as the compiler made it, for the test that compares it with page.py. */
#define FIELD(name) {#name, offsetof(struct page, name)}
struct field { const char *name; int64_t offset; };
__attribute__((visibility("default"))) const struct field page_fields[30] = {
    FIELD(magic), FIELD(jumper), FIELD(offset), FIELD(released), FIELD(attempting), FIELD(limit), FIELD(target),
    FIELD(process_generation), FIELD(overflow), FIELD(slots_used), FIELD(pins_used), FIELD(listeners_used),
    FIELD(processes_used), FIELD(interval_timers_used), FIELD(pin_totals_used), FIELD(jumps), FIELD(skipped),
    FIELD(attempts), FIELD(listings), FIELD(pinned_waits), FIELD(pid_namespace), FIELD(reason_version), FIELD(reason), FIELD(processes),
    FIELD(listeners), FIELD(interval_timers), FIELD(pins), FIELD(pin_totals), FIELD(slots), {"size", sizeof(struct page)}};
