#!/bin/sh
# Mutable file-scope data is what tests/globals.txt lists, no more: the rest
# of the state has an owner who passes it on.  No variable is extern at all.
set -eu
objects=$(find src -name '*.o')
[ -n "$objects" ] || exit 99

# Objects in writable sections; .data.rel.ro is constant once relocated.  What
# sanitizers add begins with two underscores.
# shellcheck disable=SC2086 # a list of words
objdump -t $objects | awk '
	/file format/ {
		file = $1
		sub(/\.o:$/, "", file)
		sub(/^.*[\/-]/, "", file)
	}
	/ O \.(data|bss|tdata|tbss)/ && !/ O \.data\.rel\.ro/ {
		name = $NF
		sub(/\.[0-9]+$/, "", name)
		if (name !~ /^(__|\.)/)
			print file, name
	}' | sort -u >globals.found
grep -v '^#' "${srcdir:-.}/tests/globals.txt" | sort -u >globals.known
new=$(comm -23 globals.found globals.known)
rm -f globals.found globals.known

# shellcheck disable=SC2086 # a list of words
extern=$(objdump -t $objects | awk '/ g +O / && $NF !~ /^_/ { print $NF }')
[ -z "$extern" ] || {
	printf 'variables that are extern:\n%s\n' "$extern" >&2
	exit 1
}
[ -z "$new" ] || {
	printf 'mutable data that is not on the list:\n%s\n' "$new" >&2
	exit 1
}
