#!/bin/sh
# Die of the signal of the query string, without a word.
kill -"$QUERY_STRING" $$
sleep 5
