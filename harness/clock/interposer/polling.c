/* polling.c - poll, epoll and select with a timeout. Autojump wakes such a wait by one byte in the slot's FIFO, an
 * extra descriptor that we add to the wait. The application's epoll set is never touched (it may be shared with other
 * processes): we poll {its descriptor, our FIFO} and then collect without waiting. */
#include "interposer.h"
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>

/* The FIFO must exist before the wait is announced: autojump would find nothing to write to. */
static struct slot *begin_polling(int64_t deadline, enum wait_kind kind, int highest, int *fifo) {
    struct slot *slot = own_slot();
    *fifo = slot ? wake_descriptor(slot) : -1;
    if (*fifo >= highest) *fifo = -1;
    return begin_wait(deadline, *fifo >= 0 ? WAKE_BY_FIFO : WAKE_BY_SLICE, kind);
}
static struct timespec still_to_go(struct slot *slot, int64_t deadline, int fifo) {
    int64_t left = deadline - virtual_now(MONOTONIC);
    if (slot) atomic_fetch_add_explicit(&slot->wakeups, 1, memory_order_relaxed);
    return to_timespec(fifo < 0 && left > SLICE ? SLICE : left);
}

/* ---- poll ---- */
int poll_until(struct pollfd *descriptors, nfds_t count, int64_t deadline, const sigset_t *mask, enum wait_kind kind) {
    struct pollfd small[32], *all = small;
    if (count + 1 > 32 && !(all = malloc((count + 1) * sizeof *all))) { errno = ENOMEM; return -1; }
    int fifo, result, error;
    struct slot *slot = begin_polling(deadline, kind, DESCRIPTOR_LIMIT, &fifo);
    do {
        if (count) memcpy(all, descriptors, count * sizeof *all);
        all[count] = (struct pollfd){fifo, POLLIN, 0}; /* poll ignores -1 */
        struct timespec timeout = still_to_go(slot, deadline, fifo);
        result = REAL(ppoll)(all, count + 1, &timeout, mask);
        error = errno;
        if (result > 0 && all[count].revents) { fifo = drain(fifo); result--; }
    } while (result == 0 && virtual_now(MONOTONIC) < deadline);
    if (result >= 0) for (nfds_t i = 0; i < count; i++) descriptors[i].revents = all[i].revents;
    end_wait(slot);
    if (all != small) free(all);
    errno = error;
    return result;
}
/* Not named ppoll: headers declare its first argument write-only, and we read it. */
static int wait_for(struct pollfd *descriptors, nfds_t count, const struct timespec *timeout, const sigset_t *mask) {
    if (!page || (timeout && is_zero(timeout))) return REAL(ppoll)(descriptors, count, timeout, mask);
    int64_t deadline = timeout ? virtual_now(MONOTONIC) + from_timespec(timeout) : 0;
    int pin = pin_descriptors(descriptors, count);
    int result = timeout ? poll_until(descriptors, count, deadline, mask, WAIT_POLL)
                         : REAL(ppoll)(descriptors, count, NULL, mask);
    int error = errno;
    end_pin(pin);
    errno = error;
    return result;
}
EXPORT int ppoll(struct pollfd *descriptors, nfds_t count, const struct timespec *timeout, const sigset_t *mask) {
    return wait_for(descriptors, count, timeout, mask);
}
EXPORT int poll(struct pollfd *descriptors, nfds_t count, int milliseconds) {
    struct timespec timeout = to_timespec(milliseconds * 1000000LL);
    return wait_for(descriptors, count, milliseconds < 0 ? NULL : &timeout, NULL);
}
EXPORT int __poll_chk(struct pollfd *descriptors, nfds_t count, int milliseconds, size_t length) {
    (void)length;
    return poll(descriptors, count, milliseconds);
}
EXPORT int __ppoll_chk(struct pollfd *descriptors, nfds_t count, const struct timespec *timeout, const sigset_t *mask,
                       size_t length) {
    (void)length;
    return wait_for(descriptors, count, timeout, mask);
}

/* ---- epoll ---- */
static int epoll_for(int epoll, struct epoll_event *events, int count, int64_t duration, const sigset_t *mask) {
    int result = REAL(epoll_pwait)(epoll, events, count, 0, mask); /* busy servers pay nothing extra */
    if (result != 0) return result;
    int64_t deadline = virtual_now(MONOTONIC) + duration;
    int fifo, error, pin = begin_epoll_wait(epoll);
    struct slot *slot = begin_polling(deadline, WAIT_EPOLL, DESCRIPTOR_LIMIT, &fifo);
    do {
        struct pollfd both[2] = {{epoll, POLLIN, 0}, {fifo, POLLIN, 0}};
        struct timespec timeout = still_to_go(slot, deadline, fifo);
        result = REAL(ppoll)(both, 2, &timeout, mask);
        error = errno;
        if (result < 0) break;
        if (both[1].revents) fifo = drain(fifo);
        result = both[0].revents ? REAL(epoll_pwait)(epoll, events, count, 0, NULL) : 0;
        error = errno;
    } while (result == 0 && virtual_now(MONOTONIC) < deadline);
    end_wait(slot);
    end_epoll_wait(epoll, pin);
    errno = error;
    return result;
}
static int epoll_for_ever(int epoll, struct epoll_event *events, int count, const sigset_t *mask) {
    int pin = begin_epoll_wait(epoll), result = REAL(epoll_pwait)(epoll, events, count, -1, mask), error = errno;
    end_epoll_wait(epoll, pin);
    errno = error;
    return result;
}
EXPORT int epoll_pwait(int epoll, struct epoll_event *events, int count, int milliseconds, const sigset_t *mask) {
    if (!page || !milliseconds) return REAL(epoll_pwait)(epoll, events, count, milliseconds, mask);
    if (milliseconds < 0) return epoll_for_ever(epoll, events, count, mask);
    return epoll_for(epoll, events, count, milliseconds * 1000000LL, mask);
}
EXPORT int epoll_wait(int epoll, struct epoll_event *events, int count, int milliseconds) {
    return epoll_pwait(epoll, events, count, milliseconds, NULL);
}
EXPORT int epoll_pwait2(int epoll, struct epoll_event *events, int count, const struct timespec *timeout,
                        const sigset_t *mask) {
    if (page && !timeout) return epoll_for_ever(epoll, events, count, mask);
    if (!page || is_zero(timeout)) return REAL(epoll_pwait2)(epoll, events, count, timeout, mask);
    return epoll_for(epoll, events, count, from_timespec(timeout), mask);
}

/* ---- select ---- */
struct sets { fd_set *sets[3]; };
static int select_until(int count, struct sets given, int64_t deadline, const sigset_t *mask) {
    size_t bytes = (count + 7) / 8;
    fd_set copy[3];
    int fifo, result, error;
    struct slot *slot = begin_polling(deadline, WAIT_SELECT, FD_SETSIZE, &fifo);
    do {
        for (int i = 0; i < 3; i++) {
            FD_ZERO(&copy[i]);
            if (given.sets[i]) memcpy(&copy[i], given.sets[i], bytes);
        }
        if (fifo >= 0) FD_SET(fifo, &copy[0]);
        struct timespec timeout = still_to_go(slot, deadline, fifo);
        result = REAL(pselect)(fifo >= count ? fifo + 1 : count, &copy[0], &copy[1], &copy[2], &timeout, mask);
        error = errno;
        if (result > 0 && fifo >= 0 && FD_ISSET(fifo, &copy[0])) { FD_CLR(fifo, &copy[0]); fifo = drain(fifo); result--; }
    } while (result == 0 && virtual_now(MONOTONIC) < deadline);
    for (int i = 0; i < 3 && result >= 0; i++) if (given.sets[i]) memcpy(given.sets[i], &copy[i], bytes);
    end_wait(slot);
    errno = error;
    return result;
}
static int pin_selected(int count, const fd_set *readable, const fd_set *writable) {
    int pin = NO_PIN;
    for (int i = 0; i < count && pin < 0; i++)
        if ((readable && FD_ISSET(i, readable)) || (writable && FD_ISSET(i, writable))) {
            struct pollfd one = {i, POLLIN, 0};
            pin = pin_descriptors(&one, 1);
        }
    return pin;
}
static int select_in_real_time(int count, fd_set *readable, fd_set *writable, fd_set *exceptional,
                               const struct timespec *timeout, const sigset_t *mask) {
    int pin = set_pin(-1, "a select of more descriptors than FD_SETSIZE", 0);
    int result = REAL(pselect)(count, readable, writable, exceptional, timeout, mask), error = errno;
    end_pin(pin);
    errno = error;
    return result;
}
EXPORT int pselect(int count, fd_set *readable, fd_set *writable, fd_set *exceptional, const struct timespec *timeout,
                   const sigset_t *mask) {
    if (page && count > FD_SETSIZE && !(timeout && is_zero(timeout))) /* sets of the caller's own size: no room for our FIFO */
        return select_in_real_time(count, readable, writable, exceptional, timeout, mask);
    if (!page || (timeout && is_zero(timeout)))
        return REAL(pselect)(count, readable, writable, exceptional, timeout, mask);
    int64_t deadline = timeout ? virtual_now(MONOTONIC) + from_timespec(timeout) : 0;
    if (timeout && count == 0 && !mask) { /* select as sleep (time.sleep of CPython 3.10) */
        int error = sleep_until(deadline, WAIT_SLEEP);
        if (error) errno = error;
        return error ? -1 : 0;
    }
    int pin = pin_selected(count, readable, writable);
    struct sets given = {{readable, writable, exceptional}};
    int result = timeout ? select_until(count, given, deadline, mask)
                         : REAL(pselect)(count, readable, writable, exceptional, NULL, mask);
    int error = errno;
    end_pin(pin);
    errno = error;
    return result;
}
EXPORT int select(int count, fd_set *readable, fd_set *writable, fd_set *exceptional, struct timeval *timeout) {
    if (!timeout) return pselect(count, readable, writable, exceptional, NULL, NULL);
    struct timespec exact = {timeout->tv_sec + timeout->tv_usec / 1000000, timeout->tv_usec % 1000000 * 1000};
    int64_t deadline = virtual_now(MONOTONIC) + from_timespec(&exact);
    int result = pselect(count, readable, writable, exceptional, &exact, NULL), error = errno;
    if (page) { /* Linux's select says how much time was left */
        struct timespec left = to_timespec(deadline - virtual_now(MONOTONIC));
        *timeout = (struct timeval){left.tv_sec, left.tv_nsec / 1000};
    }
    errno = error;
    return result;
}
