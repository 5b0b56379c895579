#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <string.h>

int check(void)
{
    const char text[] = "<a><b>1</b><b>2</b></a>";
    xmlDocPtr document = xmlReadMemory(text, strlen(text), "a.xml", NULL, 0);
    if (!document) return 1;
    xmlXPathContextPtr context = xmlXPathNewContext(document);
    xmlXPathObjectPtr found = xmlXPathEvalExpression((const xmlChar *)"sum(//b)", context);
    int wrong = !found || found->floatval != 3;
    xmlXPathFreeObject(found);
    xmlXPathFreeContext(context);
    xmlFreeDoc(document);
    return wrong ? 2 : 0;
}
