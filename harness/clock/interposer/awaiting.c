/* awaiting.c - when a connection of an event loop to the outside forbids jumps. Loops keep idle pooled connections in their
 * epoll set, so being there says nothing, and where an answer ends cannot be seen from here: TLS sends tickets before it,
 * HTTP its headers, HTTP/2 its settings. So there are two states:
 *
 * AWAITING : from a request sent, a connect begun or a wait announced, until bytes come; 60 s at most, or what was sent only
 *            because the answer was over (an acknowledgement of HTTP/2) would pin for ever.
 *            A wait is announced by registering for reading anew. Many who share a loop with others do so whenever they
 *            read, and stop when they have what they want: anyio (httpx), trio, eventlet, loop.sock_recv, psycopg. Of those
 *            every part of an answer is awaited, and an idle connection never pins.
 * LINGERING: bytes have come, and the connection stayed registered (asyncio's streams, aiohttp, libuv, and gevent, whose
 *            libev does not deregister, and registers anew only sometimes): more may come. It pins for some real seconds
 *            after the last byte, and only while a thread waits in that epoll set: not once the loop has ended, nor between
 *            two runs of it. */
#include "interposer.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

static int64_t grace = 5 * NANOSECONDS, longest_pin = 60 * NANOSECONDS; /* real time */
static _Atomic int64_t lingering_until; /* of all connections of this process; 0 = none lingers */

static void replace_pin(struct descriptor *record, int pin) {
    int before = atomic_exchange(&record->pin, 1 + pin);
    if (before) end_pin(before - 1);
}
void drop_pin(struct descriptor *record) { replace_pin(record, NO_PIN); }

static void pin_while_awaiting(int descriptor) {
    struct descriptor *record = record_of(descriptor);
    if (!record->epoll || !(record->awaiting || record->connecting)) return;
    int pin = is_still_outside(descriptor) ? set_pin(descriptor, record->peer, real_now(MONOTONIC) + longest_pin) : NO_PIN;
    replace_pin(record, pin);
}
static int pin_for_more(int descriptor, int64_t until) {
    char peer[PEER_LENGTH];
    if (!is_still_outside(descriptor)) return NO_PIN;
    snprintf(peer, sizeof peer, "more that may come from %s", record_of(descriptor)->peer);
    return set_pin(descriptor, peer, until);
}
/* Whoever waits in the epoll set while another thread reads is past begin_epoll_wait: then the pin is ours to set. */
static void linger(int descriptor) {
    struct descriptor *record = record_of(descriptor), *set = record_of(record->epoll - 1);
    int64_t until = real_now(MONOTONIC) + grace;
    drop_pin(record);
    if (!set || record->announces) return;
    atomic_store(&record->lingers_until, until);
    atomic_store(&lingering_until, until); /* the latest byte of all */
    if (atomic_load(&set->waiters)) replace_pin(record, pin_for_more(descriptor, until));
}

void request_sent(int descriptor) {
    struct descriptor *record = record_of(descriptor);
    int error = errno;
    record->awaiting = 1;
    record->connecting = 0;
    pin_while_awaiting(descriptor);
    errno = error;
}
void connecting(int descriptor) {
    record_of(descriptor)->connecting = 1;
    pin_while_awaiting(descriptor);
}
void connected(int descriptor) { /* who has registered for reading meanwhile may await a greeting */
    struct descriptor *record = record_of(descriptor);
    record->connecting = 0;
    if (!record->awaiting) drop_pin(record);
}
void answer_received(int descriptor, ssize_t result) {
    struct descriptor *record = record_of(descriptor);
    if (result < 0 && (errno == EAGAIN || errno == EINTR)) return;
    record->awaiting = record->connecting = 0;
    atomic_store(&record->lingers_until, 0);
    if (result > 0) linger(descriptor);
    else drop_pin(record); /* the peer has ended it: no more can come */
}

static void leave_epoll(struct descriptor *record) {
    record->epoll = record->reads = record->announces = 0;
    atomic_store(&record->lingers_until, 0);
    drop_pin(record);
}
/* `error` is 0, or EEXIST: it was there already. */
void epoll_changed(int epoll, int operation, int descriptor, const struct epoll_event *event, int error) {
    struct descriptor *record = record_of(descriptor), *set = record_of(epoll);
    if (!record || !set) return;
    if (operation == EPOLL_CTL_DEL) { leave_epoll(record); return; }
    int reads = (event->events & EPOLLIN) != 0, once = (event->events & EPOLLONESHOT) != 0;
    int is_announced = reads && (!record->reads || once || error);
    set->is_epoll = 1;
    record->epoll = 1 + epoll;
    record->reads = reads;
    record->announces = once;
    note_highest(descriptor);
    note_highest(epoll);
    if (!is_outside(descriptor)) return;
    if (is_announced) record->awaiting = 1;
    if (is_announced || !atomic_load(&record->pin)) pin_while_awaiting(descriptor);
}
void epoll_closed(int epoll) { /* with the loop ends whoever waited in it */
    for (int i = 0, last = highest_descriptor(); i <= last; i++)
        if (record_of(i)->epoll == 1 + epoll) leave_epoll(record_of(i));
}

static int pin_lingering(int epoll) {
    int64_t now = real_now(MONOTONIC), seen = atomic_load(&lingering_until), until = now;
    int latest = -1;
    if (seen <= now) { atomic_compare_exchange_strong(&lingering_until, &seen, 0); return NO_PIN; }
    for (int i = 0, last = highest_descriptor(); i <= last; i++) {
        struct descriptor *record = record_of(i);
        if (record->epoll != 1 + epoll || atomic_load(&record->lingers_until) <= until) continue;
        latest = i;
        until = atomic_load(&record->lingers_until);
    }
    return latest < 0 ? NO_PIN : pin_for_more(latest, until);
}
int begin_epoll_wait(int epoll) {
    struct descriptor *set = record_of(epoll);
    if (!set) return NO_PIN;
    atomic_fetch_add(&set->waiters, 1);
    return atomic_load(&lingering_until) ? pin_lingering(epoll) : NO_PIN;
}
void end_epoll_wait(int epoll, int pin) {
    struct descriptor *set = record_of(epoll);
    if (set) atomic_fetch_sub(&set->waiters, 1);
    end_pin(pin);
}

static int64_t setting(const char *name, int64_t unit, int64_t otherwise) {
    const char *value = getenv(name);
    return value ? strtoll(value, NULL, 10) * unit : otherwise;
}
void awaiting_start(void) {
    grace = setting("HARNESS_CLOCK_GRACE_MS", 1000000, grace);
    longest_pin = setting("HARNESS_CLOCK_LONGEST_PIN_S", NANOSECONDS, longest_pin);
}
void stop_awaiting(struct descriptor *record) { /* in a forked child: what the parent's threads do is not ours */
    record->awaiting = record->connecting = 0;
    atomic_store(&record->pin, 0);
    atomic_store(&record->waiters, 0);
    atomic_store(&record->lingers_until, 0);
}
