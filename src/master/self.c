#include "master/self.h"

#include <errno.h>
#include <string.h>
#include <sysexits.h>

#include "master/master.h"

void
self_remember(struct self *s, const struct rlimit *files)
{
	*s = (struct self){ .priority = getpriority(PRIO_PROCESS, 0) };
	(void)getrlimit(RLIMIT_NOFILE, &s->were.files);
	(void)getrlimit(RLIMIT_CORE, &s->were.core);
	if (files != NULL)
		s->were.files = *files;
	s->workers = s->were;
}

static int
fail(struct master_error *err, const char *directive)
{
	bool forbidden = errno == EPERM || errno == EACCES;

	return master_fail(err, forbidden ? EX_NOPERM : EX_OSERR, "%s: %s%s",
	    directive, strerror(errno), forbidden ? "; only root can" : "");
}

/* Without a privilege whatever stays as it is may be set. */
static int
change_limit(int resource, const struct rlimit *to)
{
	struct rlimit is;

	if (getrlimit((unsigned)resource, &is) == 0 &&
	    is.rlim_cur == to->rlim_cur && is.rlim_max == to->rlim_max)
		return 0;
	return setrlimit((unsigned)resource, to);
}

static int
change_priority(int to)
{
	if (getpriority(PRIO_PROCESS, 0) == to)
		return 0;
	return setpriority(PRIO_PROCESS, 0, to);
}

/* Ours, where workers have VALUE and it was WAS. */
static struct rlimit
own(rlim_t value, const struct rlimit *was)
{
	return (struct rlimit){ value,
		value > was->rlim_max ? value : was->rlim_max };
}

/* Parked connections are descriptors: as many as we may have. */
static int
apply_files(struct self *s, const struct self_conf *conf)
{
	const struct rlimit *was = &s->were.files;
	struct rlimit most = own(was->rlim_max, was);

	s->workers.files = *was;
	if (conf->set_files) {
		most = own(conf->files, was);
		s->workers.files = (struct rlimit){ conf->files, conf->files };
	}
	return change_limit(RLIMIT_NOFILE, &most);
}

static int
apply_core(struct self *s, const struct self_conf *conf)
{
	const struct rlimit *was = &s->were.core;
	struct rlimit core = *was;

	s->workers.core = *was;
	if (conf->set_core) {
		core = own(conf->core, was);
		s->workers.core = (struct rlimit){ conf->core, conf->core };
	}
	return change_limit(RLIMIT_CORE, &core);
}

int
self_apply(
    struct self *s, const struct self_conf *conf, struct master_error *err)
{
	/* Without the directive it is no reason to fail. */
	if (apply_files(s, conf) == -1 && conf->set_files)
		return fail(err, "rlimit_files");
	if (apply_core(s, conf) == -1 && conf->set_core)
		return fail(err, "rlimit_core");
	if (change_priority(
		conf->set_priority ? conf->priority : s->priority) == -1 &&
	    conf->set_priority)
		return fail(err, "process.priority");
	return 0;
}

void
self_restore(const struct self *s)
{
	struct rlimit files = own(s->were.files.rlim_max, &s->were.files);

	(void)change_limit(RLIMIT_NOFILE, &files);
	(void)change_limit(RLIMIT_CORE, &s->were.core);
	(void)change_priority(s->priority);
}
