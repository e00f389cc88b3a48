/* self_test.c - does this machine's /proc tell what the proof needs? Asked once, with a child that sleeps: gVisor's
 * wchan and loadavg are stubs, some kernels have no schedstat, lxcfs invents a loadavg. */
#include "autojump.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The child has 10 s to fall asleep: beside many busy processes it may not get to run for seconds. */
#define LOOKS 20000
#define BETWEEN_LOOKS 500000

static int is_seen_asleep(int pid) {
    char path[64], text[64];
    snprintf(path, sizeof path, "/proc/%d/wchan", pid);
    ssize_t got = read_file(path, text, sizeof text);
    return got > 0 && strcmp(text, "0") != 0;
}
static int has_schedule_count(int pid) {
    char path[64], text[96];
    snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", pid, pid);
    if (read_file(path, text, sizeof text) <= 0) return 0;
    char *last = strrchr(text, ' ');
    return last && strtoul(last + 1, NULL, 10) > 0;
}
const char *refusal_of_machine(void) {
    if (access("/proc/self/stat", R_OK)) return "/proc is not mounted, so nobody can be seen sleeping";
    long before = last_pid();
    pid_t child = fork();
    if (child < 0) return "the autojump loop may not fork, so it could not be tested";
    if (child == 0) for (;;) pause();
    int saw_birth = before > 0 && last_pid() != before, saw_sleep = 0;
    for (int i = 0; i < LOOKS && !saw_sleep; i++) {
        struct timespec pause = {0, BETWEEN_LOOKS};
        saw_sleep = is_seen_asleep(child);
        if (!saw_sleep) nanosleep(&pause, NULL);
    }
    int saw_count = has_schedule_count(child);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    if (!saw_birth) return "/proc/loadavg does not tell of new processes here (lxcfs or gVisor?)";
    if (!saw_sleep) return "/proc/PID/wchan does not tell here whether a process sleeps (gVisor?)";
    if (!saw_count) return "/proc/PID/schedstat does not count here how often a process ran";
    return NULL;
}
