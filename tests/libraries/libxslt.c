#include <libxml/parser.h>
#include <libxslt/transform.h>
#include <libxslt/xsltutils.h>
#include <string.h>

static const char SHEET[] =
    "<xsl:stylesheet version='1.0' xmlns:xsl='http://www.w3.org/1999/XSL/Transform'>"
    "<xsl:output method='text'/><xsl:template match='/'><xsl:value-of select='a'/></xsl:template></xsl:stylesheet>";

int check(void)
{
    xmlChar *text = NULL;
    int length = 0;
    xsltStylesheetPtr sheet = xsltParseStylesheetDoc(xmlReadMemory(SHEET, strlen(SHEET), "s.xsl", NULL, 0));
    xmlDocPtr document = xmlReadMemory("<a>seen</a>", 11, "a.xml", NULL, 0);
    if (!sheet || !document) return 1;
    xmlDocPtr result = xsltApplyStylesheet(sheet, document, NULL);
    if (!result || xsltSaveResultToString(&text, &length, result, sheet)) return 2;
    return strcmp((char *)text, "seen") != 0;
}
