#include <mpc.h>

int check(void)
{
    mpc_t number;
    mpc_init2(number, 200);
    mpc_set_si_si(number, 3, 4, MPC_RNDNN);
    mpc_sqr(number, number, MPC_RNDNN);
    int wrong = mpc_cmp_si_si(number, -7, 24);
    mpc_clear(number);
    return wrong != 0;
}
