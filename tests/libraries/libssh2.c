#include <libssh2.h>
#include <string.h>

int check(void)
{
    const char **methods;
    int known = 0;
    if (libssh2_init(0)) return 1;
    LIBSSH2_SESSION *session = libssh2_session_init();
    if (!session) return 2;
    int number = libssh2_session_supported_algs(session, LIBSSH2_METHOD_KEX, &methods);
    for (int i = 0; i < number; i++) known |= !strcmp(methods[i], "curve25519-sha256");
    libssh2_free(session, methods);
    libssh2_session_free(session);
    libssh2_exit();
    return !known;
}
