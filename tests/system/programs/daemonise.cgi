#!/usr/bin/perl
# Answer and end; a background job in a session of its own keeps stdout and
# stderr for as many seconds as the query string says.
use POSIX ();
$| = 1;
print "Content-Type: text/plain\r\n\r\n";
defined(my $pid = fork) or die;
if (!$pid) {
	POSIX::setsid();
	select undef, undef, undef, $ENV{QUERY_STRING};
	POSIX::_exit(0);
}
print "job $pid\n";
