#include <ev.h>

static int rung;

static void ring(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)timer; (void)events;
    rung = 1;
    ev_break(loop, EVBREAK_ALL);
}

int check(void)
{
    ev_timer timer;
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
    if (!loop) return 1;
    ev_timer_init(&timer, ring, 0.01, 0.);
    ev_timer_start(loop, &timer);
    ev_run(loop, 0);
    ev_loop_destroy(loop);
    return !rung;
}
