/* traffic.c - bytes in and out. One byte load per call for a descriptor that is known and neither an outside socket nor one
 * with SO_RCVTIMEO or SO_SNDTIMEO (bounded.c). */
#include "bounded.h"
#include "peers.h"
#include <sys/uio.h>

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
/* Unconnected UDP: where to is said with each message. */
void note_receiver(int descriptor, const void *address, socklen_t length) {
    const struct sockaddr *receiver = address;
    if (!receiver || length < sizeof receiver->sa_family || receiver->sa_family == AF_NETLINK) return;
    if (!record_of(descriptor) || is_outside(descriptor)) return;
    int error = errno;
    union address peer = copy_address(receiver, length);
    if (!is_inside_peer(&peer, length, 1)) set_outside(descriptor, &peer);
    errno = error;
}
EXPORT ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags) {
    note_receiver(descriptor, message->msg_name, message->msg_namelen);
    SEND(descriptor, flags, send_bounded(descriptor, message, flags, bound), REAL(sendmsg)(descriptor, message, flags));
}
EXPORT ssize_t sendto(int descriptor, const void *bytes, size_t count, int flags, const struct sockaddr *address,
                      socklen_t length) {
    note_receiver(descriptor, address, length);
    MESSAGE(bytes, count);
    message.msg_name = (void *)address;
    message.msg_namelen = length;
    SEND(descriptor, flags, send_bounded(descriptor, &message, flags, bound),
         REAL(sendto)(descriptor, bytes, count, flags, address, length));
}

static int accepted(int listener, int descriptor) {
    struct descriptor *record = record_of(descriptor), *parent = record_of(listener);
    if (!record || !parent) return descriptor;
    int yes = 1, error = errno;
    forget(descriptor);
    record->class = QUIET;
    record->has_timeouts = parent->has_timeouts; /* are inherited */
    record->receive_timeout = parent->receive_timeout;
    record->send_timeout = parent->send_timeout;
    note_highest(descriptor);
    REAL(setsockopt)(descriptor, IPPROTO_TCP, 1 /* TCP_NODELAY, see sockets.c */, &yes, sizeof yes);
    errno = error;
    return descriptor;
}
EXPORT int accept4(int listener, struct sockaddr *address, socklen_t *length, int flags) {
    int64_t bound = bound_of(listener, 0, 1);
    if (bound && await_ready(listener, POLLIN, bound)) return -1;
    return accepted(listener, REAL(accept4)(listener, address, length, flags));
}
EXPORT int accept(int listener, struct sockaddr *address, socklen_t *length) {
    return accept4(listener, address, length, 0);
}
