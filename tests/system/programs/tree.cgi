#!/usr/bin/perl
# As many children as the query string says, which sleep; tell their pids, and
# sleep with them.
$| = 1;
my @pids;
for (1 .. $ENV{QUERY_STRING}) {
	my $pid = fork;
	if (!$pid) {
		sleep 30;
		exit;
	}
	push @pids, $pid;
}
print "Content-Type: text/plain\r\n\r\n", join(' ', $$, @pids), "\n";
sleep 30;
