#!/usr/bin/perl
# A real daemon: forks twice, in a session of its own, holds no descriptor,
# and lives for as many seconds as the query string says.
use POSIX 'setsid';
pipe my $in, my $out;
my $pid = fork;
if (!$pid) {
	setsid;
	my $daemon = fork;
	if ($daemon) {
		syswrite $out, $daemon;
		POSIX::_exit(0);
	}
	POSIX::close($_) for 0 .. 9;
	select undef, undef, undef, $ENV{QUERY_STRING};
	POSIX::_exit(0);
}
waitpid $pid, 0;
sysread $in, my $daemon, 20;
print "Content-Type: text/plain\r\n\r\ndaemon $daemon\n";
