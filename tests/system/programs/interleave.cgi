#!/usr/bin/perl
# Lines to stdout and stderr in turn, as many as the query string says.
syswrite STDOUT, "Content-Type: text/plain\r\n\r\n";
for my $n (1 .. $ENV{QUERY_STRING}) {
	syswrite STDOUT, "out $n\n";
	syswrite STDERR, "err $n\n";
}
