#include <string.h>
#include <uuid/uuid.h>

int check(void)
{
    uuid_t random, timed, parsed;
    char text[37];
    uuid_generate_random(random);
    uuid_generate_time(timed);
    if (uuid_type(random) != UUID_TYPE_DCE_RANDOM || uuid_type(timed) != UUID_TYPE_DCE_TIME) return 1;
    uuid_unparse_lower(random, text);
    if (strlen(text) != 36 || uuid_parse(text, parsed) != 0) return 2;
    if (uuid_compare(random, parsed) != 0 || uuid_compare(random, timed) == 0) return 3;
    return uuid_parse("6ba7b810-9dad-11d1-80b4-00c04fd430cX", parsed) == 0;
}
