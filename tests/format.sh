#!/bin/sh
# Every C file is as clang-format 14 has it, and none of src/ is longer than
# 500 lines.
cd "${srcdir:-.}" || exit 99
command -v clang-format >/dev/null || {
	echo "clang-format is missing"
	exit 77
}
case $(clang-format --version) in
*"version 14."*) ;;
*)
	echo "another clang-format than 14 formats otherwise"
	exit 77
	;;
esac
files=$(find src tests -name '*.[ch]')
bad=0
# shellcheck disable=SC2086 # a list of words
clang-format --dry-run -Werror $files || bad=1
find src -name '*.[ch]' -exec wc -l {} \; | awk '
	$1 > 500 { print $2 " is longer than 500 lines"; bad = 1 }
	END { exit bad }' || bad=1
exit $bad
