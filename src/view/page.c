#include "view/page.h"

#include <string.h>

#include "view/markup.h"

/* Nothing in a string of JSON may look like the end of the element. */
static void
put_json(FILE *out, const char *json)
{
	for (; *json != '\0'; json++) {
		if (*json == '<')
			fputs("\\u003c", out);
		else
			fputc(*json, out);
	}
}

/* Is WORD at TEXT? */
static size_t
is_at(const char *text, const char *word)
{
	size_t len = strlen(word);

	return strncmp(text, word, len) == 0 ? len : 0;
}

void
page_put(FILE *out, const char *pool, const char *json, const char *nonce)
{
	static const char template[] = {
#include "view/page.inc"
		'\0'
	};
	const char *at = template;
	size_t n;

	for (;;) {
		size_t plain = strcspn(at, "@");

		(void)fwrite(at, 1, plain, out);
		at += plain;
		if (*at == '\0')
			return;
		if ((n = is_at(at, "@POOL@")) > 0)
			markup_put(out, pool);
		else if ((n = is_at(at, "@DATA@")) > 0)
			put_json(out, json);
		else if ((n = is_at(at, "@NONCE@")) > 0)
			fputs(nonce, out);
		else
			(void)fwrite(at, 1, n = 1, out);
		at += n;
	}
}
