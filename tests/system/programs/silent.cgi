#!/bin/sh
# Exit with the code of the query string, without a word.
exit "${QUERY_STRING:-0}"
