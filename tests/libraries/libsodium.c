#include <sodium.h>
#include <string.h>

int check(void)
{
    unsigned char key[crypto_secretbox_KEYBYTES] = {1}, nonce[crypto_secretbox_NONCEBYTES] = {2};
    unsigned char hidden[5 + crypto_secretbox_MACBYTES], back[5];
    if (sodium_init() < 0) return 1;
    crypto_secretbox_easy(hidden, (const unsigned char *)"hello", 5, nonce, key);
    if (crypto_secretbox_open_easy(back, hidden, sizeof hidden, nonce, key)) return 2;
    return memcmp(back, "hello", 5) != 0;
}
