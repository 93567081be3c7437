#!/bin/sh
# Each header compiles on its own.
cd "${srcdir:-.}/src" || exit 99
bad=0
for header in *.h */*.h; do
	${CC:-cc} -std=gnu11 -D_GNU_SOURCE -I. -fsyntax-only -x c "$header" ||
	    bad=1
done
exit $bad
