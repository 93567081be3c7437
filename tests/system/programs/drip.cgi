#!/usr/bin/perl
# COUNT,SECONDS: as many lines, one every so many seconds.
my ($count, $seconds) = split /,/, $ENV{QUERY_STRING};
$| = 1;
print "Content-Type: text/plain\r\n\r\n";
for my $n (1 .. $count) {
	print "line $n\n";
	select undef, undef, undef, $seconds;
}
