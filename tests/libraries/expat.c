#include <expat.h>
#include <string.h>

static int depth, deepest;

static void begin(void *data, const XML_Char *name, const XML_Char **attributes)
{
    (void)data; (void)name; (void)attributes;
    if (++depth > deepest) deepest = depth;
}

static void end(void *data, const XML_Char *name)
{
    (void)data; (void)name;
    depth--;
}

int check(void)
{
    const char *text = "<a><b><c/></b></a>";
    XML_Parser parser = XML_ParserCreate(NULL);
    XML_SetElementHandler(parser, begin, end);
    if (XML_Parse(parser, text, (int)strlen(text), 1) != XML_STATUS_OK) return 1;
    if (XML_Parse(parser, "<", 1, 1) == XML_STATUS_OK) return 2;
    XML_ParserFree(parser);
    return deepest != 3 || depth != 0;
}
