/* peers.c - which addresses belong to the testbed: those that a clocked process listens on, and those that
 * HARNESS_CLOCK_INSIDE=1.2.3.4:80,/run/x.sock names. Every other peer is outside. When the table is full a new listener
 * stays unknown, so waits for it pin: slow, never wrong. */
#include "peers.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum scope { LOOPBACK = 1, ANY, EXACT };

static uint64_t hash(const void *bytes, size_t count) {
    const unsigned char *byte = bytes;
    uint64_t value = 1469598103934665603ULL;
    while (count--) value = (value ^ *byte++) * 1099511628211ULL;
    return value | 1;
}
/* The address as IPv6 (a mapped IPv4 address counts as IPv4), its port, and what kind of address it is. */
static enum scope scope_of(const union address *address, unsigned char ip[16], int *port) {
    static const unsigned char zero[16], mapped[12] = {[10] = 255, [11] = 255}, one[16] = {[15] = 1};
    memset(ip, 0, 16);
    if (address->any.sa_family == AF_INET) {
        memcpy(ip, mapped, 12);
        memcpy(ip + 12, &address->v4.sin_addr, 4);
        *port = ntohs(address->v4.sin_port);
    } else {
        memcpy(ip, &address->v6.sin6_addr, 16);
        *port = ntohs(address->v6.sin6_port);
    }
    int is_v4 = !memcmp(ip, mapped, 12);
    if (!memcmp(ip, zero, 16) || (is_v4 && !memcmp(ip + 12, zero, 4))) return ANY;
    if (!memcmp(ip, one, 16) || (is_v4 && ip[12] == 127)) return LOOPBACK;
    return EXACT;
}
static uint64_t key_of_path(const union address *address, socklen_t length) {
    char directory[4096] = "", path[4300];
    size_t before = offsetof(struct sockaddr_un, sun_path), count = length > before ? length - before : 0;
    const char *name = address->local.sun_path;
    if (!count || !name[0]) return hash(name, count); /* abstract */
    if (name[0] != '/' && getcwd(directory, sizeof directory - 1)) strcat(directory, "/");
    snprintf(path, sizeof path, "%s%.*s", directory, (int)count, name);
    return hash(path, strlen(path));
}
static uint64_t key_of(const union address *address, socklen_t length, int datagram, enum scope scope) {
    struct { int datagram, scope, port; unsigned char ip[16]; } key = {datagram, scope, 0, {0}};
    unsigned char ip[16];
    if (address->any.sa_family == AF_UNIX) return key_of_path(address, length);
    scope_of(address, ip, &key.port);
    if (scope == EXACT) memcpy(key.ip, ip, 16);
    return hash(&key, sizeof key);
}
static int is_listed(uint64_t key) {
    for (int i = 0, used = atomic_load(&page->listeners_used); i < used; i++)
        if (atomic_load(&page->listeners[i].key) == key && atomic_load(&page->listeners[i].pid)) return 1;
    return 0;
}
int add_listener(const union address *endpoint, socklen_t length, int datagram, int pid) {
    unsigned char ip[16];
    int port, family = endpoint->any.sa_family;
    if (family != AF_INET && family != AF_INET6 && family != AF_UNIX) return 0;
    uint64_t key = key_of(endpoint, length, datagram, family == AF_UNIX ? 0 : scope_of(endpoint, ip, &port));
    for (int i = 0; i < LISTENER_LIMIT; i++) {
        struct listener *listener = &page->listeners[i];
        int32_t owner = atomic_load(&listener->pid);
        if (owner == pid && atomic_load(&listener->key) == key) return i + 1;
        if (owner || !atomic_compare_exchange_strong(&listener->pid, &owner, pid)) continue;
        atomic_store(&listener->key, key);
        raise_to(&page->listeners_used, i + 1);
        return i + 1;
    }
    return 0;
}
void remove_listener(int entry) { /* unless it is somebody else's by now */
    int32_t pid = own_pid;
    if (entry) atomic_compare_exchange_strong(&page->listeners[entry - 1].pid, &pid, 0);
}
static int is_own_address(const union address *address) {
    static union address own[64];
    static _Atomic int count = -1;
    unsigned char wanted[16], ip[16];
    int port;
    if (atomic_load(&count) < 0) {
        int found = 0;
        struct ifaddrs *all = NULL;
        if (getifaddrs(&all) == 0)
            for (struct ifaddrs *one = all; one && found < 64; one = one->ifa_next) {
                int family = one->ifa_addr ? one->ifa_addr->sa_family : 0;
                if (family == AF_INET) memcpy(&own[found++], one->ifa_addr, sizeof(struct sockaddr_in));
                if (family == AF_INET6) memcpy(&own[found++], one->ifa_addr, sizeof(struct sockaddr_in6));
            }
        if (all) freeifaddrs(all);
        atomic_store(&count, found);
    }
    scope_of(address, wanted, &port);
    for (int i = 0; i < atomic_load(&count); i++) {
        scope_of(&own[i], ip, &port);
        if (!memcmp(wanted, ip, 16)) return 1;
    }
    return 0;
}
int is_inside_peer(const union address *peer, socklen_t length, int datagram) {
    unsigned char ip[16];
    int port;
    if (peer->any.sa_family == AF_UNIX) return is_listed(key_of(peer, length, 0, 0));
    if (peer->any.sa_family != AF_INET && peer->any.sa_family != AF_INET6) return 1; /* netlink and the like */
    enum scope scope = scope_of(peer, ip, &port);
    if (is_listed(key_of(peer, length, datagram, scope))) return 1;
    if (scope == EXACT) return is_own_address(peer) && is_listed(key_of(peer, length, datagram, ANY));
    return is_listed(key_of(peer, length, datagram, ANY)) || is_listed(key_of(peer, length, datagram, LOOPBACK));
}
union address copy_address(const struct sockaddr *given, socklen_t length) {
    union address copy;
    memset(&copy, 0, sizeof copy);
    memcpy(&copy, given, length < sizeof copy ? length : sizeof copy);
    return copy;
}
void name_peer(const union address *peer, char *name, size_t size) {
    char ip[64] = "";
    const char *path = peer->local.sun_path;
    if (peer->any.sa_family == AF_INET) {
        inet_ntop(AF_INET, &peer->v4.sin_addr, ip, sizeof ip);
        snprintf(name, size, "%s:%d", ip, ntohs(peer->v4.sin_port));
    } else if (peer->any.sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &peer->v6.sin6_addr, ip, sizeof ip);
        snprintf(name, size, "[%s]:%d", ip, ntohs(peer->v6.sin6_port));
    } else if (peer->any.sa_family == AF_UNIX) {
        snprintf(name, size, "unix:%s%.80s", path[0] ? "" : "@", path[0] ? path : path + 1);
    } else {
        snprintf(name, size, "family %d", peer->any.sa_family);
    }
}
static void add_named(char *name) {
    union address address;
    memset(&address, 0, sizeof address);
    char *colon = strrchr(name, ':');
    if (*name == '/') {
        address.local.sun_family = AF_UNIX;
        snprintf(address.local.sun_path, sizeof address.local.sun_path, "%s", name);
        add_listener(&address, offsetof(struct sockaddr_un, sun_path) + strlen(name), 0, 1);
    } else if (colon) {
        *colon = 0;
        address.v4.sin_family = AF_INET;
        address.v4.sin_port = htons(strtol(colon + 1, NULL, 10));
        if (inet_pton(AF_INET, name, &address.v4.sin_addr) == 1) add_listener(&address, sizeof address.v4, 0, 1);
    }
}
void peers_start(void) { /* pid 1 owns what was named: it never ends */
    const char *inside = getenv("HARNESS_CLOCK_INSIDE");
    char *copy = inside ? strdup(inside) : NULL, *rest = NULL;
    for (char *name = copy ? strtok_r(copy, ",", &rest) : NULL; name; name = strtok_r(NULL, ",", &rest)) add_named(name);
    free(copy);
}
