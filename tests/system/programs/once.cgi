#!/bin/sh
# An answer in one write, then nothing for as many seconds as the query string
# says.
printf 'Content-Type: text/plain\r\n\r\nline 1\n'
exec sleep "$QUERY_STRING"
