#if defined(__x86_64__) || defined(__i386__)
#define VERSIONS __attribute__((target_clones("avx2", "sse4.2", "default")))
#elif defined(__aarch64__)
#define VERSIONS __attribute__((target_clones("sve", "dotprod", "default")))
#elif defined(__riscv)
#define VERSIONS __attribute__((target_clones("arch=+v", "default")))
#endif
