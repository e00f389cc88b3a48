/* signals.c - sigtimedwait. Nothing but a signal ends it in the kernel, so we poll {a signalfd of the same set, our FIFO}
 * and then take the signal without waiting. The set is added to the mask of the poll: sigtimedwait takes a signal that
 * is not blocked, too, before any handler runs. */
#include "interposer.h"
#include <sys/signalfd.h>

static int poll_signals(const sigset_t *set, int64_t deadline) {
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    for (int number = 1; number < NSIG; number++) if (sigismember(set, number) == 1) sigaddset(&mask, number);
    struct pollfd one = {signalfd(-1, set, SFD_CLOEXEC), POLLIN, 0};
    if (one.fd < 0) return -1;
    int result = poll_until(&one, 1, deadline, &mask, WAIT_SIGNAL), error = errno;
    raw_syscall(SYS_close, one.fd);
    errno = error;
    return result;
}
EXPORT int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout) {
    static const struct timespec at_once = {0, 0};
    if (!page || !timeout || is_invalid(timeout) || is_zero(timeout)) return REAL(sigtimedwait)(set, info, timeout);
    int64_t deadline = virtual_now(MONOTONIC) + from_timespec(timeout);
    for (;;) {
        int signal = REAL(sigtimedwait)(set, info, &at_once);
        if (signal >= 0 || errno != EAGAIN) return signal;
        if (virtual_now(MONOTONIC) >= deadline) { errno = EAGAIN; return -1; }
        if (poll_signals(set, deadline) < 0) return -1;
    }
}
