#include <openssl/evp.h>
#include <openssl/ssl.h>

int check(void)
{
    unsigned char digest[32];
    unsigned length = 0;
    if (!EVP_Digest("abc", 3, digest, &length, EVP_sha256(), NULL)) return 1;
    if (digest[0] != 0xba || digest[1] != 0x78 || digest[31] != 0xad) return 2;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context) return 3;
    SSL_CTX_free(context);
    return 0;
}
