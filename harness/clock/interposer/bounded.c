/* bounded.c - transfers that SO_RCVTIMEO or SO_SNDTIMEO bounds. Such a wait in the kernel cannot be ended by a jump: we poll
 * with the same bound and ask the kernel without waiting. Not for outside sockets: they are pinned, so time is real. */
#include "interposer.h"
#include "bounded.h"
#include <fcntl.h>
#include <limits.h>

/* 0 = go on, and do not wait in the kernel; -1 = the time is over (errno EAGAIN) or a signal came. */
int await_ready(int descriptor, short events, int64_t timeout) {
    struct pollfd one = {descriptor, events, 0};
    int ready = poll_until(&one, 1, virtual_now(MONOTONIC) + timeout, NULL, WAIT_SOCKET);
    if (ready == 0) errno = EAGAIN;
    return ready > 0 ? 0 : -1;
}
int64_t bound_of(int descriptor, int flags, int is_receiving) {
    struct descriptor *record = record_of(descriptor);
    if (!record || !record->has_timeouts || record->class == OUTSIDE || flags & MSG_DONTWAIT) return 0;
    int64_t bound = is_receiving ? record->receive_timeout : record->send_timeout;
    return bound && !(fcntl(descriptor, F_GETFL) & O_NONBLOCK) ? bound : 0;
}

/* What is left of a message, in a copy of its vector: the caller's own is not ours to change. */
struct rest { struct msghdr message; struct iovec parts[IOV_MAX]; };
static int begin_rest(struct rest *rest, const struct msghdr *message) {
    if (message->msg_iovlen > IOV_MAX) { errno = EMSGSIZE; return -1; }
    rest->message = *message;
    for (size_t i = 0; i < message->msg_iovlen; i++) rest->parts[i] = message->msg_iov[i];
    rest->message.msg_iov = rest->parts;
    return 0;
}
/* Returns whether anything is left. What went along with the first part (descriptors, say) goes once. */
static int pass_over(struct msghdr *message, size_t count) {
    if (count) message->msg_controllen = 0;
    for (; message->msg_iovlen && count >= message->msg_iov->iov_len; message->msg_iovlen--)
        count -= (message->msg_iov++)->iov_len;
    if (!message->msg_iovlen) return 0;
    message->msg_iov->iov_base = (char *)message->msg_iov->iov_base + count;
    message->msg_iov->iov_len -= count;
    return 1;
}
static int must_wait(ssize_t part) { return part < 0 && (errno == EAGAIN || errno == EWOULDBLOCK); }

static ssize_t receive_all(int descriptor, struct msghdr *message, int flags, int64_t deadline) {
    struct rest rest;
    size_t got = 0;
    if (begin_rest(&rest, message)) return -1;
    for (;;) {
        ssize_t part = REAL(recvmsg)(descriptor, &rest.message, flags | MSG_DONTWAIT);
        if (part > 0 && !got) { /* what came along with the first part */
            message->msg_namelen = rest.message.msg_namelen;
            message->msg_controllen = rest.message.msg_controllen;
        }
        if (part >= 0) message->msg_flags = rest.message.msg_flags;
        if (part > 0) got += part;
        else if (!must_wait(part)) return got ? (ssize_t)got : part;
        if (part > 0 && !pass_over(&rest.message, part)) return got;
        if (part > 0) continue;
        if (await_ready(descriptor, POLLIN, deadline - virtual_now(MONOTONIC))) return got ? (ssize_t)got : -1;
    }
}
ssize_t receive_bounded(int descriptor, struct msghdr *message, int flags, int64_t bound) {
    int64_t deadline = virtual_now(MONOTONIC) + bound;
    if (flags & MSG_WAITALL) return receive_all(descriptor, message, flags, deadline);
    for (;;) {
        ssize_t got = REAL(recvmsg)(descriptor, message, flags | MSG_DONTWAIT);
        if (!must_wait(got)) return got;
        if (await_ready(descriptor, POLLIN, deadline - virtual_now(MONOTONIC))) return -1;
    }
}
/* The kernel's blocking send returns when all has been handed over, or what went out before the time was over. */
ssize_t send_bounded(int descriptor, const struct msghdr *message, int flags, int64_t bound) {
    int64_t deadline = virtual_now(MONOTONIC) + bound;
    struct rest rest;
    size_t sent = 0;
    if (begin_rest(&rest, message)) return -1;
    for (;;) {
        ssize_t part = REAL(sendmsg)(descriptor, &rest.message, flags | MSG_DONTWAIT);
        if (part < 0 && !must_wait(part)) return sent ? (ssize_t)sent : -1;
        if (part >= 0) {
            sent += part;
            if (!pass_over(&rest.message, part)) return sent;
        }
        if (await_ready(descriptor, POLLOUT, deadline - virtual_now(MONOTONIC))) return sent ? (ssize_t)sent : -1;
    }
}
