/* traffic.c - bytes in and out, and name service. One byte load per call for a descriptor that is known and neither an
 * outside socket nor one with SO_RCVTIMEO or SO_SNDTIMEO.
 *
 * A kernel wait bounded by such a time-out cannot be ended by a jump: the wrapper polls with the same bound first and
 * then asks the kernel without waiting. Outside sockets keep the kernel's: they are pinned, so time is real. */
#include "peers.h"
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/uio.h>

/* 0 = go on, and do not wait in the kernel; -1 = the time is over (errno EAGAIN) or a signal came. */
static int await_ready(int descriptor, short events, int64_t timeout) {
    struct pollfd one = {descriptor, events, 0};
    int ready = poll_until(&one, 1, virtual_now(MONOTONIC) + timeout, NULL, WAIT_SOCKET);
    if (ready == 0) errno = EAGAIN;
    return ready > 0 ? 0 : -1;
}
static int64_t bound_of(int descriptor, int flags, int is_receiving) {
    struct descriptor *record = record_of(descriptor);
    if (!record || !record->has_timeouts || record->class == OUTSIDE || flags & MSG_DONTWAIT) return 0;
    int64_t bound = is_receiving ? record->receive_timeout : record->send_timeout;
    return bound && !(fcntl(descriptor, F_GETFL) & O_NONBLOCK) ? bound : 0;
}

static ssize_t receive_bounded(int descriptor, struct msghdr *message, int flags, int64_t bound) {
    int64_t deadline = virtual_now(MONOTONIC) + bound;
    size_t wanted = 0, got = 0;
    for (size_t i = 0; i < message->msg_iovlen; i++) wanted += message->msg_iov[i].iov_len;
    for (;;) {
        ssize_t part = REAL(recvmsg)(descriptor, message, flags | MSG_DONTWAIT);
        if (part >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) {
            if (part <= 0 || !(flags & MSG_WAITALL) || message->msg_iovlen != 1 || (got += part) >= wanted)
                return got && part <= 0 ? (ssize_t)got : part > 0 && got ? (ssize_t)got : part;
            message->msg_iov[0].iov_base = (char *)message->msg_iov[0].iov_base + part;
            message->msg_iov[0].iov_len -= part;
            continue;
        }
        if (await_ready(descriptor, POLLIN, deadline - virtual_now(MONOTONIC))) return got ? (ssize_t)got : -1;
    }
}
/* The kernel's blocking send returns when all has been handed over, or what went out before the time was over. */
static ssize_t send_bounded(int descriptor, const struct msghdr *message, int flags, int64_t bound) {
    int64_t deadline = virtual_now(MONOTONIC) + bound;
    struct iovec parts[IOV_MAX];
    struct msghdr rest = *message;
    size_t sent = 0;
    if (message->msg_iovlen > IOV_MAX) { errno = EMSGSIZE; return -1; }
    for (size_t i = 0; i < message->msg_iovlen; i++) parts[i] = message->msg_iov[i];
    rest.msg_iov = parts;
    for (;;) {
        ssize_t part = REAL(sendmsg)(descriptor, &rest, flags | MSG_DONTWAIT);
        if (part < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return sent ? (ssize_t)sent : -1;
        for (sent += part > 0 ? part : 0; part > 0 && rest.msg_iovlen && (size_t)part >= rest.msg_iov->iov_len; rest.msg_iovlen--)
            part -= (rest.msg_iov++)->iov_len;
        while (rest.msg_iovlen && rest.msg_iov->iov_len == 0) { rest.msg_iov++; rest.msg_iovlen--; }
        if (!rest.msg_iovlen) return sent;
        if (part > 0) {
            rest.msg_iov->iov_base = (char *)rest.msg_iov->iov_base + part;
            rest.msg_iov->iov_len -= part;
        }
        if (await_ready(descriptor, POLLOUT, deadline - virtual_now(MONOTONIC))) return sent ? (ssize_t)sent : -1;
    }
}

static void note_traffic(int descriptor, ssize_t result, int is_receiving) {
    if (is_receiving) answer_received(descriptor, result);
    else if (result > 0) request_sent(descriptor);
}
/* `bounded` is evaluated when a time-out set on the socket bounds the wait, `call` otherwise. */
#define TRANSFER(descriptor, flags, is_receiving, bounded, call) do { \
    if (!is_outside(descriptor)) { \
        int64_t bound = bound_of(descriptor, flags, is_receiving); \
        return bound ? (bounded) : (call); \
    } \
    int pin = pin_descriptor(descriptor); \
    ssize_t result = call; \
    int error = errno; \
    end_pin(pin); \
    note_traffic(descriptor, result, is_receiving); \
    errno = error; \
    return result; } while (0)
#define RECEIVE(descriptor, flags, bounded, call) TRANSFER(descriptor, flags, 1, bounded, call)
#define SEND(descriptor, flags, bounded, call) TRANSFER(descriptor, flags, 0, bounded, call)
#define MESSAGE(bytes, count) \
    struct iovec vector = {(void *)(bytes), count}; \
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1}
#define MESSAGE_OF(vector, count) struct msghdr message = {.msg_iov = (struct iovec *)(vector), .msg_iovlen = count}

static ssize_t receive_from(int descriptor, struct msghdr *message, int flags, int64_t bound, struct sockaddr *sender,
                            socklen_t *length) {
    message->msg_name = sender;
    message->msg_namelen = length ? *length : 0;
    ssize_t result = receive_bounded(descriptor, message, flags, bound);
    if (result >= 0 && length) *length = message->msg_namelen;
    return result;
}

EXPORT ssize_t read(int descriptor, void *bytes, size_t count) {
    MESSAGE(bytes, count);
    RECEIVE(descriptor, 0, receive_bounded(descriptor, &message, 0, bound), REAL(read)(descriptor, bytes, count));
}
EXPORT ssize_t __read_chk(int descriptor, void *bytes, size_t count, size_t length) {
    (void)length;
    return read(descriptor, bytes, count);
}
EXPORT ssize_t readv(int descriptor, const struct iovec *vector, int count) {
    MESSAGE_OF(vector, count);
    RECEIVE(descriptor, 0, receive_bounded(descriptor, &message, 0, bound), REAL(readv)(descriptor, vector, count));
}
EXPORT ssize_t recv(int descriptor, void *bytes, size_t count, int flags) {
    MESSAGE(bytes, count);
    RECEIVE(descriptor, flags, receive_bounded(descriptor, &message, flags, bound),
            REAL(recv)(descriptor, bytes, count, flags));
}
EXPORT ssize_t __recv_chk(int descriptor, void *bytes, size_t count, size_t length, int flags) {
    (void)length;
    return recv(descriptor, bytes, count, flags);
}
EXPORT ssize_t recvfrom(int descriptor, void *bytes, size_t count, int flags, struct sockaddr *sender, socklen_t *length) {
    MESSAGE(bytes, count);
    RECEIVE(descriptor, flags, receive_from(descriptor, &message, flags, bound, sender, length),
            REAL(recvfrom)(descriptor, bytes, count, flags, sender, length));
}
EXPORT ssize_t __recvfrom_chk(int descriptor, void *bytes, size_t count, size_t size, int flags, struct sockaddr *sender,
                              socklen_t *length) {
    (void)size;
    return recvfrom(descriptor, bytes, count, flags, sender, length);
}
EXPORT ssize_t recvmsg(int descriptor, struct msghdr *message, int flags) {
    RECEIVE(descriptor, flags, receive_bounded(descriptor, message, flags, bound), REAL(recvmsg)(descriptor, message, flags));
}
EXPORT ssize_t write(int descriptor, const void *bytes, size_t count) {
    MESSAGE(bytes, count);
    SEND(descriptor, 0, send_bounded(descriptor, &message, 0, bound), REAL(write)(descriptor, bytes, count));
}
EXPORT ssize_t writev(int descriptor, const struct iovec *vector, int count) {
    MESSAGE_OF(vector, count);
    SEND(descriptor, 0, send_bounded(descriptor, &message, 0, bound), REAL(writev)(descriptor, vector, count));
}
EXPORT ssize_t send(int descriptor, const void *bytes, size_t count, int flags) {
    MESSAGE(bytes, count);
    SEND(descriptor, flags, send_bounded(descriptor, &message, flags, bound), REAL(send)(descriptor, bytes, count, flags));
}
EXPORT ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags) {
    SEND(descriptor, flags, send_bounded(descriptor, message, flags, bound), REAL(sendmsg)(descriptor, message, flags));
}
EXPORT ssize_t sendto(int descriptor, const void *bytes, size_t count, int flags, const struct sockaddr *address,
                      socklen_t length) {
    if (address && address->sa_family != AF_NETLINK && record_of(descriptor) && !is_outside(descriptor)) {
        int error = errno; /* unconnected UDP */
        union address peer = copy_address(address, length);
        if (!is_inside_peer(&peer, length, 1)) set_outside(descriptor, &peer);
        errno = error;
    }
    MESSAGE(bytes, count);
    message.msg_name = (void *)address;
    message.msg_namelen = length;
    SEND(descriptor, flags, send_bounded(descriptor, &message, flags, bound),
         REAL(sendto)(descriptor, bytes, count, flags, address, length));
}

static int accepted(int descriptor) {
    struct descriptor *record = record_of(descriptor);
    if (!record) return descriptor;
    int yes = 1, error = errno;
    forget(descriptor);
    record->class = QUIET;
    note_highest(descriptor);
    REAL(setsockopt)(descriptor, IPPROTO_TCP, 1 /* TCP_NODELAY, see sockets.c */, &yes, sizeof yes);
    errno = error;
    return descriptor;
}
EXPORT int accept4(int listener, struct sockaddr *address, socklen_t *length, int flags) {
    int64_t bound = bound_of(listener, 0, 1);
    if (bound && await_ready(listener, POLLIN, bound)) return -1;
    return accepted(REAL(accept4)(listener, address, length, flags));
}
EXPORT int accept(int listener, struct sockaddr *address, socklen_t *length) {
    return accept4(listener, address, length, 0);
}

/* The resolver talks to outside through calls that cannot be interposed. */
static int pin_resolver(const char *name) {
    char peer[PEER_LENGTH];
    snprintf(peer, sizeof peer, "name service: %.60s", name ? name : "");
    return page && name ? set_pin(-1, peer, 0) : NO_PIN;
}
EXPORT int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    int pin = pin_resolver(name), result = REAL(getaddrinfo)(name, service, hints, found), error = errno;
    end_pin(pin);
    errno = error;
    return result;
}
EXPORT struct hostent *gethostbyname(const char *name) {
    int pin = pin_resolver(name);
    struct hostent *result = REAL(gethostbyname)(name);
    end_pin(pin);
    return result;
}
