#include "proto/ctlmsg.h"

#include <stdio.h>
#include <string.h>

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* One word in place; false: a wrong escape, or a NUL. */
static bool
decode(char *word)
{
	char *to = word;

	if (strcmp(word, "%") == 0)
		*word = '\0';
	for (; *word != '\0'; word++) {
		int high, low;

		if (*word != '%') {
			*to++ = *word;
			continue;
		}
		high = hex(word[1]);
		low = high == -1 ? -1 : hex(word[2]);
		if (low == -1 || high * 16 + low == 0)
			return false;
		*to++ = (char)(high * 16 + low);
		word += 2;
	}
	*to = '\0';
	return true;
}

int
ctlmsg_split(char *line, const char **words, size_t max)
{
	size_t n = 0;
	char *rest = line, *word;

	while ((word = strsep(&rest, " ")) != NULL) {
		if (*word == '\0' || n == max || !decode(word))
			return -1;
		words[n++] = word;
	}
	return (int)n;
}

static bool
is_plain(char c)
{
	return c > ' ' && c < 0x7f && c != '%';
}

size_t
ctlmsg_put(char *dst, size_t cap, size_t len, const char *word)
{
	static const char digits[] = "0123456789ABCDEF";

	/* A space, an escape, the final NUL. */
	if (len + 5 > cap)
		return 0;
	if (len > 0)
		dst[len++] = ' ';
	if (*word == '\0')
		dst[len++] = '%';
	for (; *word != '\0'; word++) {
		if (len + 4 > cap)
			return 0;
		if (is_plain(*word)) {
			dst[len++] = *word;
			continue;
		}
		dst[len++] = '%';
		dst[len++] = digits[(unsigned char)*word >> 4];
		dst[len++] = digits[(unsigned char)*word & 15];
	}
	dst[len] = '\0';
	return len;
}

size_t
ctlmsg_put_answer(char *dst, size_t cap, const struct ctlmsg_answer *answer)
{
	int len;
	size_t i;

	if (answer->code == 0)
		len = snprintf(dst, cap - 1, "ok%s%s",
		    answer->text[0] == '\0' ? "" : " ", answer->text);
	else
		len = snprintf(
		    dst, cap - 1, "error %d %s", answer->code, answer->text);
	if (len < 0)
		len = 0;
	if ((size_t)len > cap - 2)
		len = (int)(cap - 2);
	for (i = 0; i < (size_t)len; i++)
		if ((unsigned char)dst[i] < ' ' || dst[i] == 0x7f)
			dst[i] = ' ';
	dst[len] = '\n';
	dst[len + 1] = '\0';
	return (size_t)len + 1;
}

static const char *
after(const char *line, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(line, word, len) != 0)
		return NULL;
	if (line[len] == '\0')
		return line + len;
	return line[len] == ' ' ? line + len + 1 : NULL;
}

int
ctlmsg_get_answer(const char *line, struct ctlmsg_answer *out)
{
	const char *rest = after(line, "ok");
	int code = 0, digits;

	if (rest != NULL) {
		out->code = 0;
		out->text = rest;
		return 0;
	}
	rest = after(line, "error");
	if (rest == NULL)
		return -1;
	for (digits = 0; *rest >= '0' && *rest <= '9' && digits < 3; digits++)
		code = code * 10 + (*rest++ - '0');
	if (*rest != ' ' || code < 1 || code > 255)
		return -1;
	out->code = code;
	out->text = rest + 1;
	return 0;
}
