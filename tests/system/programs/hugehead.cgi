#!/bin/sh
# A header field of as many bytes as the query string says.
printf 'Content-Type: text/plain\r\nX-Long: %0*d\r\n\r\nhuge\n' \
    "$QUERY_STRING" 0
