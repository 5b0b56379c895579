#include <sqlite3.h>
#include <stddef.h>

int check(void)
{
    sqlite3 *base;
    sqlite3_stmt *statement;
    if (sqlite3_open(":memory:", &base) != SQLITE_OK) return 1;
    if (sqlite3_exec(base, "create table t(n); insert into t values (40), (2)", NULL, NULL, NULL) != SQLITE_OK) return 2;
    if (sqlite3_prepare_v2(base, "select sum(n) from t", -1, &statement, NULL) != SQLITE_OK) return 3;
    if (sqlite3_step(statement) != SQLITE_ROW) return 4;
    int sum = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(base);
    return sum != 42;
}
