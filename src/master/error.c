#include "master/error.h"

#include <stdarg.h>
#include <stdio.h>

int
master_fail(struct master_error *err, int code, const char *fmt, ...)
{
	va_list ap;

	err->code = code;
	err->in_use = err->left_over = false;
	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return -1;
}
