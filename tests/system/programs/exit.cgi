#!/bin/sh
# Answer, then exit with the code of the query string.
printf 'Content-Type: text/plain\r\n\r\nexit %s\n' "$QUERY_STRING"
exit "$QUERY_STRING"
