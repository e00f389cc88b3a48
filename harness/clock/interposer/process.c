/* process.c - a process's life under the clock: it registers when the library is loaded and after fork, and takes
 * itself off around exec. Refuses silently (the process is then unclocked) when there is no page it understands. */
#include "interposer.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

struct page *page;
int own_pid;
char page_directory[200];

void *next_symbol(const char *name) {
    void *symbol = NULL;
#ifdef __x86_64__
    /* Plain dlsym may give the ancient condition variables of before 2003. */
    if (!strncmp(name, "pthread_cond_", 13)) symbol = dlvsym(RTLD_NEXT, name, "GLIBC_2.3.2");
#endif
    return symbol ? symbol : dlsym(RTLD_NEXT, name);
}

/* A negative entry is a process between two images: autojump counts it as unclocked until the new one registers. */
static int change_record(int32_t from, int32_t to) {
    for (int i = 0, used = atomic_load(&page->processes_used); i < used; i++) {
        int32_t pid = from;
        if (!atomic_compare_exchange_strong(&page->processes[i], &pid, to)) continue;
        atomic_fetch_add(&page->process_generation, 1); /* autojump must look again: this is no new pid */
        return 1;
    }
    return 0;
}
static void register_process(void) {
    if (change_record(-own_pid, own_pid) || change_record(own_pid, own_pid)) return;
    for (int i = 0; i < PROCESS_LIMIT; i++) {
        int32_t free = 0;
        if (!atomic_compare_exchange_strong(&page->processes[i], &free, own_pid)) continue;
        raise_to(&page->processes_used, i + 1);
        atomic_fetch_add(&page->process_generation, 1);
        return;
    }
    atomic_fetch_add(&page->overflow, 1); /* no record, no jumps any more: never silently */
}
static void unregister_process(void) { change_record(own_pid, -own_pid); }

/* exec keeps the pid but kills threads and pins: take back what the old image left. */
static void reclaim(struct page *mapped) {
    for (int i = 0, used = atomic_load(&mapped->slots_used); i < used; i++)
        if (atomic_load(&mapped->slots[i].pid) == own_pid) take_back(&mapped->slots[i], atomic_load(&mapped->slots[i].tid));
    for (int i = 0, used = atomic_load(&mapped->pins_used); i < used; i++)
        if (atomic_load(&mapped->pins[i].pid) == own_pid) {
            mapped->pins[i].peer[0] = 0;
            atomic_store(&mapped->pins[i].until, 0);
            atomic_store(&mapped->pins[i].pid, 0);
        }
}

/* The page is made by the Python face; a library that finds none, or another layout, must not invent one. */
static struct page *map_page(void) {
    char path[256];
    struct stat status;
    snprintf(path, sizeof path, "%s/page", page_directory);
    int descriptor = open(path, O_RDWR | O_CLOEXEC);
    if (descriptor < 0) return NULL;
    struct page *mapped = MAP_FAILED;
    if (!raw_syscall(SYS_fstat, descriptor, &status) && (size_t)status.st_size == sizeof(struct page))
        mapped = mmap(NULL, sizeof(struct page), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    raw_syscall(SYS_close, descriptor);
    if (mapped == MAP_FAILED) return NULL;
    if (atomic_load(&mapped->magic) == PAGE_MAGIC) return mapped;
    munmap(mapped, sizeof(struct page));
    return NULL;
}

/* After unshare(CLONE_NEWPID) a child has a number that means somebody else to autojump, who would signal him. */
static int is_of_other_pid_namespace(const struct page *mapped) {
    struct stat own;
    return raw_syscall(SYS_newfstatat, AT_FDCWD, "/proc/self/ns/pid", &own, 0)
        || (int64_t)own.st_ino != atomic_load(&mapped->pid_namespace);
}

static void after_fork(void) { /* in the child: it owns no slot, no pin, no FIFO, no timer */
    if (!page) return;
    own_pid = getpid();
    slots_after_fork();
    if (is_of_other_pid_namespace(page)) { page = NULL; return; }
    side_queue_after_fork();
    descriptors_after_fork();
    interval_timers_after_fork();
    timer_thread_after_fork();
    register_process();
}

/* Constructors of other libraries run before ours: the first that asks for the time or sleeps brings us to life. It may be
 * an allocator that does, so nothing here may allocate. */
static _Atomic int has_begun;
int begin(void) {
    if (atomic_load(&has_begun) || atomic_exchange(&has_begun, 1)) return page != NULL;
    const char *directory = getenv("HARNESS_CLOCK_DIRECTORY");
    if (!directory || strlen(directory) > 150) return 0;
    strcpy(page_directory, directory);
    struct page *mapped = map_page();
    if (!mapped || is_of_other_pid_namespace(mapped)) return 0;
    own_pid = getpid();
    slots_start();
    pthread_atfork(descriptors_before_fork, NULL, after_fork);
    reclaim(mapped);
    page = mapped;
    register_process();
    return 1;
}
__attribute__((constructor(101))) static void start(void) {
    clocks_start();
    if (begin()) descriptors_start();
}

/* The new program may not load this library (static, cleared environment), so it must register itself again; until
 * it does autojump sees an unclocked process and does not jump. A vfork child was never registered. */
static int is_registered_image(void) { return page && getpid() == own_pid; }
#define EXEC(call) do { \
    int was_registered = is_registered_image(); \
    if (was_registered) unregister_process(); \
    int result = call, error = errno; /* only reached when exec failed */ \
    if (was_registered) register_process(); \
    errno = error; \
    return result; } while (0)

EXPORT int execve(const char *path, char *const arguments[], char *const environment[]) {
    EXEC(REAL(execve)(path, arguments, environment));
}
EXPORT int execv(const char *path, char *const arguments[]) { EXEC(REAL(execv)(path, arguments)); }
EXPORT int execvp(const char *file, char *const arguments[]) { EXEC(REAL(execvp)(file, arguments)); }
EXPORT int execvpe(const char *file, char *const arguments[], char *const environment[]) {
    EXEC(REAL(execvpe)(file, arguments, environment));
}
EXPORT int fexecve(int descriptor, char *const arguments[], char *const environment[]) {
    EXEC(REAL(fexecve)(descriptor, arguments, environment));
}

EXPORT int execveat(int directory, const char *path, char *const arguments[], char *const environment[], int flags) {
    EXEC(raw_syscall(SYS_execveat, directory, path, arguments, environment, flags)); /* old C libraries have none */
}

/* execl and its kin call the C library's own execve, which cannot be interposed: so they are spelt out here. */
#define ARGUMENT_LIMIT 1024
#define COLLECT_ARGUMENTS() \
    char *arguments[ARGUMENT_LIMIT + 1] = {(char *)first}; \
    int count = 1; \
    va_list rest; \
    va_start(rest, first); \
    while (count < ARGUMENT_LIMIT && (arguments[count] = va_arg(rest, char *))) count++;
EXPORT int execl(const char *path, const char *first, ...) {
    COLLECT_ARGUMENTS();
    va_end(rest);
    return execv(path, arguments);
}
EXPORT int execlp(const char *file, const char *first, ...) {
    COLLECT_ARGUMENTS();
    va_end(rest);
    return execvp(file, arguments);
}
EXPORT int execle(const char *path, const char *first, ...) {
    COLLECT_ARGUMENTS();
    char *const *environment = va_arg(rest, char *const *);
    va_end(rest);
    return execve(path, arguments, environment);
}
