#!/usr/bin/perl
# Die of the signal of the query string, without a word.
kill $ENV{QUERY_STRING} => $$;
sleep 5;
