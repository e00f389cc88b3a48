/* shared_objects.c - one name in every process for a semaphore or condition variable in shared memory.
 *
 * The address differs from process to process, so the key is made of the file that is mapped there (device, inode) and
 * the place in it, as /proc/self/maps tells. That takes about 0.1 ms, so keys are remembered by address until the
 * memory or the object goes. An anonymous shared mapping has an inode of its own there too. */
#include "interposer.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REMEMBERED 512
#define BEING_FILLED 1 /* no object has this address */
static struct { _Atomic uintptr_t address; _Atomic uint64_t key; } remembered[REMEMBERED];
static _Atomic int ever_remembered;

static uint64_t mix(uint64_t hash, uint64_t value) { return (hash ^ value) * 1099511628211ULL ^ hash >> 29; }

/* One line of maps: "start-end perms offset major:minor inode  path". */
static uint64_t key_from_line(const char *line, uintptr_t address) {
    unsigned long start, end, offset, inode;
    unsigned major, minor;
    char permissions[5];
    if (sscanf(line, "%lx-%lx %4s %lx %x:%x %lu", &start, &end, permissions, &offset, &major, &minor, &inode) != 7)
        return 0;
    if (address < start || address >= end || permissions[3] != 's') return 0;
    uint64_t hash = mix(mix(mix(1469598103934665603ULL, (uint64_t)major << 32 | minor), inode), offset + address - start);
    return hash | SHARED_KEY;
}
/* Only raw calls: this runs inside sem_post and must touch no lock of the C library. */
static uint64_t key_from_maps(uintptr_t address) {
    char buffer[8192];
    size_t filled = 0;
    uint64_t key = 0;
    int maps = raw_syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (maps < 0) return 0;
    for (ssize_t got; !key && (got = raw_syscall(SYS_read, maps, buffer + filled, sizeof buffer - 1 - filled)) > 0;) {
        filled += got;
        buffer[filled] = 0;
        char *line = buffer, *end;
        for (; !key && (end = strchr(line, '\n')); line = end + 1) { *end = 0; key = key_from_line(line, address); }
        filled -= line - buffer;
        memmove(buffer, line, filled);
        if (filled == sizeof buffer - 1) filled = 0; /* no line is this long */
    }
    raw_syscall(SYS_close, maps);
    return key;
}
uint64_t shared_key(const void *object) {
    uintptr_t address = (uintptr_t)object;
    size_t first = address / 16 % REMEMBERED;
    for (size_t i = 0; i < REMEMBERED; i++) {
        uintptr_t known = atomic_load(&remembered[(first + i) % REMEMBERED].address);
        uint64_t its_key = atomic_load(&remembered[(first + i) % REMEMBERED].key);
        /* The second look: meanwhile it may have been forgotten, and the place have become another's. */
        if (known == address && atomic_load(&remembered[(first + i) % REMEMBERED].address) == address) return its_key;
        if (!known) break;
    }
    int error = errno;
    uint64_t key = key_from_maps(address);
    errno = error;
    for (size_t i = 0; i < 8 && key; i++) { /* full: not remembered, only slower */
        size_t place = (first + i) % REMEMBERED;
        uintptr_t free = 0;
        if (!atomic_compare_exchange_strong(&remembered[place].address, &free, BEING_FILLED)) continue;
        atomic_store(&remembered[place].key, key);
        atomic_store(&remembered[place].address, address);
        break;
    }
    atomic_store(&ever_remembered, 1);
    return key;
}
void forget_shared(const void *start, size_t length) {
    if (!atomic_load_explicit(&ever_remembered, memory_order_relaxed)) return;
    uintptr_t low = (uintptr_t)start, high = low + length;
    for (int i = 0; i < REMEMBERED; i++) {
        uintptr_t address = atomic_load(&remembered[i].address);
        if (address >= low && address < high) atomic_store(&remembered[i].address, 0);
    }
}
