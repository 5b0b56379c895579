#include <histedit.h>
#include <string.h>

int check(void)
{
    HistEvent event;
    History *past = history_init();
    if (!past || history(past, &event, H_SETSIZE, 10) < 0) return 1;
    if (history(past, &event, H_ENTER, "a line") < 0 || history(past, &event, H_LAST) < 0) return 2;
    int wrong = strcmp(event.str, "a line");
    history_end(past);
    return wrong != 0;
}
