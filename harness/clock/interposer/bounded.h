/* bounded.h - transfers with a time-out of the socket's own: 0 = it has none that bounds this one. */
#ifndef HARNESS_CLOCK_BOUNDED_H
#define HARNESS_CLOCK_BOUNDED_H
#include "interposer.h"
int64_t bound_of(int descriptor, int flags, int is_receiving);
int await_ready(int descriptor, short events, int64_t timeout);
ssize_t receive_bounded(int descriptor, struct msghdr *message, int flags, int64_t bound);
ssize_t send_bounded(int descriptor, const struct msghdr *message, int flags, int64_t bound);
#endif
