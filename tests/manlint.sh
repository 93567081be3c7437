#!/bin/sh
# The manual's pages have no fault that mandoc finds, name every directive,
# option and exit code, and nothing but what there is.
cd "${srcdir:-.}" || exit 99
command -v mandoc >/dev/null || {
	echo "mandoc is missing"
	exit 77
}
bad=0

# Pages of others need not be installed here.
found=$(mandoc -T lint -W style man/*.[1-9] 2>&1 |
	grep -v -e 'referenced manual not found' -e 'outdated mandoc.db')
[ -z "$found" ] || {
	printf '%s\n' "$found"
	bad=1
}

# Names as the tables of the code have them, against a page.
documented()
{
	page=$1
	macro=$2
	while read -r name; do
		grep -E -q -e "^\.It .*$macro +$name( |\$)" \
			-e "^\.It .*[ ,]$name( |\$)" "$page" || {
			echo "$page does not tell about $name"
			bad=1
		}
	done
	return $bad
}

sed -n '/^static const struct conf_directive table/,/^};/ {
	s/^[[:space:]]*{ "\([^"]*\)", .*/\1/p
}' src/conf/table.c | documented man/cgi-fpm.conf.5 Ic || bad=1
sed -n '/^static const struct letter letters/,/^};/ {
	s/^[[:space:]]*{ [^,]*, "\([^"]*\)", .*/-\1/p
}' src/conf/options.c | documented man/cgi-fpm.8 Fl || bad=1
# Every verb has its place, and an example.
examples=$(sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/p' man/cgi-fpmctl.8)
shown()
{
	while read -r verb; do
		grep -q "^\.Ss $verb\( \|\$\)" man/cgi-fpmctl.8 || {
			echo "man/cgi-fpmctl.8 does not tell about $verb"
			bad=1
		}
		printf '%s\n' "$examples" | grep -q \
		    "cgi-fpmctl \(--json \)\{0,1\}$verb\( \|\$\)" || {
			echo "man/cgi-fpmctl.8 has no example of $verb"
			bad=1
		}
	done
	return $bad
}
sed -n '/^static const struct verb verbs/,/^};/ {
	s/^[[:space:]]*{ "\([^"]*\)", .*/\1/p
}' src/ctl/verbs.c | shown || bad=1
exit $bad
