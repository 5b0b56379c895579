#include <leveldb/c.h>
#include <string.h>

int check(void)
{
    char *error = NULL;
    size_t length = 0;
    leveldb_options_t *options = leveldb_options_create();
    leveldb_options_set_env(options, leveldb_create_default_env());
    leveldb_options_set_create_if_missing(options, 1);
    leveldb_t *database = leveldb_open(options, "check.leveldb", &error);
    if (!database) return 1;
    leveldb_put(database, leveldb_writeoptions_create(), "key", 3, "value", 5, &error);
    if (error) return 2;
    leveldb_compact_range(database, NULL, 0, NULL, 0);
    char *value = leveldb_get(database, leveldb_readoptions_create(), "key", 3, &length, &error);
    int wrong = error || length != 5 || memcmp(value, "value", 5);
    leveldb_close(database);
    return wrong;
}
