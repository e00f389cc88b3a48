/* descriptors.c - what is known of each descriptor, and when waiting on it forbids jumps.
 *
 * INSIDE peer  : an endpoint of the testbed (peers.c).
 * SERVER side  : a socket that came from accept() never pins: its client may be idle for ever.
 * OUTSIDE      : every other peer of a connect().
 *
 * A pin is held
 *   - by a thread that blocks in connect, recv, send, poll or select on an outside socket, while it blocks;
 *   - by an outside socket in an epoll set, while an answer may come (awaiting.c);
 *   - by a thread in the resolver (name_service.c). */
#include "peers.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct descriptor table[DESCRIPTOR_LIMIT]; /* zero pages until used */
static _Atomic int highest;

struct descriptor *record_of(int descriptor) {
    return page && descriptor >= 0 && descriptor < DESCRIPTOR_LIMIT ? &table[descriptor] : NULL;
}
void note_highest(int descriptor) {
    if (descriptor > atomic_load_explicit(&highest, memory_order_relaxed)) atomic_store(&highest, descriptor);
}
int highest_descriptor(void) { return atomic_load(&highest); }
static ino_t inode_of(int descriptor) {
    struct stat status;
    return raw_syscall(SYS_fstat, descriptor, &status) ? 0 : status.st_ino;
}
int is_datagram(int descriptor) {
    int type = 0;
    socklen_t length = sizeof type;
    REAL(getsockopt)(descriptor, SOL_SOCKET, SO_TYPE, &type, &length);
    return type == SOCK_DGRAM;
}

void set_outside(int descriptor, const union address *peer) {
    struct descriptor *record = record_of(descriptor);
    char name[PEER_LENGTH];
    if (!record) return;
    name_peer(peer, name, sizeof name);
    if (!record->peer || strcmp(record->peer, name)) record->peer = strdup(name); /* never freed under a reader */
    record->inode = inode_of(descriptor);
    record->class = OUTSIDE;
    note_highest(descriptor);
}
/* A socket with SO_RCVTIMEO or SO_SNDTIMEO waits in the kernel with its own timer; traffic.c then waits instead. */
static void read_timeouts(int descriptor, struct descriptor *record) {
    struct timeval receive = {0, 0}, send = {0, 0};
    socklen_t length = sizeof receive;
    REAL(getsockopt)(descriptor, SOL_SOCKET, SO_RCVTIMEO, &receive, &length);
    REAL(getsockopt)(descriptor, SOL_SOCKET, SO_SNDTIMEO, &send, &length);
    record->receive_timeout = receive.tv_sec * NANOSECONDS + receive.tv_usec * 1000;
    record->send_timeout = send.tv_sec * NANOSECONDS + send.tv_usec * 1000;
    record->has_timeouts = record->receive_timeout || record->send_timeout;
}
void register_listener(int descriptor) {
    union address own;
    socklen_t length = sizeof own;
    struct descriptor *record = record_of(descriptor);
    if (getsockname(descriptor, &own.any, &length)) return;
    int entry = add_listener(&own, length, own.any.sa_family != AF_UNIX && is_datagram(descriptor), own_pid);
    if (!record) return;
    record->class = LISTENER;
    record->listener = entry;
    read_timeouts(descriptor, record);
    note_highest(descriptor);
}
static void register_listeners_but(int closing) {
    DIR *open_descriptors = opendir("/proc/self/fd");
    struct dirent *entry;
    while (open_descriptors && (entry = readdir(open_descriptors))) {
        int descriptor = strtol(entry->d_name, NULL, 10), listens = 0;
        socklen_t length = sizeof listens;
        if (entry->d_name[0] == '.' || descriptor == closing) continue;
        if (getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0 && listens) register_listener(descriptor);
    }
    if (open_descriptors) closedir(open_descriptors);
}
/* Somebody else may listen there from now on, outside; unless it lives on here under another number, or in a child: one that
 * was forked (descriptors_before_fork), or could inherit it over exec. */
static void stop_listening(int descriptor) {
    int error = errno;
    if (!(fcntl(descriptor, F_GETFD) & FD_CLOEXEC)) return;
    remove_listener(table[descriptor].listener);
    register_listeners_but(descriptor);
    errno = error;
}
/* A descriptor that we did not see being made (inherited over exec, dup, passed by SCM_RIGHTS). */
void classify(int descriptor) {
    struct descriptor *record = record_of(descriptor);
    union address own, peer;
    socklen_t own_length = sizeof own, peer_length = sizeof peer;
    if (!record || record->class != UNKNOWN || getpid() != own_pid) return; /* a vfork child has our memory, not our descriptors */
    int error = errno;
    memset(&peer, 0, sizeof peer);
    if (getpeername(descriptor, &peer.any, &peer_length)) {
        if (errno == ENOTSOCK) record->class = QUIET;
        errno = error;
        return;
    }
    int datagram = is_datagram(descriptor);
    int is_server = getsockname(descriptor, &own.any, &own_length) == 0 && is_inside_peer(&own, own_length, datagram);
    int is_nameless = peer.any.sa_family == AF_UNIX && peer_length <= offsetof(struct sockaddr_un, sun_path); /* a pair, or accepted */
    note_highest(descriptor);
    read_timeouts(descriptor, record);
    if (is_server || is_nameless || is_inside_peer(&peer, peer_length, datagram)) record->class = QUIET;
    else set_outside(descriptor, &peer);
    errno = error;
}
int is_outside(int descriptor) { /* one byte load for every descriptor seen before */
    struct descriptor *record = record_of(descriptor);
    if (record && record->class == UNKNOWN) classify(descriptor);
    return record && record->class == OUTSIDE;
}
/* OUTSIDE is trusted only if the descriptor is still the same socket: it may have been closed behind our back. */
int is_still_outside(int descriptor) {
    if (!is_outside(descriptor)) return 0;
    if (inode_of(descriptor) == table[descriptor].inode) return 1;
    forget(descriptor);
    return 0;
}

int pin_descriptor(int descriptor) {
    if (!is_still_outside(descriptor)) return NO_PIN;
    own_slot(); /* a thread that is cancelled in its wait ends its pin when it gives the slot back */
    return set_pin(descriptor, table[descriptor].peer, 0);
}
int pin_descriptors(const struct pollfd *descriptors, nfds_t count) {
    int error = errno, pin = NO_PIN;
    for (nfds_t i = 0; i < count && pin < 0; i++)
        if (descriptors[i].fd >= 0 && descriptors[i].events) pin = pin_descriptor(descriptors[i].fd);
    errno = error;
    return pin;
}
/* The descriptor is being closed, or has just been created. */
void forget(int descriptor) {
    struct descriptor *record = record_of(descriptor);
    if (!record || (!record->class && !record->epoll && !record->is_timer && !record->is_epoll)) return;
    if (getpid() != own_pid) return; /* a vfork child works on our memory, not on our descriptors */
    drop_pin(record);
    if (record->listener) stop_listening(descriptor);
    if (record->is_epoll) epoll_closed(descriptor);
    if (record->is_timer) forget_timer_descriptor(descriptor);
    record->class = UNKNOWN;
    record->awaiting = record->connecting = record->reads = record->announces = record->has_timeouts = 0;
    record->is_timer = record->is_epoll = record->epoll = record->listener = 0;
    atomic_store(&record->lingers_until, 0);
}

/* Descriptors inherited over exec: listeners must be known now; connected ones are classified when waited for. */
void descriptors_start(void) {
    awaiting_start();
    peers_start();
    register_listeners_but(-1);
}
void descriptors_before_fork(void) { /* the child may not have registered yet when we close a listener */
    for (int i = 0, last = atomic_load(&highest); i <= last && i < DESCRIPTOR_LIMIT; i++) table[i].listener = 0;
}
void descriptors_after_fork(void) {
    for (int i = 0, last = atomic_load(&highest); i <= last && i < DESCRIPTOR_LIMIT; i++) {
        stop_awaiting(&table[i]);
        if (table[i].class == LISTENER) register_listener(i); /* outlive the parent */
    }
}
