/* processes.c - the threads of the testbed: those of every registered process and of its descendants.
 *
 * An unclocked process whose parent has ended belongs to it as before. It was seen while its parent lived, or it has fallen
 * to the supervisor, whose children all belong to the testbed (`adopter`). Without a supervisor, one that was orphaned
 * between two looks is not known.
 *
 * The list is rebuilt only when the last field of /proc/loadavg (the last pid handed out in this pid namespace, threads
 * included) has changed: one 0.4 us read per attempt, and no fork, vfork, clone or posix_spawn can be missed. */
#include "autojump.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define THREAD_LIMIT 16384
#define PIDS_LIMIT 4096
struct thread threads[THREAD_LIMIT];
int thread_count;
static struct thread old[THREAD_LIMIT];
static int old_count, old_next;
static int pids[PIDS_LIMIT], pid_count;
static struct unclocked { int pid; long long started; } unclocked[PIDS_LIMIT]; /* a number may be given out again */
static int unclocked_count, adopter;
static int by_tid[65536]; /* open addressing: tid -> index + 1 */
static int loadavg, has_children_files, is_complete;

int is_gone(int pid) { return kill(pid, 0) < 0 && errno == ESRCH; }
ssize_t read_file(const char *path, char *buffer, size_t size) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t got = read(file, buffer, size - 1);
    close(file);
    if (got >= 0) buffer[got] = 0;
    return got;
}
char state_of(int stat_file) {
    char text[128];
    ssize_t got = pread(stat_file, text, sizeof text - 1, 0);
    if (got <= 0) return errno == ESRCH || got == 0 ? 0 : '?';
    text[got] = 0;
    char *end = strrchr(text, ')'); /* the name may contain anything */
    return end ? end[2] : '?';
}
long last_pid(void) {
    char text[96];
    ssize_t got = pread(loadavg, text, sizeof text - 1, 0);
    if (got <= 0) return -1;
    text[got] = 0;
    char *last = strrchr(text, ' ');
    return last ? strtol(last, NULL, 10) : -1;
}
int is_list_complete(void) { return is_complete; }

static unsigned place_of(int tid) { return (unsigned)tid * 2654435761u >> 16; }
struct thread *find_thread(int tid) {
    for (unsigned place = place_of(tid); by_tid[place]; place = (place + 1) & 65535)
        if (threads[by_tid[place] - 1].tid == tid) return &threads[by_tid[place] - 1];
    return NULL;
}
static int is_registered(int pid) {
    for (int i = 0, used = atomic_load(&page->processes_used); i < used; i++)
        if (atomic_load(&page->processes[i]) == pid) return 1;
    return 0;
}
static void add_pid(int pid) {
    if (pid == getpid() || pid == adopter) return;
    for (int i = 0; i < pid_count; i++) if (pids[i] == pid) return;
    if (pid_count == PIDS_LIMIT) is_complete = 0;
    else pids[pid_count++] = pid;
}
static void add_children(int pid, int tid) {
    char path[64], text[16384];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, tid);
    ssize_t got = read_file(path, text, sizeof text);
    if (got == sizeof text - 1) is_complete = 0;
    if (got <= 0) return;
    char *rest = NULL;
    for (char *child = strtok_r(text, " \n", &rest); child; child = strtok_r(NULL, " \n", &rest))
        add_pid(strtol(child, NULL, 10));
}
/* Orphans move to the adopter only: after all others, so that whoever moves while we look is seen here or there. */
static void add_adopted(void) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", adopter);
    DIR *tasks = opendir(path);
    struct dirent *entry;
    while (tasks && (entry = readdir(tasks))) if (entry->d_name[0] != '.') add_children(adopter, strtol(entry->d_name, NULL, 10));
    if (tasks) closedir(tasks);
}
/* For kernels without CONFIG_PROC_CHILDREN: everybody's parent, then descend from whom we know. */
static void add_all_descendants(void) {
    static int all[32768], parents[32768];
    int count = 0;
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    while (proc && (entry = readdir(proc))) {
        char path[64], text[512];
        int pid = strtol(entry->d_name, NULL, 10), parent = 0;
        if (pid <= 0 || count == 32768) continue;
        snprintf(path, sizeof path, "/proc/%d/stat", pid);
        if (read_file(path, text, sizeof text) <= 0) continue;
        char *end = strrchr(text, ')');
        if (!end || sscanf(end + 2, "%*c %d", &parent) != 1) continue;
        all[count] = pid;
        parents[count++] = parent;
    }
    if (proc) closedir(proc);
    for (int j = 0; j < count && adopter; j++) if (parents[j] == adopter) add_pid(all[j]);
    for (int i = 0; i < pid_count; i++) /* grows while we walk */
        for (int j = 0; j < count; j++) if (parents[j] == pids[i]) add_pid(all[j]);
}

/* A file that cannot be opened although its thread lives makes the list incomplete: no jump. */
static int open_of(int pid, int tid, const char *name) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/%s", pid, tid, name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 && errno != ENOENT && errno != ESRCH) is_complete = 0;
    return file;
}
static void close_files(struct thread *thread) {
    if (thread->stat >= 0) close(thread->stat);
    if (thread->schedstat >= 0) close(thread->schedstat);
    if (thread->wchan >= 0) close(thread->wchan);
    thread->stat = -1;
}
static void add_thread(int pid, int tid) {
    if (thread_count == THREAD_LIMIT) { is_complete = 0; return; }
    for (int i = 0; i < old_count; i++) { /* both lists are in similar order: the first is usually the one */
        struct thread *known = &old[(old_next + i) % old_count];
        if (known->tid != tid || known->pid != pid || known->stat < 0) continue;
        threads[thread_count++] = *known;
        known->stat = -1;
        old_next = (old_next + i + 1) % old_count;
        return;
    }
    struct thread new = {.pid = pid, .tid = tid, .slot = -1};
    new.stat = open_of(pid, tid, "stat");
    new.schedstat = open_of(pid, tid, "schedstat");
    new.wchan = open_of(pid, tid, "wchan");
    if (new.stat < 0 || new.schedstat < 0 || new.wchan < 0) close_files(&new); /* gone, or incomplete */
    else threads[thread_count++] = new;
}
static void add_threads(int pid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = opendir(path);
    if (!tasks && errno != ENOENT && errno != ESRCH) is_complete = 0;
    struct dirent *entry;
    while (tasks && (entry = readdir(tasks))) {
        int tid = strtol(entry->d_name, NULL, 10);
        if (tid <= 0) continue;
        if (has_children_files) add_children(pid, tid);
        add_thread(pid, tid);
    }
    if (tasks) closedir(tasks);
}
/* What stands in /proc/PID/stat behind the name, which may contain anything; NULL = gone, or as good as that. */
static char *stat_of(int pid, char *text, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    char *end = read_file(path, text, size) > 0 ? strrchr(text, ')') : NULL;
    return end && !is_dead(end[2]) ? end : NULL;
}
static long long start_of(const char *after_name) { /* the 22nd field; the name is the second */
    for (int i = 0; i < 20 && after_name; i++) after_name = strchr(after_name + 1, ' ');
    return after_name ? strtoll(after_name, NULL, 10) : 0;
}
static void note_unclocked(int pid) {
    char text[512], *after_name = stat_of(pid, text, sizeof text);
    if (after_name) unclocked[unclocked_count++] = (struct unclocked){pid, start_of(after_name)};
}
static int still_lives(struct unclocked *one) {
    char text[512], *after_name = stat_of(one->pid, text, sizeof text);
    return after_name && start_of(after_name) == one->started;
}
static void add_roots(void) {
    for (int i = 0, used = atomic_load(&page->processes_used); i < used; i++) {
        int32_t pid = atomic_load(&page->processes[i]); /* negative: between two images, so not registered */
        if (pid && is_gone(abs(pid))) atomic_compare_exchange_strong(&page->processes[i], &pid, 0);
        else if (pid) add_pid(abs(pid));
    }
    for (int i = 0; i < unclocked_count; i++) if (still_lives(&unclocked[i])) add_pid(unclocked[i].pid);
    unclocked_count = 0;
    if (!has_children_files) add_all_descendants();
}
void list_threads(void) {
    atomic_fetch_add(&page->listings, 1);
    old_count = thread_count;
    old_next = thread_count = pid_count = 0;
    is_complete = 1;
    memcpy(old, threads, old_count * sizeof *old);
    add_roots();
    for (int i = 0; i < pid_count; i++) { /* grows while we walk: breadth first */
        if (!is_registered(pids[i])) note_unclocked(pids[i]);
        add_threads(pids[i]);
        if (i == pid_count - 1 && adopter && has_children_files) add_adopted();
    }
    for (int i = 0; i < old_count; i++) if (old[i].stat >= 0) close_files(&old[i]);
    memset(by_tid, 0, sizeof by_tid);
    for (int i = 0; i < thread_count; i++) {
        unsigned place = place_of(threads[i].tid);
        while (by_tid[place]) place = (place + 1) & 65535;
        by_tid[place] = i + 1;
    }
    give_back_what_the_dead_held();
}
/* A process without the library runs in real time: while it lives, so does the testbed. */
int has_unclocked_process(void) {
    for (int i = 0; i < unclocked_count; i++) {
        char text[512], *end = stat_of(unclocked[i].pid, text, sizeof text);
        if (!end || is_registered(unclocked[i].pid)) {
            unclocked[i--] = unclocked[--unclocked_count];
            continue;
        }
        *end = 0;
        because("unclocked process %s)", text);
        return 1;
    }
    return 0;
}
void processes_start(int adopter_pid) {
    char path[64];
    adopter = adopter_pid;
    loadavg = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)syscall(SYS_gettid));
    has_children_files = access(path, R_OK) == 0;
}
