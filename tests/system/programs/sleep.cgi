#!/usr/bin/perl
# Nothing for as many seconds as the query string says, then an answer.
select undef, undef, undef, $ENV{QUERY_STRING};
print "Content-Type: text/plain\r\n\r\nslept\n";
