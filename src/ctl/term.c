#include "ctl/term.h"

#include <curses.h>
#include <term.h>
#include <unistd.h>

bool
term_can_draw(void)
{
	int err = 0;

	if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO) ||
	    setupterm(NULL, STDOUT_FILENO, &err) == ERR)
		return false;
	return cursor_address != NULL && clear_screen != NULL;
}
