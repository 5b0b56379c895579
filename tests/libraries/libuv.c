#include <uv.h>

static int rang;

static void ring(uv_timer_t *timer)
{
    (void)timer;
    rang = 1;
}

int check(void)
{
    uv_loop_t loop;
    uv_timer_t timer;
    if (uv_loop_init(&loop) || uv_timer_init(&loop, &timer)) return 1;
    uv_timer_start(&timer, ring, 1, 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    return !rang;
}
