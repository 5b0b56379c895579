#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

int check(void)
{
    int error;
    PCRE2_SIZE at;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)"(\\d+)-(?<word>\\p{Lu}+)", PCRE2_ZERO_TERMINATED, PCRE2_UTF, &error, &at, NULL);
    if (!code) return 1;
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(code, NULL);
    int plain = pcre2_match(code, (PCRE2_SPTR)"x 42-\xc3\x84PFEL", PCRE2_ZERO_TERMINATED, 0, 0, data, NULL);
    if (plain != 3 || pcre2_get_ovector_pointer(data)[0] != 2) return 2;
    /* With code that is made for the processor, where there is such. */
    if (pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) == 0
        && pcre2_match(code, (PCRE2_SPTR)"x 42-ABC", PCRE2_ZERO_TERMINATED, 0, 0, data, NULL) != 3) return 3;
    pcre2_match_data_free(data);
    pcre2_code_free(code);
    return 0;
}
