#!/bin/sh
# Sleeps as many seconds as the query string says before its "+", answers with
# what stands behind it.
seconds=${QUERY_STRING%%+*}
[ "$seconds" = 0 ] || sleep "$seconds"
printf 'Content-Type: text/plain\r\n\r\n%s\n' "${QUERY_STRING#*+}"
