#!/bin/sh
# There is nothing that shellcheck would say about a shell script of ours.
cd "${srcdir:-.}" || exit 99
command -v shellcheck >/dev/null || {
	echo "shellcheck is missing"
	exit 77
}
# shellcheck disable=SC2046 # a list of words
shellcheck $(find bootstrap .ci tools examples tests -type f 2>/dev/null |
    while read -r file; do
	case $(head -n 1 "$file" | tr -d '\0') in
	'#!/bin/sh'*) echo "$file" ;;
	esac
done)
