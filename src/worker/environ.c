#include <string.h>

#include "worker/environ.h"

/* What a web server must never decide: how the loader, a shell or an
 * interpreter finds and starts its code; and HTTP_PROXY, which a client's
 * "Proxy:" header would set (CVE-2016-5385 and its kin). */
static const char *const steering[] = {
	"HTTP_PROXY",
	"PATH",
	"IFS",
	"ENV",
	"BASH_*",
	"BASHOPTS",
	"SHELLOPTS",
	"PS4",
	"CDPATH",
	"GLOBIGNORE",
	"PROMPT_COMMAND",
	"LD_*",
	"DYLD_*",
	"GLIBC_TUNABLES",
	"GCONV_PATH",
	"GETCONF_DIR",
	"LOCPATH",
	"NLSPATH",
	"MALLOC_*",
	"HOSTALIASES",
	"LOCALDOMAIN",
	"RES_OPTIONS",
	"RESOLV_*",
	"TZDIR",
	"PERL5*",
	"PERLLIB",
	"PERLIO*",
	"PERL_*",
	"PYTHON*",
	"RUBY*",
	"GEM_*",
	"BUNDLE_*",
	"NODE_*",
	"LUA_*",
	"TCLLIBPATH",
	"PHPRC",
	"PHP_INI_SCAN_DIR",
	"PHP_VALUE",
	"PHP_ADMIN_VALUE",
	"JAVA_TOOL_OPTIONS",
	"JDK_JAVA_OPTIONS",
	"_JAVA_OPTIONS",
	"CLASSPATH",
	"AWKPATH",
	"AWKLIBPATH",
	NULL,
};

static const char *const rfc3875[] = {
	"AUTH_TYPE",
	"CONTENT_LENGTH",
	"CONTENT_TYPE",
	"GATEWAY_INTERFACE",
	"HTTP_*",
	"PATH_INFO",
	"PATH_TRANSLATED",
	"QUERY_STRING",
	"REMOTE_ADDR",
	"REMOTE_HOST",
	"REMOTE_IDENT",
	"REMOTE_USER",
	"REQUEST_METHOD",
	"SCRIPT_NAME",
	"SERVER_NAME",
	"SERVER_PORT",
	"SERVER_PROTOCOL",
	"SERVER_SOFTWARE",
	NULL,
};

/* Each name meets all patterns: most part at their first byte. */
static bool
matches(const char *pattern, const char *name, size_t len)
{
	size_t n;

	if (*pattern != *name && *pattern != '*')
		return false;
	n = strlen(pattern);
	if (n > 0 && pattern[n - 1] == '*')
		return len >= n - 1 && memcmp(pattern, name, n - 1) == 0;
	return len == n && memcmp(pattern, name, n) == 0;
}

static bool
listed(const char *const *list, const char *name, size_t len)
{
	for (; list != NULL && *list != NULL; list++)
		if (matches(*list, name, len))
			return true;
	return false;
}

bool
environ_allows(const struct environ_rule *rule, const char *name, size_t len)
{
	if (listed((const char *const *)rule->keep, name, len))
		return true;
	if (listed((const char *const *)rule->drop, name, len) ||
	    listed(steering, name, len))
		return false;
	return !rule->strict || listed(rfc3875, name, len);
}

/* Does LIST of "NAME=VALUE" have an entry of this name? */
static bool
named(const char *const *list, size_t n, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strncmp(list[i], name, len) == 0 && list[i][len] == '=')
			return true;
	return false;
}

struct build {
	const char **envp;
	size_t n;
	bool full;
};

static void
add(struct build *b, const char *entry)
{
	if (b->n + 1 >= ENVIRON_MAX) {
		b->full = true;
		return;
	}
	b->envp[b->n++] = entry;
}

/* Ours comes first and is never replaced by what follows. */
static void
add_ours(struct build *b, const struct environ_rule *rule)
{
	char *const *e;

	for (e = rule->fixed; e != NULL && *e != NULL; e++)
		add(b, *e);
	for (e = rule->inherit; e != NULL && *e != NULL; e++) {
		const char *eq = strchr(*e, '=');

		if (eq != NULL && !named(b->envp, b->n, *e, (size_t)(eq - *e)))
			add(b, *e);
	}
	if (!named(b->envp, b->n, "PATH", 4))
		add(b, ENVIRON_PATH);
}

int
environ_build(const struct environ_rule *rule, const struct params *p,
    const struct environ_extra *extra, const char **envp)
{
	struct build b = { .envp = envp };
	size_t ours, i;

	add_ours(&b, rule);
	ours = b.n;
	for (i = 0; i < extra->n; i++)
		if (!named(envp, ours, extra->entry[i],
			strcspn(extra->entry[i], "=")))
			add(&b, extra->entry[i]);
	for (i = 0; i < p->count; i++) {
		size_t len;
		const char *entry = params_entry(p, (unsigned)i, &len);

		if (named(envp, ours, entry, len) ||
		    named(extra->entry, extra->n, entry, len) ||
		    !environ_allows(rule, entry, len))
			continue;
		add(&b, entry);
	}
	envp[b.n] = NULL;
	return b.full ? -1 : 0;
}
