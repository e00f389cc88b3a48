/* sockets.c - making and closing descriptors: keeps descriptors.c right, and guards our own from "close everything". */
#include "peers.h"
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/time.h>

/* Nagle's algorithm and delayed acknowledgement together are 40 REAL ms in which everybody is asleep. */
static void disable_nagle(int descriptor) {
    int yes = 1, error = errno;
    REAL(setsockopt)(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    errno = error;
}
EXPORT int socket(int family, int type, int protocol) {
    int descriptor = REAL(socket)(family, type, protocol);
    if (descriptor >= 0) forget(descriptor);
    return descriptor;
}
EXPORT int socketpair(int family, int type, int protocol, int pair[2]) {
    int result = REAL(socketpair)(family, type, protocol, pair);
    if (!result) { forget(pair[0]); forget(pair[1]); }
    return result;
}
EXPORT int listen(int descriptor, int backlog) {
    int result = REAL(listen)(descriptor, backlog);
    if (!result && page) register_listener(descriptor);
    return result;
}
EXPORT int bind(int descriptor, const struct sockaddr *address, socklen_t length) {
    int result = REAL(bind)(descriptor, address, length), error = errno;
    if (!result && page && is_datagram(descriptor)) register_listener(descriptor);
    errno = error;
    return result;
}
EXPORT int connect(int descriptor, const struct sockaddr *address, socklen_t length) {
    struct descriptor *record = record_of(descriptor);
    if (!record || !address || address->sa_family == AF_UNSPEC) return REAL(connect)(descriptor, address, length);
    union address peer = copy_address(address, length);
    int error = errno, datagram = is_datagram(descriptor);
    if (is_inside_peer(&peer, length, datagram)) {
        record->class = QUIET;
        note_highest(descriptor);
        if (!datagram && peer.any.sa_family != AF_UNIX) disable_nagle(descriptor);
        errno = error;
        return REAL(connect)(descriptor, address, length);
    }
    set_outside(descriptor, &peer);
    int pin = set_pin(descriptor, record->peer, 0); /* a blocking connect waits here */
    errno = error;
    int result = REAL(connect)(descriptor, address, length);
    error = errno;
    end_pin(pin);
    if (result < 0 && error == EINPROGRESS) connecting(descriptor);
    errno = error;
    return result;
}
EXPORT int getsockopt(int descriptor, int level, int name, void *value, socklen_t *length) {
    int result = REAL(getsockopt)(descriptor, level, name, value, length);
    struct descriptor *record = record_of(descriptor);
    if (record && record->class == OUTSIDE && record->connecting && level == SOL_SOCKET && name == SO_ERROR)
        connected(descriptor);
    return result;
}
EXPORT int setsockopt(int descriptor, int level, int name, const void *value, socklen_t length) {
    int result = REAL(setsockopt)(descriptor, level, name, value, length);
    struct descriptor *record = record_of(descriptor);
    if (!result && record && level == SOL_SOCKET && (name == SO_RCVTIMEO || name == SO_SNDTIMEO)
        && length >= sizeof(struct timeval)) {
        const struct timeval *given = value;
        int64_t timeout = given->tv_sec * NANOSECONDS + given->tv_usec * 1000;
        *(name == SO_RCVTIMEO ? &record->receive_timeout : &record->send_timeout) = timeout;
        record->has_timeouts = record->receive_timeout || record->send_timeout;
        note_highest(descriptor);
    }
    return result;
}

static int is_guarded(int descriptor) { return is_wake_descriptor(descriptor) && getpid() == own_pid; }
EXPORT int close(int descriptor) {
    if (is_guarded(descriptor)) { errno = EBADF; return -1; } /* "close everything" loops */
    forget(descriptor);
    return REAL(close)(descriptor);
}
EXPORT int dup2(int from, int to) {
    if (is_guarded(to)) { errno = EBADF; return -1; }
    int result = REAL(dup2)(from, to);
    if (result >= 0 && from != to) forget(to);
    return result;
}
EXPORT int dup3(int from, int to, int flags) {
    if (is_guarded(to)) { errno = EBADF; return -1; }
    int result = REAL(dup3)(from, to, flags);
    if (result >= 0) forget(to);
    return result;
}
/* Spares our FIFOs in our own process. They have high numbers, so this is rarely split. */
EXPORT int close_range(unsigned first, unsigned last, int flags) {
    if (!page || getpid() != own_pid || (flags & 4 /* CLOSE_RANGE_CLOEXEC */))
        return raw_syscall(SYS_close_range, first, last, flags);
    unsigned from = first;
    for (unsigned i = first; i < DESCRIPTOR_LIMIT && i <= last; i++) {
        if (!is_wake_descriptor(i)) { forget(i); continue; }
        if (i > from && raw_syscall(SYS_close_range, from, i - 1, flags)) return -1;
        from = i + 1;
    }
    return from <= last ? raw_syscall(SYS_close_range, from, last, flags) : 0;
}
EXPORT void closefrom(int first) { close_range(first, ~0u, 0); }

EXPORT int epoll_ctl(int epoll, int operation, int descriptor, struct epoll_event *event) {
    int result = REAL(epoll_ctl)(epoll, operation, descriptor, event), error = errno;
    if (result == 0) epoll_changed(epoll, operation, descriptor, event, 0);
    else if (error == EEXIST) epoll_changed(epoll, operation, descriptor, event, error);
    errno = error;
    return result;
}
