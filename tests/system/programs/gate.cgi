#!/usr/bin/perl
# A first line at once; the second when the file exists that the query string
# names, or after forty seconds.  The field in its head is for nginx.
$| = 1;
print "Content-Type: text/plain\r\nX-Accel-Buffering: no\r\n\r\nfirst\n";
for (1 .. 4000) {
	last if -e $ENV{QUERY_STRING};
	select undef, undef, undef, 0.01;
}
print -e $ENV{QUERY_STRING} ? "second\n" : "too late\n";
