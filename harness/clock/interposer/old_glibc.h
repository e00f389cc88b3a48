/* old_glibc.h - bind to the oldest version of each symbol, so that a library built on this machine also loads into
 * the processes of an older container. These moved to new version names in glibc 2.34 without changing at all. */
#if defined(__x86_64__)
#define OLDEST_GLIBC "GLIBC_2.2.5"
#elif defined(__aarch64__)
#define OLDEST_GLIBC "GLIBC_2.17"
#endif
#ifdef OLDEST_GLIBC
#define BIND_OLDEST(symbol) __asm__(".symver " #symbol "," #symbol "@" OLDEST_GLIBC)
BIND_OLDEST(dlopen);
BIND_OLDEST(dlsym);
BIND_OLDEST(dlvsym);
BIND_OLDEST(pthread_condattr_setpshared);
BIND_OLDEST(pthread_create);
BIND_OLDEST(pthread_detach);
BIND_OLDEST(pthread_key_create);
BIND_OLDEST(pthread_setspecific);
BIND_OLDEST(pthread_sigmask);
BIND_OLDEST(pthread_attr_setstacksize);
BIND_OLDEST(sem_trywait);
#endif
