/* native_handlers.h - the part of native.c about signal handlers that come in a wait and wait, leave or fork; uses its
 * helpers. Each beside a thread that sleeps for long, to whose deadline time jumps if another one is not announced. */
#include <setjmp.h>

static pthread_t interrupted;
static sigjmp_buf place;
static volatile double handler_took;
static volatile pid_t child = 1;

static void *interrupt_after_3_s(void *unused) {
    (void)unused;
    pass(3);
    pthread_kill(interrupted, SIGUSR1);
    pass(100000);
    return NULL;
}
static void be_interrupted(void (*handler)(int)) {
    interrupted = pthread_self();
    signal(SIGUSR1, handler);
    start(interrupt_after_3_s, NULL);
}
static void wait_5_s(int number) {
    double before = now();
    (void)number;
    pass(5);
    handler_took = now() - before;
}
static void leave(int number) { siglongjmp(place, number); }
static void fork_a_child(int number) { (void)number; child = fork(); }
static int wait_for_condition_30_s(void) {
    condition_with(CLOCK_REALTIME, 0);
    return wait_condition(CLOCK_REALTIME);
}

static void handler_waits_in_a_sleep(void) {
    be_interrupted(wait_5_s);
    unsigned left = sleep(50);
    pass(20);
    SAY("interrupted=%d took=%.2f", left > 0, handler_took);
}
static void handler_waits_in_a_condition(void) {
    be_interrupted(wait_5_s);
    int r = wait_for_condition_30_s();
    SAY("r=%d took=%.2f", r, handler_took);
}
static void handler_waits_in_a_lock(void) {
    let_locks_be_kept(100);
    be_interrupted(wait_5_s);
    struct timespec until = in(CLOCK_REALTIME, 30);
    int r = pthread_mutex_timedlock(&mutex, &until);
    SAY("r=%d took=%.2f", r, handler_took);
}
static void handler_leaves_a_sleep(void) {
    be_interrupted(leave);
    int number = sigsetjmp(place, 1);
    if (!number) pass(50);
    pass(10);
    pass(10);
    SAY("left=%d", number == SIGUSR1);
}
static void end_child(void) {
    if (!child) _exit(0);
    while (waitpid(child, NULL, 0) < 0) {}
}
static void handler_forks_in_a_sleep(void) {
    be_interrupted(fork_a_child);
    sleep(50);
    end_child();
    pass(10);
    pass(10);
    SAY("forked=%d", child > 1);
}
static void handler_forks_in_a_condition(void) {
    be_interrupted(fork_a_child);
    int r = wait_for_condition_30_s();
    end_child();
    SAY("r=%d", r);
}
static void condition_waits_of_15_ms(void) { /* as short as the interval of an interpreter lock */
    condition_with(CLOCK_REALTIME, 0);
    start(interrupt_after_3_s, NULL);
    interrupted = pthread_self();
    signal(SIGUSR1, ignore);
    pass(5);
    pthread_mutex_lock(&mutex);
    for (int i = 0; i < 3; i++) {
        struct timespec until = in(CLOCK_REALTIME, 0);
        until.tv_nsec += 15000000;
        if (until.tv_nsec >= 1000000000) { until.tv_nsec -= 1000000000; until.tv_sec++; }
        while (pthread_cond_timedwait(&condition, &mutex, &until) == 0) {}
    }
    SAY("waited");
}
