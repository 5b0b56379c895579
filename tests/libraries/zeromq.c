#include <string.h>
#include <zmq.h>

int check(void)
{
    char text[8] = "", public[41], secret[41], address[64];
    size_t length = sizeof address;
    int alive = 1;
    void *context = zmq_ctx_new(), *left = zmq_socket(context, ZMQ_PAIR), *right = zmq_socket(context, ZMQ_PAIR);
    if (zmq_setsockopt(left, ZMQ_TCP_KEEPALIVE, &alive, sizeof alive)) return 1;
    if (zmq_bind(left, "tcp://127.0.0.1:*") || zmq_getsockopt(left, ZMQ_LAST_ENDPOINT, address, &length)) return 2;
    if (zmq_connect(right, address)) return 3;
    if (zmq_send(left, "hello", 5, 0) != 5 || zmq_recv(right, text, sizeof text, 0) != 5) return 4;
    if (!zmq_has("curve") || zmq_curve_keypair(public, secret)) return 5;
#ifdef __linux__
    /* Known by what its build has found out about the target. */
    if (zmq_setsockopt(left, ZMQ_BINDTODEVICE, "lo", 2)) return 6;
#endif
    zmq_close(left);
    zmq_close(right);
    zmq_ctx_term(context);
    return strcmp(text, "hello") != 0;
}
