#!/bin/sh
# Tell the query string and one header field, cheaply.
printf 'Content-Type: text/plain\r\n\r\n%s\n%s\n' "$QUERY_STRING" "$HTTP_X"
