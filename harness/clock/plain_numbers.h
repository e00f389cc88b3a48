/* plain_numbers.h - read numbers with the functions that every glibc has. From 2.38 on its headers put new ones in their
 * place, which also read "0b1": a library that was compiled there would load nowhere else. */
#if defined(__x86_64__)
#define FIRST_GLIBC "GLIBC_2.2.5"
#define FIRST_SSCANF "GLIBC_2.7"
#elif defined(__aarch64__)
#define FIRST_GLIBC "GLIBC_2.17"
#define FIRST_SSCANF "GLIBC_2.17"
#endif
#ifdef FIRST_GLIBC
__asm__(".symver __isoc23_strtol,strtol@" FIRST_GLIBC);
__asm__(".symver __isoc23_strtoll,strtoll@" FIRST_GLIBC);
__asm__(".symver __isoc23_strtoul,strtoul@" FIRST_GLIBC);
__asm__(".symver __isoc23_strtoull,strtoull@" FIRST_GLIBC);
__asm__(".symver __isoc23_sscanf,__isoc99_sscanf@" FIRST_SSCANF);
#endif
