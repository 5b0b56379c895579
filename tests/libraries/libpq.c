#include <libpq-fe.h>
#include <string.h>

int check(void)
{
    PGconn *connection = PQconnectdb("host=127.0.0.1 port=1 connect_timeout=1");
    int wrong = PQstatus(connection) != CONNECTION_BAD || !strlen(PQerrorMessage(connection));
    PQfinish(connection);
    return wrong || PQlibVersion() < 170000;
}
