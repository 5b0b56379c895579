#include <gmp.h>
#include <string.h>

int check(void)
{
    char text[64];
    mpz_t number;
    mpz_init(number);
    mpz_ui_pow_ui(number, 2, 100);
    mpz_get_str(text, 10, number);
    return strcmp(text, "1267650600228229401496703205376") != 0;
}
