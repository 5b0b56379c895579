/* Runs programs of a target where the kernel refuses them: preloaded into the programs of a build (LD_PRELOAD).

   Functions that start a program look at its first bytes. One for another machine is started by the program
   ../bin/crosswheel-run-binfmt, relative to this library's directory, which is called as the kernel calls an interpreter
   of binfmt_misc: with the path, argv[0], and the other arguments. Everything else is passed on to the C library. The
   variable LD_PRELOAD is added to environments that lack it, since builds start programs with environments of their own.

   Functions that open a file open ../cpuinfo in place of /proc/cpuinfo, if there is such a file.

   Memory is on the stack only: between vfork and exec, a child shares that of its parent. */

#define _GNU_SOURCE
#include <alloca.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

extern char **environ;
extern const unsigned char __ehdr_start[] __attribute__((visibility("hidden")));

static char library[PATH_MAX], launcher[PATH_MAX], cpuinfo[PATH_MAX];
static int described;

static int (*real_execve)(const char *, char *const[], char *const[]);
static int (*real_execvpe)(const char *, char *const[], char *const[]);
static int (*real_posix_spawn)(pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *,
                               char *const[], char *const[]);
static int (*real_posix_spawnp)(pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *,
                                char *const[], char *const[]);
static int (*real_system)(const char *);
static FILE *(*real_popen)(const char *, const char *);
static FILE *(*real_fopen)(const char *, const char *);

static void *find(const char *name) { return dlsym(RTLD_NEXT, name); }

__attribute__((constructor)) static void start(void) {
    Dl_info info;
    char *slash;
    struct stat status;
    if (real_execve) return;
    real_execvpe = find("execvpe");
    real_posix_spawn = find("posix_spawn");
    real_posix_spawnp = find("posix_spawnp");
    real_system = find("system");
    real_popen = find("popen");
    real_fopen = find("fopen");
    real_execve = find("execve");
    if (!dladdr((void *)start, &info) || !info.dli_fname || info.dli_fname[0] != '/') return;
    if (strlen(info.dli_fname) + 40 > PATH_MAX) return;
    strcpy(library, info.dli_fname);
    strcpy(launcher, library);
    slash = strrchr(launcher, '/');
    strcpy(slash, "/../cpuinfo");
    strcpy(cpuinfo, launcher);
    described = stat(cpuinfo, &status) == 0;
    strcpy(slash, "/../bin/crosswheel-run-binfmt");
}

/* Whether a file is a program of another machine: its kernel would not run it. */
static int is_foreign(const char *path) {
    static const unsigned char pe[] = {'M', 'Z'}, wasm[] = {0, 'a', 's', 'm'}, mach[] = {0xcf, 0xfa, 0xed, 0xfe};
    unsigned char head[20];
    int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    long n = file < 0 ? -1 : read(file, head, sizeof head);
    if (file >= 0) close(file);
    if (n < (long)sizeof head) return 0;
    if (!memcmp(head, pe, sizeof pe) || !memcmp(head, wasm, sizeof wasm) || !memcmp(head, mach, sizeof mach)) return 1;
    if (memcmp(head, __ehdr_start, 4)) return 0;
    return head[4] != __ehdr_start[4] || head[5] != __ehdr_start[5] || memcmp(head + 18, __ehdr_start + 18, 2);
}

/* The program of another machine that a path names, NULL if it names none. As on Windows, .exe may be left out. */
static const char *foreign(const char *path, char *buffer) {
    int saved = errno;
    const char *found = NULL;
    start();
    if (path && library[0] && !access(path, X_OK)) {
        if (is_foreign(path)) found = path;
    } else if (path && library[0] && errno == ENOENT && *path && strlen(path) + 5 < PATH_MAX) {
        strcpy(buffer, path);
        strcat(buffer, ".exe");
        if (!access(buffer, X_OK) && is_foreign(buffer)) found = buffer;
    }
    errno = saved;
    return found;
}

static size_t count(char *const *list) {
    size_t n = 0;
    while (list && list[n]) n++;
    return n;
}

static const char VARIABLE[] = "LD_PRELOAD=";

static int is_preload(const char *entry) { return !strncmp(entry, VARIABLE, sizeof VARIABLE - 1); }

/* The size of the memory that with_preload needs; 0 if the environment has the variable already. */
static size_t missing(char *const *environment) {
    size_t n = 0, old = 0;
    if (!library[0]) return 0;
    for (; environment && environment[n]; n++)
        if (is_preload(environment[n])) {
            if (strstr(environment[n], library)) return 0;
            old = strlen(environment[n]);
        }
    return (n + 2) * sizeof(char *) + sizeof VARIABLE + strlen(library) + old + 2;
}

static char *const *with_preload(char *memory, char *const *environment) {
    char **list = (char **)memory, *text;
    size_t n = count(environment), i;
    text = memory + (n + 2) * sizeof(char *);
    strcpy(text, VARIABLE);
    strcat(text, library);
    list[0] = text;
    for (i = 0; i < n; i++) {
        if (is_preload(environment[i]) && environment[i][sizeof VARIABLE - 1]) {
            strcat(text, ":");
            strcat(text, environment[i] + sizeof VARIABLE - 1);
        }
        list[i + 1] = is_preload(environment[i]) ? text : environment[i];
    }
    list[n + 1] = NULL;
    return list;
}

/* Programs of the target cannot load a library of this machine, and say so. */
static char *const *without_preload(char **list, char *const *environment) {
    size_t n = 0;
    for (; environment && *environment; environment++)
        if (!is_preload(*environment)) list[n++] = *environment;
    list[n] = NULL;
    return list;
}

static char *const *launch_arguments(char **list, const char *path, char *const *argv) {
    size_t n = count(argv), i;
    list[0] = launcher;
    list[1] = (char *)path;
    list[2] = n ? argv[0] : (char *)path;
    for (i = 1; i < n; i++) list[i + 2] = argv[i];
    list[i + 2] = NULL;
    return list;
}

#define EXTENDED(name, environment) \
    size_t name##_size = missing(environment); \
    char *const *name = name##_size ? with_preload(alloca(name##_size), environment) : environment

#define LAUNCH_ARGUMENTS(path, argv) launch_arguments(alloca((count(argv) + 4) * sizeof(char *)), path, argv)
#define PLAIN(environment) without_preload(alloca((count(environment) + 1) * sizeof(char *)), environment)

/* The file that a search in PATH finds; empty if there is none. */
static const char *search(char *buffer, const char *name) {
    const char *path = getenv("PATH"), *end;
    char other[PATH_MAX];
    if (!name || strchr(name, '/')) return name;
    for (path = path ? path : "/bin:/usr/bin"; *path; path = *end ? end + 1 : end) {
        struct stat status;
        int saved = errno;
        size_t n;
        end = strchr(path, ':');
        if (!end) end = path + strlen(path);
        n = (size_t)(end - path);
        if (n + strlen(name) + 2 > PATH_MAX) continue;
        memcpy(buffer, path, n);
        buffer[n] = 0;
        if (n) strcat(buffer, "/");
        strcat(buffer, name);
        if (!access(buffer, X_OK) && !stat(buffer, &status) && S_ISREG(status.st_mode)) return buffer;
        if (foreign(buffer, other)) return buffer;
        errno = saved;
    }
    return "";
}

EXPORT int execve(const char *path, char *const argv[], char *const envp[]) {
    char exe[PATH_MAX];
    const char *program = foreign(path, exe);
    if (program) return real_execve(launcher, LAUNCH_ARGUMENTS(program, argv), PLAIN(envp));
    {
        EXTENDED(environment, envp);
        return real_execve(path, argv, environment);
    }
}

EXPORT int execv(const char *path, char *const argv[]) { return execve(path, argv, environ); }

EXPORT int execvpe(const char *file, char *const argv[], char *const envp[]) {
    char buffer[PATH_MAX], exe[PATH_MAX];
    const char *path = search(buffer, file);
    const char *program = foreign(path, exe);
    if (program) return real_execve(launcher, LAUNCH_ARGUMENTS(program, argv), PLAIN(envp));
    {
        EXTENDED(environment, envp);
        return real_execvpe(file, argv, environment);
    }
}

EXPORT int execvp(const char *file, char *const argv[]) { return execvpe(file, argv, environ); }

/* The arguments of a function with a variable number of them, as an array, and what follows their end. */
#define COLLECT(first, environment) \
    va_list words; \
    size_t number = 1, i; \
    char **argv; \
    va_start(words, first); \
    while (va_arg(words, char *)) number++; \
    va_end(words); \
    argv = alloca((number + 1) * sizeof(char *)); \
    argv[0] = (char *)first; \
    va_start(words, first); \
    for (i = 1; i <= number; i++) argv[i] = va_arg(words, char *); \
    environment; \
    va_end(words)

EXPORT int execl(const char *path, const char *arg, ...) {
    COLLECT(arg, );
    return execve(path, argv, environ);
}

EXPORT int execlp(const char *file, const char *arg, ...) {
    COLLECT(arg, );
    return execvpe(file, argv, environ);
}

EXPORT int execle(const char *path, const char *arg, ...) {
    char *const *envp;
    COLLECT(arg, envp = va_arg(words, char *const *));
    return execve(path, argv, envp);
}

EXPORT int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                       const posix_spawnattr_t *attributes, char *const argv[], char *const envp[]) {
    char exe[PATH_MAX];
    const char *program = foreign(path, exe);
    if (program)
        return real_posix_spawn(pid, launcher, actions, attributes, LAUNCH_ARGUMENTS(program, argv), PLAIN(envp));
    {
        EXTENDED(environment, envp);
        return real_posix_spawn(pid, path, actions, attributes, argv, environment);
    }
}

EXPORT int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
                        const posix_spawnattr_t *attributes, char *const argv[], char *const envp[]) {
    char buffer[PATH_MAX], exe[PATH_MAX];
    const char *path = search(buffer, file);
    const char *program = foreign(path, exe);
    if (program)
        return real_posix_spawn(pid, launcher, actions, attributes, LAUNCH_ARGUMENTS(program, argv), PLAIN(envp));
    {
        EXTENDED(environment, envp);
        return real_posix_spawnp(pid, file, actions, attributes, argv, environment);
    }
}

/* These start a shell inside of the C library, in the environment of this process. */
#define IN_EXTENDED_ENVIRONMENT(statement) \
    char **own = environ; \
    EXTENDED(environment, own); \
    start(); \
    environ = (char **)environment; \
    statement; \
    environ = own

EXPORT int system(const char *command) {
    int status;
    IN_EXTENDED_ENVIRONMENT(status = real_system(command));
    return status;
}

EXPORT FILE *popen(const char *command, const char *mode) {
    FILE *stream;
    IN_EXTENDED_ENVIRONMENT(stream = real_popen(command, mode));
    return stream;
}

static const char *replaced(const char *path) {
    return described && path && !strcmp(path, "/proc/cpuinfo") ? cpuinfo : path;
}

#define OPEN(name, parameters, directory) \
    EXPORT int name parameters { \
        mode_t mode = 0; \
        if (flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE) { \
            va_list words; \
            va_start(words, flags); \
            mode = (mode_t)va_arg(words, int); \
            va_end(words); \
        } \
        return (int)syscall(SYS_openat, directory, replaced(path), flags, mode); \
    }

/* Both machines that builds run on have 64-bit offsets. */
OPEN(open, (const char *path, int flags, ...), AT_FDCWD)
OPEN(open64, (const char *path, int flags, ...), AT_FDCWD)
OPEN(openat, (int directory, const char *path, int flags, ...), directory)
OPEN(openat64, (int directory, const char *path, int flags, ...), directory)

EXPORT int __open_2(const char *path, int flags) {
    return (int)syscall(SYS_openat, AT_FDCWD, replaced(path), flags, 0);
}

EXPORT int __open64_2(const char *path, int flags) { return __open_2(path, flags); }

EXPORT int __openat_2(int directory, const char *path, int flags) {
    return (int)syscall(SYS_openat, directory, replaced(path), flags, 0);
}

EXPORT int __openat64_2(int directory, const char *path, int flags) { return __openat_2(directory, path, flags); }

EXPORT FILE *fopen(const char *path, const char *mode) {
    if (!real_fopen) real_fopen = find("fopen");
    return real_fopen(replaced(path), mode);
}

EXPORT FILE *fopen64(const char *path, const char *mode) { return fopen(path, mode); }
