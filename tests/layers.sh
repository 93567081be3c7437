#!/bin/sh
# Each layer of src/ includes only itself and those below it; only the files
# of the configuration know libconfuse.
cd "${srcdir:-.}/src" || exit 99
bad=0

# allow LAYER BELOW... - what LAYER may name in #include "..."
allow()
{
	layer=$1
	ok=$(printf '%s|' "$@")
	! grep -EHn '^#include "' "$layer"/*.[ch] |
	    grep -Ev "#include \"(${ok%|})/" || {
		echo "$layer/ may include only: $*" >&2
		bad=1
	}
}

allow base
allow proto
allow board base
allow worker view board proto base
allow master board proto base
allow view board base
allow ctl view board proto base
# The settings fill what the modules declare.
allow conf worker master proto base

! grep -ln '^#include <confuse.h>' -r . | grep -v '^\./conf/' || {
	echo "only conf/ may include confuse.h" >&2
	bad=1
}
exit $bad
