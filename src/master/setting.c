#include "master/setting.h"

#include <stdio.h>
#include <string.h>
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

/* Is LINE about how many workers there may be? */
static bool
is_limit(const char *line)
{
	static const char *const names[] = { "pm", "pm.max_children" };
	size_t i, len;

	line += strspn(line, " \t");
	len = strcspn(line, " \t=");

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == len &&
		    strncmp(line, names[i], len) == 0)
			return true;
	return false;
}

/* What says how many there may be counts from now on, scale no longer. */
static void
note_limit(struct setting *s, const struct master_set *set)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		if (is_limit(set->lines[i]))
			(void)snprintf(
			    s->limited, sizeof(s->limited), "%s", set->pool);
}

/* The number that counted until now was not that of the settings. */
static void
tell_scaled(const struct master *m, struct setting *s)
{
	size_t i, len = strlen(s->text);
	const struct crew *c;

	for (i = 0; (c = door_crew(m, i)) != NULL; i++)
		if (strcmp(tune_name(c), s->limited) == 0 && tune_scaled(c) > 0)
			(void)snprintf(s->text + len, sizeof(s->text) - len,
			    " (scale had made it %d)", tune_scaled(c));
}

int
setting_begin(struct master *m, const struct master_set *set,
    master_verdict *done, void *arg, struct master_error *err)
{
	struct master_set mine = *set;

	if (m->loader.change == NULL)
		return master_fail(err, EX_UNAVAILABLE, "nothing can be set");
	if (m->setting.trying || reload_is_under_way(m) || m->reload.asked ||
	    m->swap.crew != NULL)
		return master_fail(
		    err, EX_TEMPFAIL, "a reload is under way; try again");
	mine.now = m->conf;
	if (m->loader.change(m->loader.arg, &mine, m->setting.text,
		sizeof(m->setting.text), err) == -1)
		return -1;
	m->setting.trying = true;
	note_limit(&m->setting, set);
	tell_scaled(m, &m->setting);
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
setting_settle(struct master *m, bool keep)
{
	if (!m->setting.trying && m->loader.settle != NULL)
		m->loader.settle(m->loader.arg, keep);
}

bool
setting_keeps_scale(const struct master *m, const char *pool)
{
	return m->setting.trying && strcmp(m->setting.limited, pool) != 0;
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
