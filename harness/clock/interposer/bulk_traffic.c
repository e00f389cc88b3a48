/* bulk_traffic.c - bytes that reach a socket without passing through the program (sendfile, splice), and many messages in
 * one call. To and from the outside they count as traffic.c's do; a time-out set on the socket bounds none of them. */
#include "peers.h"
#include <fcntl.h>
#include <sys/sendfile.h>

#define TRANSFER_PINNED(descriptor, is_receiving, call) ({ \
    int pin_ = pin_descriptor(descriptor); \
    ssize_t result_ = call; \
    int error_ = errno; \
    end_pin(pin_); \
    if (is_receiving) answer_received(descriptor, result_); \
    else if (result_ > 0) request_sent(descriptor); \
    errno = error_; \
    result_; })

EXPORT ssize_t sendfile(int to, int from, off_t *offset, size_t count) {
    if (!is_outside(to)) return REAL(sendfile)(to, from, offset, count);
    return TRANSFER_PINNED(to, 0, REAL(sendfile)(to, from, offset, count));
}
EXPORT ssize_t sendfile64(int to, int from, off64_t *offset, size_t count) {
    if (!is_outside(to)) return REAL(sendfile64)(to, from, offset, count);
    return TRANSFER_PINNED(to, 0, REAL(sendfile64)(to, from, offset, count));
}
EXPORT ssize_t splice(int from, off64_t *read_at, int to, off64_t *write_at, size_t count, unsigned flags) {
    if (is_outside(to)) return TRANSFER_PINNED(to, 0, REAL(splice)(from, read_at, to, write_at, count, flags));
    if (!is_outside(from)) return REAL(splice)(from, read_at, to, write_at, count, flags);
    return TRANSFER_PINNED(from, 1, REAL(splice)(from, read_at, to, write_at, count, flags));
}
EXPORT int sendmmsg(int descriptor, struct mmsghdr *messages, unsigned count, int flags) {
    for (unsigned i = 0; i < count; i++)
        note_receiver(descriptor, messages[i].msg_hdr.msg_name, messages[i].msg_hdr.msg_namelen);
    if (!is_outside(descriptor)) return REAL(sendmmsg)(descriptor, messages, count, flags);
    return TRANSFER_PINNED(descriptor, 0, REAL(sendmmsg)(descriptor, messages, count, flags));
}
/* Its time-out is looked at after each message only: not worth more than real time. */
EXPORT int recvmmsg(int descriptor, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout) {
    if (is_outside(descriptor)) return TRANSFER_PINNED(descriptor, 1, REAL(recvmmsg)(descriptor, messages, count, flags, timeout));
    int error = errno, pin = page && timeout ? set_pin(-1, "a receive of many messages", 0) : NO_PIN;
    errno = error;
    int result = REAL(recvmmsg)(descriptor, messages, count, flags, timeout);
    error = errno;
    end_pin(pin);
    errno = error;
    return result;
}
