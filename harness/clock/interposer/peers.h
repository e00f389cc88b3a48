/* peers.h - addresses, and whether what listens there belongs to the testbed. */
#ifndef HARNESS_CLOCK_PEERS_H
#define HARNESS_CLOCK_PEERS_H
#include "interposer.h"
#include <netinet/in.h>
#include <sys/un.h>

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un local;
    struct sockaddr_storage storage;
};
union address copy_address(const struct sockaddr *given, socklen_t length);
int is_inside_peer(const union address *peer, socklen_t length, int datagram);
void name_peer(const union address *peer, char *name, size_t size);
int add_listener(const union address *endpoint, socklen_t length, int datagram, int pid); /* 1 + its entry, 0 = none */
void remove_listener(int entry);
void peers_start(void); /* reads HARNESS_CLOCK_INSIDE */
#endif
