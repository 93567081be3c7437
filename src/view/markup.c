#include "view/markup.h"

#include <stdbool.h>
#include <string.h>

#include "base/escape.h"

#define REPLACEMENT "\xef\xbf\xbd"

static const char *
entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

/* U+FFFE and U+FFFF are in UTF-8 and in no XML. */
static bool
is_noncharacter(const char *text)
{
	return memcmp(text, "\xef\xbf\xbe", 3) == 0 ||
	    memcmp(text, "\xef\xbf\xbf", 3) == 0;
}

void
markup_put(FILE *out, const char *text)
{
	while (*text != '\0') {
		size_t len = escape_printable(text, strlen(text));
		const char *word = entity(*text);

		if (word != NULL)
			fputs(word, out);
		else if (len == 0 || (len == 3 && is_noncharacter(text)))
			fputs(REPLACEMENT, out);
		else
			(void)fwrite(text, 1, len, out);
		text += len == 0 ? 1 : len;
	}
}
