/* native_timers.h - the part of native.c about timerfd and timer_create; uses its helpers. */
/* ---- timerfd ---- */
static int timer_descriptor(long seconds, long interval, int flags) {
    struct itimerspec value = {{interval, 0}, {seconds, 0}};
    int timer = timerfd_create(CLOCK_MONOTONIC, flags);
    timerfd_settime(timer, 0, &value, NULL);
    return timer;
}
static uint64_t expirations(int timer) {
    uint64_t expired = 0;
    return read(timer, &expired, sizeof expired) == sizeof expired ? expired : 0;
}
static void timerfd_read(void) { SAY("n=%d", (int)expirations(timer_descriptor(11, 0, 0))); }
static void timerfd_read_absolute_realtime(void) {
    struct itimerspec value = {{0, 0}, in(CLOCK_REALTIME, 11)};
    int timer = timerfd_create(CLOCK_REALTIME, 0);
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &value, NULL);
    SAY("n=%d", (int)expirations(timer));
}
static void timerfd_poll(void) {
    struct pollfd one = {timer_descriptor(11, 0, 0), POLLIN, 0};
    int r = poll(&one, 1, 60000);
    SAY("r=%d n=%d", r, (int)expirations(one.fd));
}
static void timerfd_poll_before_it_is_due(void) {
    struct pollfd one = {timer_descriptor(11, 0, 0), POLLIN, 0};
    SAY("r=%d", poll(&one, 1, 5000));
}
static int epoll_on(int timer, unsigned events) {
    struct epoll_event event = {.events = events};
    int epoll = epoll_create1(0);
    epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &event);
    return epoll;
}
static void timerfd_epoll(void) {
    struct epoll_event event;
    int timer = timer_descriptor(11, 0, 0), r = epoll_wait(epoll_on(timer, EPOLLIN), &event, 1, -1);
    SAY("r=%d n=%d", r, (int)expirations(timer));
}
static void timerfd_epoll_edge_triggered(void) {
    struct epoll_event event;
    int timer = timer_descriptor(11, 11, 0), epoll = epoll_on(timer, EPOLLIN | EPOLLET);
    int first = epoll_wait(epoll, &event, 1, 60000), n = expirations(timer);
    int second = epoll_wait(epoll, &event, 1, 60000);
    SAY("r=%d r=%d n=%d", first, second, n + (int)expirations(timer));
}
static void timerfd_select(void) {
    int timer = timer_descriptor(11, 0, 0);
    struct timeval timeout = {60, 0};
    fd_set set;
    FD_ZERO(&set);
    FD_SET(timer, &set);
    int r = select(timer + 1, &set, NULL, NULL, &timeout);
    SAY("r=%d n=%d", r, (int)expirations(timer));
}
static void timerfd_interval_read_10_times(void) {
    int timer = timer_descriptor(5, 5, 0), n = 0;
    for (int i = 0; i < 10; i++) n += expirations(timer);
    SAY("n=%d", n);
}
static void timerfd_interval_unread_for_50_s(void) {
    int timer = timer_descriptor(5, 5, 0);
    struct timespec more = {50, 20000000};
    nanosleep(&more, NULL);
    SAY("n=%d", (int)expirations(timer));
}
static void timerfd_disarmed(void) {
    int timer = timer_descriptor(11, 0, TFD_NONBLOCK);
    struct itimerspec nothing = {{0, 0}, {0, 0}};
    uint64_t expired;
    pass(5);
    timerfd_settime(timer, 0, &nothing, NULL);
    pass(25);
    int r = read(timer, &expired, sizeof expired);
    SAY("r=%d e=%d", r, errno);
}
static void *arm_later(void *timer) {
    struct itimerspec value = {{0, 0}, {4, 0}};
    pass(2);
    timerfd_settime((int)(long)timer, 0, &value, NULL);
    return NULL;
}
static void timerfd_armed_by_another_thread(void) {
    struct pollfd one = {timerfd_create(CLOCK_MONOTONIC, 0), POLLIN, 0};
    start(arm_later, (void *)(long)one.fd);
    int r = poll(&one, 1, -1);
    SAY("r=%d n=%d", r, (int)expirations(one.fd));
}
static void timerfd_gettime_(void) {
    struct itimerspec value;
    int timer = timer_descriptor(10, 0, 0);
    pass(4);
    timerfd_gettime(timer, &value);
    SAY("left=%.2f", value.it_value.tv_sec + value.it_value.tv_nsec / 1e9);
}
static void timerfd_dup(void) { SAY("n=%d", (int)expirations(dup(timer_descriptor(11, 0, 0)))); }

/* ---- timer_create ---- */
static timer_t new_timer(int notify, long seconds, long interval, int absolute) {
    extern void on_timer(union sigval);
    struct sigevent event = {.sigev_notify = notify, .sigev_signo = SIGUSR1, .sigev_value = {.sival_int = 42}};
    if (notify == SIGEV_THREAD) event.sigev_notify_function = on_timer;
    if (notify == SIGEV_THREAD_ID) event._sigev_un._tid = syscall(SYS_gettid);
    struct itimerspec value = {{interval, 0}, {seconds, 0}};
    struct sigaction action = {.sa_flags = SA_SIGINFO};
    timer_t timer;
    action.sa_sigaction = note;
    sigaction(SIGUSR1, &action, NULL);
    if (absolute) value.it_value = in(CLOCK_REALTIME, seconds);
    if (timer_create(absolute ? CLOCK_REALTIME : CLOCK_MONOTONIC, &event, &timer)) perror("timer_create");
    timer_settime(timer, absolute ? TIMER_ABSTIME : 0, &value, NULL);
    return timer;
}
void on_timer(union sigval value) {
    signal_value = value.sival_int;
    flag = syscall(SYS_gettid) == getpid();
    count++;
    sem_post(&semaphore);
}
static void timer_signal(void) {
    new_timer(SIGEV_SIGNAL, 8, 0, 0);
    pause();
    SAY("signal=%d code=%d value=%d", signal_number, signal_code, signal_value);
}
static void timer_absolute(void) {
    new_timer(SIGEV_SIGNAL, 8, 0, 1);
    pause();
    SAY("signal=%d code=%d value=%d", signal_number, signal_code, signal_value);
}
static void timer_signal_interval(void) {
    new_timer(SIGEV_SIGNAL, 8, 8, 0);
    while (count < 5) pause();
    SAY("count=%d", count);
}
static void timer_thread(void) {
    new_timer(SIGEV_THREAD, 8, 0, 0);
    sem_wait(&semaphore);
    SAY("value=%d main=%d", signal_value, flag);
}
static void timer_thread_interval(void) {
    new_timer(SIGEV_THREAD, 8, 8, 0);
    for (int i = 0; i < 5; i++) sem_wait(&semaphore);
    SAY("count=%d", count);
}
static void *sleep_on(void *unused) { (void)unused; pass(100); return NULL; }
static void *wait_for_own_signal(void *unused) {
    (void)unused;
    new_timer(SIGEV_THREAD_ID, 8, 0, 0);
    pause();
    SAY("same=%d", signal_tid == syscall(SYS_gettid));
    return NULL;
}
static void timer_to_one_thread(void) {
    pthread_t thread;
    start(sleep_on, NULL);
    pthread_create(&thread, NULL, wait_for_own_signal, NULL);
    pthread_join(thread, NULL);
}
static void timer_gettime_(void) {
    struct itimerspec value;
    timer_t timer = new_timer(SIGEV_SIGNAL, 8, 0, 0);
    pass(3);
    timer_gettime(timer, &value);
    SAY("left=%.2f", value.it_value.tv_sec + value.it_value.tv_nsec / 1e9);
}
static void timer_deleted(void) {
    timer_t timer = new_timer(SIGEV_SIGNAL, 8, 0, 0);
    pass(3);
    timer_delete(timer);
    pass(17);
    SAY("count=%d", count);
}
static void timer_not_inherited_by_fork(void) {
    int status;
    new_timer(SIGEV_SIGNAL, 8, 0, 0);
    pid_t child = fork();
    if (!child) { pass(20); _exit(count); }
    while (waitpid(child, &status, 0) < 0) {}
    SAY("child=%d", WEXITSTATUS(status));
}
static void ualarm_ends_pause(void) {
    signal(SIGALRM, ignore);
    ualarm(900000, 0);
    pause();
    SAY("rang");
}
