#!/usr/bin/perl
# Takes as many MiB of memory as the query string says, touches all of it.
my $all = 'a' x ($ENV{QUERY_STRING} << 20);
print "Content-Type: text/plain\r\n\r\n", length $all, "\n";
