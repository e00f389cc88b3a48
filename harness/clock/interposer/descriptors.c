/* descriptors.c - what is known of each descriptor, and when waiting on it forbids jumps.
 *
 * INSIDE peer  : an endpoint of the testbed (peers.c).
 * SERVER side  : a socket that came from accept() never pins: its client may be idle for ever.
 * OUTSIDE      : every other peer of a connect().
 *
 * A pin is held
 *   - by a thread that blocks in connect, recv, send, poll or select on an outside socket, while it blocks;
 *   - by an outside socket registered in an epoll set from a request sent (or connect begun) until bytes come back,
 *     plus a grace: event loops keep idle pooled connections registered, so registration alone says nothing, and
 *     another thread may send while the loop already waits;
 *   - by a thread in the resolver (traffic.c). */
#include "peers.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct descriptor table[DESCRIPTOR_LIMIT]; /* zero pages until used */
static _Atomic int highest;
static int64_t grace = 50000000LL, longest_pin = 60 * NANOSECONDS; /* for epoll pins; real time */

struct descriptor *record_of(int descriptor) {
    return page && descriptor >= 0 && descriptor < DESCRIPTOR_LIMIT ? &table[descriptor] : NULL;
}
void note_highest(int descriptor) {
    if (descriptor > atomic_load_explicit(&highest, memory_order_relaxed)) atomic_store(&highest, descriptor);
}
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

void register_listener(int descriptor) {
    union address own;
    socklen_t length = sizeof own;
    struct descriptor *record = record_of(descriptor);
    if (getsockname(descriptor, &own.any, &length)) return;
    add_listener(&own, length, own.any.sa_family != AF_UNIX && is_datagram(descriptor), own_pid);
    if (record) { record->class = LISTENER; note_highest(descriptor); }
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
static int is_still_outside(int descriptor) {
    if (!is_outside(descriptor)) return 0;
    if (inode_of(descriptor) == table[descriptor].inode) return 1;
    forget(descriptor);
    return 0;
}

int pin_descriptor(int descriptor) {
    return is_still_outside(descriptor) ? set_pin(descriptor, table[descriptor].peer, 0) : NO_PIN;
}
int pin_descriptors(const struct pollfd *descriptors, nfds_t count) {
    int error = errno, pin = NO_PIN;
    for (nfds_t i = 0; i < count && pin < 0; i++)
        if (descriptors[i].fd >= 0 && descriptors[i].events) pin = pin_descriptor(descriptors[i].fd);
    errno = error;
    return pin;
}
static void drop_pin(struct descriptor *record) {
    if (record->pin) { end_pin(record->pin - 1); record->pin = 0; }
}
static void pin_while_awaiting(int descriptor) {
    struct descriptor *record = &table[descriptor];
    if (!record->in_epoll || !(record->awaiting || record->connecting)) return;
    drop_pin(record);
    if (is_still_outside(descriptor)) record->pin = 1 + set_pin(descriptor, record->peer, real_now(MONOTONIC) + longest_pin);
}
void request_sent(int descriptor) {
    int error = errno;
    table[descriptor].awaiting = 1;
    table[descriptor].connecting = 0;
    pin_while_awaiting(descriptor);
    errno = error;
}
void connecting(int descriptor) {
    table[descriptor].connecting = 1;
    pin_while_awaiting(descriptor);
}
void answer_received(int descriptor, ssize_t result) {
    struct descriptor *record = &table[descriptor];
    if (result < 0 && (errno == EAGAIN || errno == EINTR)) return;
    record->awaiting = record->connecting = 0;
    if (record->pin && record->pin <= PIN_LIMIT) atomic_store(&page->pins[record->pin - 1].until, real_now(MONOTONIC) + grace);
    else drop_pin(record);
}
void epoll_changed(int descriptor, int is_registered) {
    struct descriptor *record = record_of(descriptor);
    if (!record) return;
    record->in_epoll = is_registered;
    if (!is_registered) { drop_pin(record); return; }
    note_highest(descriptor);
    if (is_outside(descriptor) && !record->pin) pin_while_awaiting(descriptor);
}
/* The descriptor is being closed, or has just been created. */
void forget(int descriptor) {
    struct descriptor *record = record_of(descriptor);
    if (!record || (!record->class && !record->in_epoll && !record->is_timer)) return;
    if (getpid() != own_pid) return; /* a vfork child works on our memory, not on our descriptors */
    drop_pin(record);
    if (record->is_timer) forget_timer_descriptor(descriptor);
    record->class = UNKNOWN;
    record->awaiting = record->connecting = record->in_epoll = record->has_timeouts = record->is_timer = 0;
}

static int64_t setting(const char *name, int64_t unit, int64_t otherwise) {
    const char *value = getenv(name);
    return value ? strtoll(value, NULL, 10) * unit : otherwise;
}
/* Descriptors inherited over exec: listeners must be known now; connected ones are classified when waited for. */
void descriptors_start(void) {
    grace = setting("HARNESS_CLOCK_GRACE_MS", 1000000, grace);
    longest_pin = setting("HARNESS_CLOCK_LONGEST_PIN_S", NANOSECONDS, longest_pin);
    peers_start();
    DIR *open_descriptors = opendir("/proc/self/fd");
    struct dirent *entry;
    while (open_descriptors && (entry = readdir(open_descriptors))) {
        int descriptor = strtol(entry->d_name, NULL, 10), listens = 0;
        socklen_t length = sizeof listens;
        if (entry->d_name[0] == '.') continue;
        if (getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0 && listens) register_listener(descriptor);
    }
    if (open_descriptors) closedir(open_descriptors);
}
void descriptors_after_fork(void) {
    for (int i = 0, last = atomic_load(&highest); i <= last && i < DESCRIPTOR_LIMIT; i++) {
        table[i].pin = table[i].awaiting = table[i].connecting = 0;  /* the parent's */
        table[i].is_timer = 0;                                       /* its thread keeps serving them */
        if (table[i].class == LISTENER) register_listener(i);        /* outlive the parent */
    }
}
