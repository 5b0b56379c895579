#include <http_parser.h>
#include <string.h>

static size_t read;

static int on_url(http_parser *parser, const char *at, size_t length)
{
    (void)parser;
    if (!strncmp(at, "/place", length)) read = length;
    return 0;
}

int check(void)
{
    const char *request = "GET /place HTTP/1.1\r\nHost: here\r\n\r\n";
    http_parser parser;
    http_parser_settings settings;
    http_parser_settings_init(&settings);
    settings.on_url = on_url;
    http_parser_init(&parser, HTTP_REQUEST);
    if (http_parser_execute(&parser, &settings, request, strlen(request)) != strlen(request)) return 1;
    return read != 6 || parser.method != HTTP_GET;
}
