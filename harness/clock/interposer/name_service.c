/* name_service.c - names and addresses: the resolver talks to the outside through calls that cannot be interposed, so
 * whoever asks it pins the clock. Refuses nothing: names of /etc/hosts pin too, for as long as they take. */
#include "interposer.h"
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>

static int pin_resolver(const char *name) {
    char peer[PEER_LENGTH];
    int error = errno;
    snprintf(peer, sizeof peer, "name service: %.60s", name ? name : "");
    int pin = page ? set_pin(-1, peer, 0) : NO_PIN;
    errno = error;
    return pin;
}
/* glibc before 2.34 has these in a library of its own, which may have been opened for its caller only. */
static void *resolver_symbol(const char *name) {
    void *library, *symbol = next_symbol(name);
    return symbol || !(library = dlopen("libresolv.so.2", RTLD_LAZY)) ? symbol : dlsym(library, name);
}
#define ASKING(name, call) ({ \
    int pin_ = pin_resolver(name); \
    __typeof__(call) result_ = call; \
    int error_ = errno; \
    end_pin(pin_); \
    errno = error_; \
    result_; })

EXPORT int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    if (!name) return REAL(getaddrinfo)(name, service, hints, found);
    return ASKING(name, REAL(getaddrinfo)(name, service, hints, found));
}
EXPORT int getnameinfo(const struct sockaddr *address, socklen_t length, char *host, socklen_t host_size, char *service,
                       socklen_t service_size, int flags) {
    if (flags & NI_NUMERICHOST || !host) /* a look into a file at most */
        return REAL(getnameinfo)(address, length, host, host_size, service, service_size, flags);
    return ASKING("an address", REAL(getnameinfo)(address, length, host, host_size, service, service_size, flags));
}
EXPORT struct hostent *gethostbyname(const char *name) { return ASKING(name, REAL(gethostbyname)(name)); }
EXPORT struct hostent *gethostbyname2(const char *name, int family) {
    return ASKING(name, REAL(gethostbyname2)(name, family));
}
EXPORT int gethostbyname_r(const char *name, struct hostent *host, char *buffer, size_t size, struct hostent **found,
                           int *error) {
    return ASKING(name, REAL(gethostbyname_r)(name, host, buffer, size, found, error));
}
EXPORT int gethostbyname2_r(const char *name, int family, struct hostent *host, char *buffer, size_t size,
                            struct hostent **found, int *error) {
    return ASKING(name, REAL(gethostbyname2_r)(name, family, host, buffer, size, found, error));
}
EXPORT struct hostent *gethostbyaddr(const void *address, socklen_t length, int family) {
    return ASKING("an address", REAL(gethostbyaddr)(address, length, family));
}
EXPORT int gethostbyaddr_r(const void *address, socklen_t length, int family, struct hostent *host, char *buffer,
                           size_t size, struct hostent **found, int *error) {
    return ASKING("an address", REAL(gethostbyaddr_r)(address, length, family, host, buffer, size, found, error));
}

/* Both names of each: programs built with older headers call the second. `state` is opaque to us. */
#define QUESTION(function) \
    EXPORT int function(const char *name, int class, int type, unsigned char *answer, int size) { \
        int (*next)(const char *, int, int, unsigned char *, int) = resolver_symbol(#function); \
        return next ? ASKING(name, next(name, class, type, answer, size)) : -1; \
    }
#define QUESTION_WITH_STATE(function) \
    EXPORT int function(void *state, const char *name, int class, int type, unsigned char *answer, int size) { \
        int (*next)(void *, const char *, int, int, unsigned char *, int) = resolver_symbol(#function); \
        return next ? ASKING(name, next(state, name, class, type, answer, size)) : -1; \
    }
QUESTION(res_query)
QUESTION(__res_query)
QUESTION(res_search)
QUESTION(__res_search)
QUESTION_WITH_STATE(res_nquery)
QUESTION_WITH_STATE(__res_nquery)
QUESTION_WITH_STATE(res_nsearch)
QUESTION_WITH_STATE(__res_nsearch)
