/* mem.c - a list of blocks, freed together. */
#include "conf/mem.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

struct conf_block {
	struct conf_block *next;
	alignas(max_align_t) unsigned char bytes[];
};

static void
give_up(void)
{
	static const char why[] = "cgi-fpm: out of memory\n";

	(void)!write(STDERR_FILENO, why, sizeof(why) - 1);
	_exit(EX_OSERR);
}

void *
conf_alloc(struct conf_mem *mem, size_t size)
{
	struct conf_block *block = calloc(1, sizeof(*block) + size);

	if (block == NULL)
		give_up();
	block->next = mem->blocks;
	mem->blocks = block;
	return block->bytes;
}

char *
conf_strdup(struct conf_mem *mem, const char *text)
{
	size_t len = strlen(text) + 1;

	return memcpy(conf_alloc(mem, len), text, len);
}

char *
conf_printf(struct conf_mem *mem, const char *fmt, ...)
{
	va_list ap;
	char *text;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		give_up();
	text = conf_alloc(mem, (size_t)len + 1);
	va_start(ap, fmt);
	(void)vsnprintf(text, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return text;
}

char **
conf_copy_list(struct conf_mem *mem, char *const *list, size_t n)
{
	char **copy = conf_alloc(mem, (n + 1) * sizeof(*copy));
	size_t i;

	for (i = 0; i < n; i++)
		copy[i] = conf_strdup(mem, list[i]);
	return copy;
}

char **
conf_append_list(struct conf_mem *mem, char *const *list, const char *text)
{
	size_t n = conf_count_list(list);
	char **copy = conf_alloc(mem, (n + 2) * sizeof(*copy));

	if (n > 0)
		memcpy(copy, list, n * sizeof(*copy));
	copy[n] = conf_strdup(mem, text);
	return copy;
}

size_t
conf_count_list(char *const *list)
{
	size_t n = 0;

	while (list != NULL && list[n] != NULL)
		n++;
	return n;
}

void
conf_mem_free(struct conf_mem *mem)
{
	struct conf_block *block;

	while ((block = mem->blocks) != NULL) {
		mem->blocks = block->next;
		free(block);
	}
}
