#include "worker/stake.h"

#include "worker/conn.h"

static unsigned
exposed(const struct conn *c)
{
	if (c->fd == -1)
		return 0;
	if (c->unsent > 0)
		return c->unsent;
	return c->nactive > 0 || c->closing || c->eof ? 0 : 1;
}

void
stake_tell(struct conn *c)
{
	board_set_stake(
	    c->place->board, c->place->slot, c->beside + exposed(c));
}

void
stake_take(struct conn *c)
{
	c->beside++;
	stake_tell(c);
}

void
stake_drop(struct conn *c)
{
	c->beside--;
	stake_tell(c);
}

void
stake_owe(struct conn *c)
{
	c->unsent++;
	stake_tell(c);
}
