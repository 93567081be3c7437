#!/usr/bin/perl
# Answer, close stdout and stderr, run on for the first number of the query
# string (seconds), exit with the second.
my ($seconds, $code) = split /,/, $ENV{QUERY_STRING};
syswrite STDOUT, "Content-Type: text/plain\r\n\r\nclosed stdout\n";
close STDOUT;
close STDERR;
select undef, undef, undef, $seconds;
exit $code;
