/* native.c - waits that Python cannot reach. `native CASE` prints "virtual_seconds detail". */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SAY(...) snprintf(detail, sizeof detail, __VA_ARGS__)
static char detail[200];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition;
static sem_t semaphore;
static volatile int flag, count, signal_number, signal_code, signal_value, signal_tid;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}
static struct timespec in(clockid_t clock, long seconds) {
    struct timespec t;
    clock_gettime(clock, &t);
    t.tv_sec += seconds;
    return t;
}
static void pass(long seconds) {
    struct timespec t = {seconds, 0};
    while (nanosleep(&t, &t)) {}
}
static void *signal_later(void *all) {
    pass(2);
    pthread_mutex_lock(&mutex);
    flag = 1;
    if (all) pthread_cond_broadcast(&condition);
    else pthread_cond_signal(&condition);
    pthread_mutex_unlock(&mutex);
    return NULL;
}
static void *post_later(void *posted) {
    pass(2);
    sem_post(posted);
    return NULL;
}
static void *wait_for_flag(void *unused) {
    struct timespec until = in(CLOCK_REALTIME, 100);
    int r = 0;
    (void)unused;
    pthread_mutex_lock(&mutex);
    while (!flag && r == 0) r = pthread_cond_timedwait(&condition, &mutex, &until);
    pthread_mutex_unlock(&mutex);
    return (void *)(long)r;
}
static void ignore(int number) { (void)number; }
static void note(int number, siginfo_t *info, void *context) {
    (void)context;
    signal_number = number;
    signal_code = info->si_code;
    signal_value = info->si_value.sival_int;
    signal_tid = syscall(SYS_gettid);
    count++;
}
static void start(void *(*run)(void *), void *argument) {
    pthread_t thread;
    pthread_create(&thread, NULL, run, argument);
}

/* ---- conditions ---- */
static void condition_with(clockid_t clock, int shared) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, clock);
    pthread_condattr_setpshared(&attributes, shared);
    pthread_cond_init(&condition, &attributes);
}
static int wait_condition(clockid_t clock) {
    struct timespec until = in(clock, 30);
    int r = 0;
    pthread_mutex_lock(&mutex);
    while (!flag && r == 0) r = pthread_cond_timedwait(&condition, &mutex, &until);
    return r;
}
static void times_out(clockid_t clock) {
    condition_with(clock, 0);
    int r = wait_condition(clock);
    SAY("r=%d trylock=%d", r, pthread_mutex_trylock(&mutex));
}
static void condition_times_out_realtime(void) { times_out(CLOCK_REALTIME); }
static void condition_times_out_monotonic(void) { times_out(CLOCK_MONOTONIC); }
static void is_signalled(clockid_t clock) {
    condition_with(clock, 0);
    start(signal_later, NULL);
    int r = wait_condition(clock);
    SAY("r=%d flag=%d", r, flag);
}
static void condition_signalled_realtime(void) { is_signalled(CLOCK_REALTIME); }
static void condition_signalled_monotonic(void) { is_signalled(CLOCK_MONOTONIC); }
static void condition_broadcast_to_50(void) {
    pthread_t threads[50];
    int bad = 0;
    condition_with(CLOCK_REALTIME, 0);
    for (int i = 0; i < 50; i++) pthread_create(threads + i, NULL, wait_for_flag, NULL);
    start(signal_later, (void *)1);
    for (int i = 0; i < 50; i++) {
        void *r;
        pthread_join(threads[i], &r);
        bad += r != NULL;
    }
    SAY("bad=%d", bad);
}
static void condition_clockwait(void) {
    struct timespec until = in(CLOCK_MONOTONIC, 30);
    int r;
    condition_with(CLOCK_REALTIME, 0);
    pthread_mutex_lock(&mutex);
    do r = pthread_cond_clockwait(&condition, &mutex, CLOCK_MONOTONIC, &until);
    while (r == 0);
    SAY("r=%d", r);
}
static void condition_shared_times_out(void) {
    condition_with(CLOCK_MONOTONIC, PTHREAD_PROCESS_SHARED);
    SAY("r=%d", wait_condition(CLOCK_MONOTONIC));
}
static void condition_shared_signalled(void) { /* between two processes */
    struct shared { pthread_mutex_t mutex; pthread_cond_t condition; int flag; } *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t mutex_attributes;
    pthread_condattr_t attributes;
    pthread_mutexattr_init(&mutex_attributes);
    pthread_mutexattr_setpshared(&mutex_attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&shared->mutex, &mutex_attributes);
    pthread_condattr_init(&attributes);
    pthread_condattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_cond_init(&shared->condition, &attributes);
    if (!fork()) {
        pass(2);
        pthread_mutex_lock(&shared->mutex);
        shared->flag = 1;
        pthread_cond_signal(&shared->condition);
        pthread_mutex_unlock(&shared->mutex);
        _exit(0);
    }
    struct timespec until = in(CLOCK_REALTIME, 30);
    int r = 0;
    pthread_mutex_lock(&shared->mutex);
    while (!shared->flag && r == 0) r = pthread_cond_timedwait(&shared->condition, &shared->mutex, &until);
    SAY("r=%d flag=%d", r, shared->flag);
}

/* ---- semaphores ---- */
static void wait_semaphore(sem_t *waited) {
    struct timespec until = in(CLOCK_REALTIME, 30);
    int r = sem_timedwait(waited, &until), e = errno, value;
    sem_getvalue(waited, &value);
    if (r) SAY("r=%d e=%d", r, e);
    else SAY("r=%d value=%d", r, value);
}
static void semaphore_times_out(void) { wait_semaphore(&semaphore); }
static void semaphore_posted(void) {
    start(post_later, &semaphore);
    wait_semaphore(&semaphore);
}
static void semaphore_shared_posted(void) {
    sem_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    sem_init(shared, 1, 0);
    if (!fork()) { post_later(shared); _exit(0); }
    wait_semaphore(shared);
}
static void semaphore_shared_at_two_addresses(void) {
    int file = memfd_create("semaphore", 0);
    if (ftruncate(file, 8192)) return;
    sem_t *first = (sem_t *)((char *)mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) + 4096);
    sem_init(first, 1, 0);
    if (!fork()) {
        post_later(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 4096));
        _exit(0);
    }
    wait_semaphore(first);
}

/* ---- sleeping ---- */
static void nanosleep_remaining(void) {
    struct timespec request = {10, 0}, left = {0, 0};
    signal(SIGALRM, ignore);
    alarm(3);
    int r = nanosleep(&request, &left);
    SAY("r=%d e=%d left=%.2f", r, errno, left.tv_sec + left.tv_nsec / 1e9);
}
static void sleep_remaining(void) {
    signal(SIGALRM, ignore);
    alarm(3);
    SAY("r=%u", sleep(10));
}
static void clock_nanosleep_remaining(void) {
    struct timespec request = {10, 0}, left = {0, 0};
    signal(SIGALRM, ignore);
    alarm(3);
    int r = clock_nanosleep(CLOCK_REALTIME, 0, &request, &left);
    SAY("r=%d left=%.2f", r, left.tv_sec + left.tv_nsec / 1e9);
}
static void clock_nanosleep_absolute(void) {
    struct timespec until = in(CLOCK_REALTIME, 12);
    SAY("r=%d", clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL));
}
static void select_remaining(void) {
    struct timeval timeout = {30, 0};
    int ends[2], r = pipe(ends);
    fd_set set;
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    r = select(ends[0] + 1, &set, NULL, NULL, &timeout);
    SAY("r=%d left=%ld set=%d", r, (long)timeout.tv_sec, !!FD_ISSET(ends[0], &set));
}

/* ---- locks and queues ---- */
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static void *keep_locks(void *seconds) {
    pthread_mutex_lock(&mutex);
    pthread_rwlock_wrlock(&rwlock);
    sem_post(&semaphore);
    pass((long)seconds);
    pthread_mutex_unlock(&mutex);
    return NULL;
}
static void let_locks_be_kept(long seconds) {
    start(keep_locks, (void *)seconds);
    sem_wait(&semaphore);
}
static void mutex_times_out(void) {
    let_locks_be_kept(100);
    struct timespec until = in(CLOCK_REALTIME, 9);
    SAY("r=%d", pthread_mutex_timedlock(&mutex, &until));
}
static void mutex_released(void) {
    let_locks_be_kept(2);
    struct timespec until = in(CLOCK_MONOTONIC, 9);
    SAY("r=%d", pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &until));
}
static void rwlock_read_times_out(void) {
    let_locks_be_kept(100);
    struct timespec until = in(CLOCK_REALTIME, 9);
    SAY("r=%d", pthread_rwlock_timedrdlock(&rwlock, &until));
}
static void rwlock_write_times_out(void) {
    let_locks_be_kept(100);
    struct timespec until = in(CLOCK_REALTIME, 9);
    SAY("r=%d", pthread_rwlock_timedwrlock(&rwlock, &until));
}
static void message_queue_times_out(void) {
    char name[64], message[16];
    struct mq_attr attributes = {.mq_maxmsg = 1, .mq_msgsize = 16};
    snprintf(name, sizeof name, "/clock-%d", getpid());
    mqd_t queue = mq_open(name, O_RDWR | O_CREAT, 0600, &attributes);
    mq_unlink(name);
    struct timespec until = in(CLOCK_REALTIME, 9);
    int r = mq_timedreceive(queue, message, 16, NULL, &until);
    SAY("r=%d e=%d", r, errno);
}
static void system_v_semaphore_times_out(void) {
    int set = semget(IPC_PRIVATE, 1, 0600);
    struct sembuf take = {0, -1, 0};
    struct timespec timeout = {9, 0};
    int r = semtimedop(set, &take, 1, &timeout);
    SAY("r=%d e=%d", r, errno);
    semctl(set, 0, IPC_RMID);
}
static void join_times_out(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, keep_locks, (void *)100);
    struct timespec until = in(CLOCK_REALTIME, 9);
    SAY("r=%d", pthread_timedjoin_np(thread, NULL, &until));
}

static void join_times_out_monotonic(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, keep_locks, (void *)100);
    struct timespec until = in(CLOCK_MONOTONIC, 9);
    SAY("r=%d", pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &until));
}

#include "native_c11.h"
#include "native_timers.h"
#include "native_raw.h"
#include "native_handlers.h"
#include "native_calls.h"

#define CASE(name) {#name, name}
static const struct { const char *name; void (*run)(void); } cases[] = {
    CASE(condition_times_out_realtime), CASE(condition_times_out_monotonic), CASE(condition_signalled_realtime),
    CASE(condition_signalled_monotonic), CASE(condition_broadcast_to_50), CASE(condition_clockwait),
    CASE(condition_shared_times_out), CASE(condition_shared_signalled), CASE(semaphore_times_out), CASE(semaphore_posted),
    CASE(semaphore_shared_posted), CASE(semaphore_shared_at_two_addresses), CASE(nanosleep_remaining), CASE(sleep_remaining),
    CASE(clock_nanosleep_remaining), CASE(clock_nanosleep_absolute), CASE(select_remaining), CASE(mutex_times_out),
    CASE(mutex_released), CASE(rwlock_read_times_out), CASE(rwlock_write_times_out), CASE(message_queue_times_out),
    CASE(system_v_semaphore_times_out), CASE(join_times_out), CASE(timerfd_read), CASE(timerfd_read_absolute_realtime),
    CASE(timerfd_poll), CASE(timerfd_poll_before_it_is_due), CASE(timerfd_epoll), CASE(timerfd_epoll_edge_triggered),
    CASE(timerfd_select), CASE(timerfd_interval_read_10_times), CASE(timerfd_interval_unread_for_50_s),
    CASE(timerfd_disarmed), CASE(timerfd_armed_by_another_thread), {"timerfd_gettime", timerfd_gettime_}, CASE(timerfd_dup),
    CASE(timer_signal), CASE(timer_signal_interval), CASE(timer_absolute), CASE(timer_thread), CASE(timer_thread_interval),
    CASE(timer_to_one_thread), {"timer_gettime", timer_gettime_}, CASE(timer_deleted), CASE(timer_not_inherited_by_fork),
    CASE(join_times_out_monotonic), CASE(c11_sleep), CASE(c11_mutex_times_out), CASE(c11_condition_times_out),
    CASE(c11_condition_signalled), CASE(c11_condition_broadcast), CASE(ualarm_ends_pause),
    CASE(raw_futex_wait_of_1_s), CASE(raw_futex_wait_bitset), CASE(raw_futex_wait_bitset_realtime), CASE(raw_futex_lock_pi),
    CASE(raw_futex_lock_pi2), CASE(raw_futex_wait_requeue_pi), CASE(raw_futex_waitv), CASE(raw_nanosleep),
    CASE(raw_clock_nanosleep), CASE(raw_clock_nanosleep_absolute), CASE(raw_ppoll), CASE(raw_pselect6), CASE(raw_epoll_pwait),
    CASE(raw_epoll_pwait2), CASE(raw_rt_sigtimedwait), CASE(raw_semtimedop), CASE(raw_mq_timedreceive), CASE(raw_mq_timedsend),
    CASE(raw_io_getevents), CASE(raw_io_uring),
#ifdef SYS_poll
    CASE(raw_poll), CASE(raw_select), CASE(raw_epoll_wait),
#endif
    CASE(raw_futex_without_timeout), CASE(raw_zero_timeouts), CASE(raw_clock_is_shifted), CASE(raw_timerfd), CASE(raw_alarm),
    CASE(raw_wait_interrupted), CASE(raw_errors), CASE(raw_close_of_everything), CASE(direct_sleep), CASE(execveat_of_an_unclocked_image),
    CASE(handler_waits_in_a_sleep), CASE(handler_waits_in_a_condition),
    CASE(handler_waits_in_a_lock), CASE(handler_leaves_a_sleep), CASE(handler_forks_in_a_sleep),
    CASE(handler_forks_in_a_condition), CASE(condition_waits_of_15_ms), CASE(gettimeofday_of_nothing), CASE(system_v_semaphore_without_waiting),
    CASE(asynchronous_read_times_out), CASE(sleep_is_cancelled), CASE(poll_outside_is_cancelled),
    CASE(timerfd_made_after_fork), CASE(select_of_2000), CASE(outside_datagrams)};

int main(int arguments, char **values) {
    sem_init(&semaphore, 0, 0);
    for (size_t i = 0; arguments > 1 && i < sizeof cases / sizeof *cases; i++) {
        if (strcmp(values[1], cases[i].name)) continue;
        double before = now();
        cases[i].run();
        printf("%.3f %s\n", now() - before, detail);
        return 0;
    }
    fprintf(stderr, "no such case\n");
    return 2;
}
