/* native_calls.h - the part of native.c about single calls that must keep their meaning; uses its helpers. */
#include <aio.h>
#include <arpa/inet.h>
#include <netinet/in.h>

static void gettimeofday_of_nothing(void) {
    struct timezone zone;
    struct timeval *volatile nothing = NULL;
    int r = gettimeofday(nothing, &zone);
    pass(20);
    SAY("r=%d", r);
}
static void system_v_semaphore_without_waiting(void) {
    int set = semget(IPC_PRIVATE, 1, 0600);
    struct sembuf take = {0, -1, IPC_NOWAIT};
    struct timespec timeout = {9, 0};
    double before = now();
    int r = semtimedop(set, &take, 1, &timeout), e = errno;
    int at_once = now() - before < 1;
    pass(20);
    SAY("r=%d e=%d at_once=%d", r, e, at_once);
    semctl(set, 0, IPC_RMID);
}
static void asynchronous_read_times_out(void) {
    int ends[2], r = pipe(ends);
    char byte;
    struct aiocb request = {.aio_fildes = ends[0], .aio_buf = &byte, .aio_nbytes = 1};
    const struct aiocb *requests[] = {&request};
    struct timespec timeout = {9, 0};
    if (aio_read(&request)) return;
    r = aio_suspend(requests, 1, &timeout);
    SAY("r=%d e=%d", r, errno);
}
static void *sleep_for_an_hour(void *unused) {
    pass(3600);
    return unused;
}
static void sleep_is_cancelled(void) {
    pthread_t thread;
    void *value;
    pthread_create(&thread, NULL, sleep_for_an_hour, NULL);
    pass(3);
    pthread_cancel(thread);
    pthread_join(thread, &value);
    SAY("cancelled=%d", value == PTHREAD_CANCELED);
}
static struct sockaddr_in outside(const char *variable) {
    const char *port = getenv(variable);
    return (struct sockaddr_in){AF_INET, htons(port ? atoi(port) : 0), {htonl(INADDR_LOOPBACK)}, {0}};
}
static void *poll_outside(void *unused) {
    struct sockaddr_in server = outside("CLOCK_OUTSIDE_PORT");
    struct pollfd one = {socket(AF_INET, SOCK_STREAM, 0), POLLIN, 0};
    if (connect(one.fd, (struct sockaddr *)&server, sizeof server)) return unused;
    sem_post(&semaphore);
    poll(&one, 1, -1);
    return unused;
}
static void poll_outside_is_cancelled(void) {
    pthread_t thread;
    void *value;
    pthread_create(&thread, NULL, poll_outside, NULL);
    sem_wait(&semaphore);
    usleep(100000);
    pthread_cancel(thread);
    pthread_join(thread, &value);
    pass(20);
    SAY("cancelled=%d", value == PTHREAD_CANCELED);
}
static void timerfd_made_after_fork(void) { /* by another clock, under the number of one that was inherited */
    struct itimerspec value = {{0, 0}, in(CLOCK_REALTIME, 100)};
    int timer = timerfd_create(CLOCK_REALTIME, 0), status;
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &value, NULL);
    pid_t child = fork();
    if (!child) {
        double before = now();
        close(timer);
        if (timerfd_create(CLOCK_MONOTONIC, 0) != timer) _exit(1);
        value.it_value = in(CLOCK_MONOTONIC, 11);
        timerfd_settime(timer, TFD_TIMER_ABSTIME, &value, NULL);
        expirations(timer);
        _exit((int)(now() - before + 0.5));
    }
    while (waitpid(child, &status, 0) < 0) {}
    SAY("child=%d", WEXITSTATUS(status));
}
static void select_of_2000(void) {
    fd_set sets[2];
    memset(sets, 0, sizeof sets);
    struct timespec timeout = for_300_ms;
    begin_raw();
    long r = pselect(2000, sets, NULL, NULL, &timeout, NULL);
    end_raw(r, r < 0 ? errno : 0);
}
static void outside_datagrams(void) {
    struct sockaddr_in server = outside("CLOCK_DATAGRAM_PORT");
    struct timeval five = {5, 0};
    char bytes[10] = "?";
    struct iovec part = {bytes, 1};
    struct mmsghdr message = {{.msg_name = &server, .msg_namelen = sizeof server, .msg_iov = &part, .msg_iovlen = 1}, 0};
    int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &five, sizeof five);
    start(sleep_long, NULL);
    double before = now();
    int sent = sendmmsg(descriptor, &message, 1, 0);
    part.iov_len = sizeof bytes - 1;
    message.msg_hdr.msg_name = NULL;
    int got = recvmmsg(descriptor, &message, 1, 0, NULL);
    SAY("sent=%d got=%d %s%s", sent, got, got == 1 ? bytes : "nothing", now() - before < 4 ? "" : ", after a jump");
}
