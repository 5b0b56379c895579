#include <sql.h>
#include <sqlext.h>
#include <string.h>

int check(void)
{
    SQLHENV environment;
    SQLHDBC connection;
    SQLCHAR state[6] = "";
    if (SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &environment)) return 1;
    if (SQLSetEnvAttr(environment, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0)) return 2;
    if (SQLAllocHandle(SQL_HANDLE_DBC, environment, &connection)) return 3;
    /* No driver is installed; the manager itself says so. */
    SQLConnect(connection, (SQLCHAR *)"nothing", SQL_NTS, NULL, 0, NULL, 0);
    if (SQLGetDiagRec(SQL_HANDLE_DBC, connection, 1, state, NULL, NULL, 0, NULL) == SQL_NO_DATA) return 4;
    return strcmp((char *)state, "IM002") != 0;
}
