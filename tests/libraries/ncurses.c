#include <curses.h>
#include <string.h>
#include <term.h>

int check(void)
{
    return strncmp(curses_version(), "ncurses", 7) != 0;
}
