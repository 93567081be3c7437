#!/usr/bin/perl
# Ignore every polite signal for as many seconds as the query string says.
@SIG{qw(TERM INT HUP QUIT PIPE)} = ('IGNORE') x 5;
$| = 1;
print "Content-Type: text/plain\r\n\r\npid $$\n";
select undef, undef, undef, 0.1 for 1 .. 10 * $ENV{QUERY_STRING};
