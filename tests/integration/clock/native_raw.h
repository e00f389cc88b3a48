/* native_raw.h - the part of native.c about waits made through syscall(); uses its helpers. Each waits for 0.3 s (the
 * first for 1 s) beside a thread that sleeps for long, after the clock has moved by 1000 s: a deadline that reached the
 * kernel unshifted would last that much longer. Says by how much virtual time ran ahead of real time meanwhile. */
#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <sys/socket.h>
#include <sys/time.h>

#define MILLISECONDS 1000000L
static double raw_started, raw_ahead;

static double real_now(void) {
    struct timespec real;
    clock_gettime(CLOCK_MONOTONIC_RAW, &real);
    return real.tv_sec + real.tv_nsec / 1e9;
}
static double ahead(void) { /* of one moment: who loses the CPU between two readings reads again */
    for (;;) {
        double before = real_now(), virtual = now();
        if (real_now() - before < 0.001) return virtual - before;
    }
}
static void *sleep_long(void *unused) {
    (void)unused;
    pass(100000);
    return NULL;
}
static void begin_raw(void) {
    pass(1000);
    start(sleep_long, NULL);
    raw_ahead = ahead();
    raw_started = now();
}
static void end_raw(long r, int e) {
    double waited = now() - raw_started;
    SAY("r=%ld e=%d waited=%.3f ahead=%.3f", r, e, waited, ahead() - raw_ahead);
}
static struct timespec shortly(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    t.tv_nsec += 300 * MILLISECONDS;
    if (t.tv_nsec >= 1000 * MILLISECONDS) { t.tv_nsec -= 1000 * MILLISECONDS; t.tv_sec++; }
    return t;
}
static const struct timespec for_300_ms = {0, 300 * MILLISECONDS};
static uint32_t word, other_word;

#define RAW_CASE(name, prepare, call) \
    static void raw_##name(void) { \
        begin_raw(); \
        prepare; \
        long r = call; \
        end_raw(r, r < 0 ? errno : 0); \
    }
static const struct timespec one_second = {1, 0};
RAW_CASE(futex_wait_of_1_s, , syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &one_second, NULL, 0))
RAW_CASE(futex_wait_bitset, struct timespec t = shortly(CLOCK_MONOTONIC),
         syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, 0, &t, NULL, FUTEX_BITSET_MATCH_ANY))
RAW_CASE(futex_wait_bitset_realtime, struct timespec t = shortly(CLOCK_REALTIME),
         syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &t, NULL, FUTEX_BITSET_MATCH_ANY))
static void *keep_word(void *unused) {
    (void)unused;
    syscall(SYS_futex, &word, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
    sem_post(&semaphore);
    pass(100000);
    return NULL;
}
static void let_word_be_kept(void) {
    start(keep_word, NULL);
    sem_wait(&semaphore);
}
RAW_CASE(futex_lock_pi, let_word_be_kept(); struct timespec t = shortly(CLOCK_REALTIME),
         syscall(SYS_futex, &word, FUTEX_LOCK_PI, 0, &t, NULL, 0))
RAW_CASE(futex_lock_pi2, let_word_be_kept(); struct timespec t = shortly(CLOCK_MONOTONIC),
         syscall(SYS_futex, &word, 13 /* FUTEX_LOCK_PI2 */, 0, &t, NULL, 0))
RAW_CASE(futex_wait_requeue_pi, struct timespec t = shortly(CLOCK_MONOTONIC),
         syscall(SYS_futex, &word, FUTEX_WAIT_REQUEUE_PI, 0, &t, &other_word, 0))
struct waiter { uint64_t value, address; uint32_t flags, padding; };
RAW_CASE(futex_waitv, struct timespec t = shortly(CLOCK_MONOTONIC); struct waiter one = {.address = (uintptr_t)&word};
         one.flags = 2 /* FUTEX_32 */, syscall(449 /* SYS_futex_waitv */, &one, 1, 0, &t, CLOCK_MONOTONIC))
RAW_CASE(nanosleep, , syscall(SYS_nanosleep, &for_300_ms, NULL))
RAW_CASE(clock_nanosleep, , syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &for_300_ms, NULL))
RAW_CASE(clock_nanosleep_absolute, struct timespec t = shortly(CLOCK_REALTIME),
         syscall(SYS_clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL))
RAW_CASE(ppoll, struct timespec t = for_300_ms, syscall(SYS_ppoll, NULL, 0, &t, NULL, 8))
RAW_CASE(pselect6, struct timespec t = for_300_ms, syscall(SYS_pselect6, 0, NULL, NULL, NULL, &t, NULL))
RAW_CASE(epoll_pwait, struct epoll_event event, syscall(SYS_epoll_pwait, epoll_create1(0), &event, 1, 300, NULL, 8))
RAW_CASE(epoll_pwait2, struct epoll_event event,
         syscall(SYS_epoll_pwait2, epoll_create1(0), &event, 1, &for_300_ms, NULL, 8))
RAW_CASE(rt_sigtimedwait, sigset_t set; sigemptyset(&set); sigaddset(&set, SIGUSR2),
         syscall(SYS_rt_sigtimedwait, &set, NULL, &for_300_ms, 8))
static void raw_semtimedop(void) {
    int set = semget(IPC_PRIVATE, 1, 0600);
    struct sembuf take = {0, -1, 0};
    begin_raw();
    long r = syscall(SYS_semtimedop, set, &take, 1, &for_300_ms);
    end_raw(r, errno);
    semctl(set, 0, IPC_RMID);
}
static mqd_t message_queue(void) {
    char name[64];
    struct mq_attr attributes = {.mq_maxmsg = 1, .mq_msgsize = 16};
    snprintf(name, sizeof name, "/clock-raw-%d", getpid());
    mqd_t queue = mq_open(name, O_RDWR | O_CREAT, 0600, &attributes);
    mq_unlink(name);
    return queue;
}
RAW_CASE(mq_timedreceive, struct timespec t = shortly(CLOCK_REALTIME); char bytes[16],
         syscall(SYS_mq_timedreceive, message_queue(), bytes, 16, NULL, &t))
RAW_CASE(mq_timedsend, struct timespec t = shortly(CLOCK_REALTIME); mqd_t queue = message_queue(); mq_send(queue, "", 0, 0),
         syscall(SYS_mq_timedsend, queue, "", 0, 0, &t))
static void raw_io_getevents(void) {
    aio_context_t context = 0;
    struct io_event event;
    struct timespec t = for_300_ms;
    syscall(SYS_io_setup, 1, &context);
    begin_raw();
    long r = syscall(SYS_io_getevents, context, 1, 1, &event, &t);
    end_raw(r, r < 0 ? errno : 0);
}
static void raw_io_uring(void) { /* with good arguments, so that only a refusal of ours is the same everywhere */
    char parameters[120] = {0};
    long ring = syscall(425 /* SYS_io_uring_setup */, 1, parameters);
    int e = errno;
    pass(20);
    SAY("r=%ld e=%d", ring, e);
}
#ifdef SYS_poll
RAW_CASE(poll, , syscall(SYS_poll, NULL, 0, 300))
RAW_CASE(select, struct timeval t = {.tv_usec = 300000}, syscall(SYS_select, 0, NULL, NULL, NULL, &t))
RAW_CASE(epoll_wait, struct epoll_event event, syscall(SYS_epoll_wait, epoll_create1(0), &event, 1, 300))
#endif

/* ---- what must not pin, or is as good as the function of that name ---- */
static void *raw_wake_later(void *unused) {
    (void)unused;
    pass(20);
    word = 1;
    syscall(SYS_futex, &word, FUTEX_WAKE, 1, NULL, NULL, 0);
    return NULL;
}
static void raw_futex_without_timeout(void) { /* is jumped over: somebody inside ends it */
    start(raw_wake_later, NULL);
    long r = 0;
    while (!word && !r) r = syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0);
    SAY("word=%d", (int)word);
}
static void raw_zero_timeouts(void) {
    struct epoll_event event;
    struct timespec zero = {0, 0};
    int epoll = epoll_create1(0);
    for (int i = 0; i < 100; i++) {
        syscall(SYS_futex, &word, FUTEX_WAIT, 0, &zero, NULL, 0);
        syscall(SYS_epoll_pwait, epoll, &event, 1, 0, NULL, 8);
        syscall(SYS_ppoll, NULL, 0, &zero, NULL, 8);
    }
    pass(20);
    SAY("zero");
}
static void raw_clock_is_shifted(void) {
    struct timespec raw;
    pass(20);
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &raw);
    SAY("same=%d", now() - (raw.tv_sec + raw.tv_nsec / 1e9) < 1);
}
static void raw_timerfd(void) {
    struct itimerspec value = {{0, 0}, {11, 0}};
    int timer = timerfd_create(CLOCK_MONOTONIC, 0);
    syscall(SYS_timerfd_settime, timer, 0, &value, NULL);
    SAY("n=%d", (int)expirations(timer));
}
static void raw_alarm(void) {
    struct itimerval value = {{0, 0}, {3, 0}};
    signal(SIGALRM, ignore);
    syscall(SYS_setitimer, ITIMER_REAL, &value, NULL);
    pause();
    SAY("rang");
}
static void raw_wait_interrupted(void) { /* the handler waits in turn: each ends its own pin */
    signal(SIGALRM, ignore);
    if (!fork()) {
        struct timespec t = for_300_ms;
        syscall(SYS_nanosleep, &t, NULL);
        kill(getppid(), SIGALRM);
        _exit(0);
    }
    struct timespec t = {100, 0};
    long r = syscall(SYS_nanosleep, &t, NULL);
    int e = errno;
    pass(20);
    SAY("r=%ld e=%d", r, e);
}
static void raw_close_of_everything(void) { /* then one of the application's own has the number of our FIFO */
    int ends[2], pair[2];
    char bytes[64];
    if (pipe(ends) || socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) return;
    struct pollfd one = {ends[0], POLLIN, 0};
    poll(&one, 1, 10000);
    for (int i = 600; i < 700; i++) syscall(SYS_close, i);
    int own = fcntl(pair[0], F_DUPFD, 600);
    int sent = write(pair[1], "precious", 8);
    poll(&one, 1, 50000);
    int got = recv(own, bytes, sizeof bytes, MSG_DONTWAIT);
    SAY("sent=%d got=%d closed=%d", sent, got, close(own));
}
/* Past every function of the C library, as Go's runtime does it. */
static void direct_sleep(void) {
    long r = -1;
    begin_raw();
#if defined(__x86_64__)
    __asm__ volatile("syscall" : "=a"(r) : "a"(SYS_nanosleep), "D"(&for_300_ms), "S"(0) : "rcx", "r11", "memory");
#elif defined(__aarch64__)
    register long number __asm__("x8") = SYS_nanosleep, first __asm__("x0") = (long)&for_300_ms, second __asm__("x1") = 0;
    __asm__ volatile("svc 0" : "+r"(first) : "r"(number), "r"(second) : "memory");
    r = first;
#endif
    end_raw(r, 0);
}
static void raw_errors(void) { /* errno, and arguments that the kernel refuses */
    struct timespec bad = {0, 2000000000L};
    int e[3];
    errno = 0;
    e[0] = syscall(SYS_futex, &word, FUTEX_WAIT, 0, &bad, NULL, 0) < 0 ? errno : 0;
    e[1] = syscall(SYS_close, -1) < 0 ? errno : 0;
    errno = 77;
    syscall(SYS_nanosleep, &(struct timespec){0, 1000}, NULL);
    e[2] = errno;
    pass(20);
    SAY("e=%d,%d,%d", e[0], e[1], e[2]);
}
static void execveat_of_an_unclocked_image(void) {
    char *arguments[] = {"sleep", "0.3", NULL}, *environment[] = {NULL};
    begin_raw();
    pid_t one = fork();
    if (!one) { syscall(SYS_execveat, AT_FDCWD, "/bin/sleep", arguments, environment, 0); _exit(1); }
    while (waitpid(one, NULL, 0) < 0) {}
    end_raw(0, 0);
}
