/* native_c11.h - the part of native.c about <threads.h>; uses its helpers. */
#include <threads.h>

static mtx_t c11_mutex;
static cnd_t c11_condition;
static void c11_start(void *(*run)(void *), void *argument) {
    mtx_init(&c11_mutex, mtx_timed);
    cnd_init(&c11_condition);
    start(run, argument);
}
static void c11_sleep(void) {
    struct timespec request = {9, 0};
    SAY("r=%d", thrd_sleep(&request, NULL));
}
static void *c11_keep(void *unused) {
    (void)unused;
    mtx_lock(&c11_mutex);
    sem_post(&semaphore);
    pass(100);
    return NULL;
}
static void c11_mutex_times_out(void) {
    c11_start(c11_keep, NULL);
    sem_wait(&semaphore);
    struct timespec until = in(CLOCK_REALTIME, 9);
    SAY("timedout=%d", mtx_timedlock(&c11_mutex, &until) == thrd_timedout);
}
static void *c11_signal_later(void *all) {
    pass(2);
    mtx_lock(&c11_mutex);
    flag = 1;
    if (all) cnd_broadcast(&c11_condition);
    else cnd_signal(&c11_condition);
    mtx_unlock(&c11_mutex);
    return NULL;
}
static void c11_wait(void *(*run)(void *), void *argument) {
    c11_start(run, argument);
    struct timespec until = in(CLOCK_REALTIME, 30);
    int r = thrd_success;
    mtx_lock(&c11_mutex);
    while (!flag && r == thrd_success) r = cnd_timedwait(&c11_condition, &c11_mutex, &until);
    SAY("timedout=%d flag=%d", r == thrd_timedout, flag);
}
static void *c11_nothing(void *unused) { return unused; }
static void c11_condition_times_out(void) { c11_wait(c11_nothing, NULL); }
static void c11_condition_signalled(void) { c11_wait(c11_signal_later, NULL); }
static void c11_condition_broadcast(void) { c11_wait(c11_signal_later, (void *)1); }
