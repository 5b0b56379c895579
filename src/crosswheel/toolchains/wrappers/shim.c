/* The program behind every wrapper name (cc, ar, ...): asks the running crosswheel what to do, and does it.

   A build calls its compiler hundreds of times, so this starts in a fraction of a millisecond: it links no library, not
   even a C library, and makes its few system calls itself.

   It connects to the socket `../calls`, relative to its own directory. A request consists of NUL-terminated strings:
   the number of strings that follow, the name it was called by, the working directory, the arguments. The response has the
   same form: the exit status, the text to print, the number of commands, and for each command its number of arguments
   and the arguments. The last command replaces this process; those before it run as children, up to the first that
   fails. The wrappers are removed from their PATH: gcc looks up its linker and archiver there.

   A compiler of the build machine that a build calls by its path looks them up on PATH too, and finds the wrappers. It is
   to get the build machine's own: to the name that is sent, "-for-build:" and the compiler's name are appended. gcc is
   recognized by the variable COLLECT_GCC, which it sets for its linker; clang and gcc's archivers by the program of the
   parent process. Compilers that the wrappers run do not find them. */

typedef unsigned long size;

#if defined(__x86_64__)
enum { READ = 0, WRITE = 1, CLOSE = 3, SOCKET = 41, CONNECT = 42, EXIT = 231, WAIT4 = 61, GETCWD = 79,
       READLINK = 267, OPENAT = 257, MMAP = 9, EXECVE = 59, CLONE = 56, GETPPID = 110 };
static long call(long n, long a, long b, long c, long d, long e, long f) {
    register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}
__asm__(".globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call run\n");
#elif defined(__aarch64__)
enum { READ = 63, WRITE = 64, CLOSE = 57, SOCKET = 198, CONNECT = 203, EXIT = 94, WAIT4 = 260, GETCWD = 17,
       READLINK = 78, OPENAT = 56, MMAP = 222, EXECVE = 221, CLONE = 220, GETPPID = 173 };
static long call(long n, long a, long b, long c, long d, long e, long f) {
    register long x8 __asm__("x8") = n, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = f;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
}
__asm__(".globl _start\n_start: mov x0, sp\n bl run\n");
#else
#error "crosswheel's wrappers run on x86-64 and AArch64 Linux"
#endif

#define CALL3(n, a, b, c) call(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define CALL6(n, a, b, c, d, e, f) call(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

static size length(const char *text) {
    size n = 0;
    while (text[n]) n++;
    return n;
}

static void copy(char *to, const char *from, size n) {
    for (size i = 0; i < n; i++) ((volatile char *)to)[i] = from[i];
}

static void leave(int status) {
    for (;;) CALL3(EXIT, status, 0, 0);
}

static void write_all(int file, const char *data, size n) {
    while (n) {
        long done = CALL3(WRITE, file, data, n);
        if (done <= 0) leave(127);
        data += done;
        n -= (size)done;
    }
}

static void fail(const char *why) {
    write_all(2, "crosswheel: ", 12);
    write_all(2, why, length(why));
    write_all(2, "\n", 1);
    leave(127);
}

static char *allocate(size n) {
    long address = CALL6(MMAP, 0, n, 3 /* read, write */, 0x22 /* private, anonymous */, -1, 0);
    if (address < 0 && address > -4096) fail("out of memory");
    return (char *)address;
}

static size number(const char *text) {
    size n = 0;
    while (*text >= '0' && *text <= '9') n = n * 10 + (size)(*text++ - '0');
    return n;
}

static size digits(size n, char *text) {
    char back[24];
    size count = 0, i;
    do back[count++] = (char)('0' + n % 10); while (n /= 10);
    for (i = 0; i < count; i++) text[i] = back[count - 1 - i];
    text[count] = 0;
    return count + 1;
}

/* Connects to the socket in the parent of this program's directory. The path under /proc/self/fd is short for any
   directory; the kernel limits the name of a socket to 108 bytes. */
static int connect_to_server(const char *directory) {
    struct { unsigned short family; char path[108]; } address = {1, {0}};
    static const char under[] = "/proc/self/fd/", name[] = "/../calls";
    long folder = CALL6(OPENAT, -100 /* AT_FDCWD */, directory, 0x200000 /* O_PATH */, 0, 0, 0);
    long line = CALL3(SOCKET, 1 /* AF_UNIX */, 1 | 02000000 /* stream, close on exec */, 0);
    size at = sizeof(under) - 1;
    if (folder < 0 || line < 0) fail("cannot open a socket");
    copy(address.path, under, at);
    at += digits((size)folder, address.path + at) - 1;
    copy(address.path + at, name, sizeof(name));
    if (CALL3(CONNECT, line, &address, sizeof(address)) < 0)
        fail("the build of this wrapper has finished; its log contains the commands that the wrapper ran");
    CALL3(CLOSE, folder, 0, 0);
    return (int)line;
}

static char *receive(int line, size *got) {
    size room = 1 << 16, used = 0;
    char *data = allocate(room);
    for (;;) {
        long n;
        if (used == room) {
            char *larger = allocate(room * 4);
            copy(larger, data, used);
            data = larger;
            room *= 4;
        }
        n = CALL3(READ, line, data + used, room - used);
        if (n < 0) fail("lost the connection to crosswheel");
        if (n == 0) break;
        used += (size)n;
    }
    *got = used;
    return data;
}

static int child(char **args, char **environment) {
    int status = 0;
    long pid = CALL6(CLONE, 17 /* SIGCHLD */, 0, 0, 0, 0, 0);
    if (pid == 0) {
        CALL3(EXECVE, args[0], args, environment);
        fail("cannot start the compiler");
    }
    while (CALL6(WAIT4, pid, &status, 0, 0, 0, 0) == -4 /* EINTR */) {}
    return (status & 0x7f) ? 128 + (status & 0x7f) : (status >> 8) & 0xff;
}

static int same(const char *one, const char *other, size n) {
    for (size i = 0; i < n; i++) if (one[i] != other[i]) return 0;
    return 1;
}

static int starts_with(const char *text, const char *start) {
    size n = length(start);
    return length(text) >= n && same(text, start, n);
}

static int contains(const char *text, const char *part) {
    for (; *text; text++) if (starts_with(text, part)) return 1;
    return 0;
}

/* Reads the name of the parent process's program, without its directory. */
static void read_parent(char *name) {
    char path[48] = "/proc/", link[4097];
    size at = 6, slash = 0, i;
    long n;
    name[0] = 0;
    at += digits((size)CALL3(GETPPID, 0, 0, 0), path + at) - 1;
    copy(path + at, "/exe", 5);
    n = CALL6(READLINK, -100, path, link, 4096, 0, 0);
    if (n <= 0) return;
    link[n] = 0;
    for (i = 0; i < (size)n; i++) if (link[i] == '/') slash = i + 1;
    copy(name, link + slash, (size)n - slash + 1);
}

/* Returns the compiler of the build machine that calls this tool; 0 if none does.
   parent: room for its name. */
static const char *build_compiler(const char *tool, char **environment, char *parent) {
    static const char variable[] = "COLLECT_GCC=";
    int linker = contains(tool, "ld");
    if (contains(tool, "-for-build")) return 0;
    if (linker)
        for (; *environment; environment++)
            if (starts_with(*environment, variable)) return *environment + sizeof(variable) - 1;
    read_parent(parent);
    if (linker && starts_with(parent, "clang")) return parent;
    return contains(parent, "gcc-ar") || contains(parent, "gcc-nm") || contains(parent, "gcc-ranlib") ? parent : 0;
}

/* Removes a directory from PATH, in place. */
static void remove_from_path(char **environment, const char *directory) {
    for (; *environment; environment++) {
        char *from = *environment + 5, *to = from, *start = from;
        if (!same(*environment, "PATH=", 5)) continue;
        while (*from) {
            size n = 0;
            while (from[n] && from[n] != ':') n++;
            if (n != length(directory) || !same(from, directory, n)) {
                if (to != start) *to++ = ':';
                copy(to, from, n);
                to += n;
            }
            from += n;
            if (*from) from++;
        }
        *to = 0;
    }
}

static void remove_variable(char **environment, const char *name, size n) {
    char **kept = environment;
    for (; *environment; environment++)
        if (!same(*environment, name, n)) *kept++ = *environment;
    *kept = 0;
}

static const char *next(const char **at, const char *end) {
    const char *text = *at;
    if (text >= end) fail("the response of crosswheel is incomplete");
    *at += length(text) + 1;
    return text;
}

static void run_plan(const char *at, const char *end, char **environment) {
    int status = (int)number(next(&at, end));
    const char *output = next(&at, end);
    size commands = number(next(&at, end));
    write_all(status ? 2 : 1, output, length(output));
    while (commands--) {
        size count = number(next(&at, end)), i;
        char **args = (char **)allocate((count + 1) * sizeof(char *));
        for (i = 0; i < count; i++) args[i] = (char *)next(&at, end);
        args[count] = 0;
        if (!commands) {
            CALL3(EXECVE, args[0], args, environment);
            fail("cannot start the compiler");
        }
        status = child(args, environment);
        if (status) leave(status);
    }
    leave(status);
}

__attribute__((used)) void run(long *stack) {
    static const char for_build[] = "-for-build:";
    size count = (size)stack[0], i, room = 16384 + 64, used = 0, got, slash = 0;
    char **arguments = (char **)(stack + 1), **environment = arguments + count + 1;
    char self[4097], parent[4097], *request, *answer;
    const char *caller;
    int line;
    long n = CALL6(READLINK, -100, "/proc/self/exe", self, 4096, 0, 0);
    if (n <= 0) fail("cannot read the path of this wrapper");
    self[n] = 0;
    for (i = 0; i < (size)n; i++) if (self[i] == '/') slash = i;
    caller = build_compiler(self + slash + 1, environment, parent);
    if (caller) room += length(caller) + sizeof(for_build);
    for (i = 1; i < count; i++) room += length(arguments[i]) + 1;
    request = allocate(room);
    used = digits(count + 1, request);
    copy(request + used, self + slash + 1, (size)n - slash);
    used += (size)n - slash;
    if (caller) {
        copy(request + used - 1, for_build, sizeof(for_build));
        used += sizeof(for_build) - 1;
        copy(request + used - 1, caller, length(caller) + 1);
        used += length(caller);
    }
    n = CALL3(GETCWD, request + used, 8192, 0);
    if (n <= 0) fail("the working directory does not exist");
    used += (size)n;
    for (i = 1; i < count; i++) {
        copy(request + used, arguments[i], length(arguments[i]) + 1);
        used += length(arguments[i]) + 1;
    }
    self[slash] = 0;
    line = connect_to_server(self);
    write_all(line, request, used);
    answer = receive(line, &got);
    /* Programs of the target run in the environment that they were started in, without libraries of this machine. */
    if (same(self + slash + 1, "crosswheel-run", 14)) remove_variable(environment, "LD_PRELOAD=", 11);
    else remove_from_path(environment, self);
    run_plan(answer, answer + got, environment);
}
