#include <string.h>
#include <yaml.h>

int check(void)
{
    const char text[] = "a: [1, 2]\n";
    yaml_parser_t parser;
    yaml_event_t event;
    int scalars = 0, done = 0;
    if (!yaml_parser_initialize(&parser)) return 1;
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
    while (!done) {
        if (!yaml_parser_parse(&parser, &event)) return 2;
        scalars += event.type == YAML_SCALAR_EVENT;
        done = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return scalars != 3;
}
