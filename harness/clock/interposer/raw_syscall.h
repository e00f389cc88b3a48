/* raw_syscall.h - a system call without the C library. Its own `syscall` is interposed (raw_calls.c), and looking the
 * original up is no way out: jemalloc makes raw calls while it starts, and the look-up may allocate. */
#ifndef HARNESS_CLOCK_RAW_SYSCALL_H
#define HARNESS_CLOCK_RAW_SYSCALL_H
#include <errno.h>
#include <sys/syscall.h>

/* What the kernel returns: an error is a small negative number. */
static inline __attribute__((always_inline)) long ask_kernel(long number, long a, long b, long c, long d, long e, long f) {
#if defined(__x86_64__)
    long result;
    register long fourth __asm__("r10") = d, fifth __asm__("r8") = e, sixth __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth), "r"(sixth)
                     : "rcx", "r11", "memory");
#elif defined(__aarch64__)
    register long called __asm__("x8") = number, result __asm__("x0") = a, second __asm__("x1") = b,
                  third __asm__("x2") = c, fourth __asm__("x3") = d, fifth __asm__("x4") = e, sixth __asm__("x5") = f;
    __asm__ volatile("svc 0"
                     : "+r"(result)
                     : "r"(called), "r"(second), "r"(third), "r"(fourth), "r"(fifth), "r"(sixth)
                     : "memory");
#else
#error "the virtual clock knows how to call the kernel on x86-64 and ARM64 only: the harness runs in real time here"
#endif
    return result;
}
static inline int is_failure(long result) { return (unsigned long)result >= -4095UL; }
static inline long raw_syscall_of_6(long number, long a, long b, long c, long d, long e, long f) {
    long result = ask_kernel(number, a, b, c, d, e, f);
    if (!is_failure(result)) return result;
    errno = -result;
    return -1;
}
#define RAW_SYSCALL_OF_6(number, a, b, c, d, e, f, ...) \
    raw_syscall_of_6(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
/* Like syscall(): -1 and errno, or what the kernel returned. */
#define raw_syscall(...) RAW_SYSCALL_OF_6(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)
#endif
