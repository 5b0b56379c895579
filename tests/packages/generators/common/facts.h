/* What a compiler knows of the machine that it compiles for, as one string. */
#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

#if defined(__x86_64__)
#define MACHINE "x86_64"
#elif defined(__aarch64__)
#define MACHINE "aarch64"
#elif defined(__riscv)
#define MACHINE "riscv64"
#elif defined(__wasm32__)
#define MACHINE "wasm32"
#endif

#if defined(_WIN32)
#define SYSTEM "windows"
#elif defined(__APPLE__)
#define SYSTEM "macos"
#elif defined(__EMSCRIPTEN__)
#define SYSTEM "emscripten"
#elif defined(__linux__)
#define SYSTEM "linux"
#endif

#define FACTS MACHINE " " SYSTEM " " TEXT(__SIZEOF_POINTER__)
