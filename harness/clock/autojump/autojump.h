/* autojump.h - what the files of the autojump loop share. It is the only writer of the virtual offset. */
#ifndef HARNESS_CLOCK_AUTOJUMP_H
#define HARNESS_CLOCK_AUTOJUMP_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#ifndef __linux__
#error "the virtual clock needs Linux: the harness runs in real time here"
#endif
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "../page.h"
#include "../plain_numbers.h"

/* One thread of the testbed; its files in /proc stay open, because a pread costs 0.3 to 0.8 us and an open ten times
 * that. */
struct thread {
    int pid, tid;
    int stat, schedstat, wchan;          /* open files */
    int slot;                            /* the timed wait it is in, -1 = none */
    unsigned long times_scheduled;       /* as pass 1 of the proof saw it */
    int64_t dead_since;                  /* first seen as a zombie */
};

/* autojump.c */
extern struct page *page;
extern const char *page_directory;
int64_t real_now(void);
int64_t virtual_now(void);
__attribute__((format(printf, 1, 2))) void because(const char *format, ...); /* why there is no jump now */

/* processes.c: who belongs to the testbed */
extern struct thread threads[];
extern int thread_count;
long last_pid(void);                  /* the last pid handed out, threads included; -1 = unknown */
int is_gone(int pid);
void list_threads(void);              /* rebuilds `threads`, gives back what the dead held */
int is_list_complete(void);
struct thread *find_thread(int tid);
int has_unclocked_process(void);
ssize_t read_file(const char *path, char *buffer, size_t size);
char state_of(int stat_file);         /* 0 = the thread is gone, '?' = cannot be read */
void processes_start(int adopter_pid); /* 0 = orphans fall to nobody whom we know */

/* leftovers.c */
static inline int is_dead(char state) { return state == 'Z' || state == 'X'; }
void give_back_what_the_dead_held(void);

/* deadlines.c */
extern uint32_t seen_sequence[SLOT_LIMIT];
extern int seen_slots;                /* slots that the last earliest_deadline looked at */
int64_t earliest_deadline(int *due);  /* 0 = none; *due: somebody's time has come who has not woken yet */
int64_t ring_interval_timers(int64_t now, int *due); /* sends the signals that are due; the earliest one left, 0 = none */
void wake_due(int64_t now);
void deadlines_start(void);

/* pins.c */
int is_pinned(int64_t passed);

/* sleep_proof.c */
int is_everybody_asleep(void);
void sleep_proof_start(void);

/* self_test.c: NULL, or why this machine does not tell what the proof needs */
const char *refusal_of_machine(void);
#endif
