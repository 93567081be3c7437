#include "master/setting.h"

#include <sysexits.h>

#include "board/pool.h"
#include "master/door.h"
#include "master/frame.h"
#include "master/tune.h"

/* The reload's verdict is the change's. */
static void
decided(void *arg, int code, const char *text)
{
	struct master *m = arg;
	struct setting s = m->setting;

	m->setting = (struct setting){ 0 };
	m->loader.settle(m->loader.arg, code == 0);
	setting_tell(m);
	if (s.done != NULL)
		s.done(s.arg, code, code == 0 ? s.text : text);
}

int
setting_begin(struct master *m, const struct master_set *set,
    master_verdict *done, void *arg, struct master_error *err)
{
	struct master_set mine = *set;

	if (m->loader.change == NULL)
		return master_fail(err, EX_UNAVAILABLE, "nothing can be set");
	if (m->setting.trying || m->reload.next != NULL || m->reload.asked ||
	    m->swap.crew != NULL)
		return master_fail(
		    err, EX_TEMPFAIL, "a reload is under way; try again");
	mine.now = m->conf;
	if (m->loader.change(m->loader.arg, &mine, m->setting.text,
		sizeof(m->setting.text), err) == -1)
		return -1;
	m->setting.trying = true;
	m->setting.done = done;
	m->setting.arg = arg;
	master_reload(m, decided, m);
	return 0;
}

void
setting_load(struct master *m)
{
	if (!m->setting.trying && m->loader.forget != NULL)
		m->loader.forget(m->loader.arg);
}

void
setting_tell(struct master *m)
{
	char text[BOARD_CHANGES_MAX];
	struct crew *c;
	size_t i;

	if (m->loader.tell == NULL)
		return;
	for (i = 0; (c = door_crew(m, i)) != NULL; i++) {
		m->loader.tell(m->loader.arg, tune_name(c), text, sizeof(text));
		tune_changes(c, text);
	}
}

void
setting_forget(struct master *m, const void *arg)
{
	if (m->setting.arg == arg)
		m->setting.done = NULL;
}
