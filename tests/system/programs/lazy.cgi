#!/usr/bin/perl
# Send back what comes, but begin to read it only after a while.
select undef, undef, undef, 0.3;
syswrite STDOUT, "Content-Type: application/octet-stream\r\n\r\n";
while (sysread STDIN, my $buf, 65536) {
	for (my $at = 0; $at < length $buf;) {
		$at += syswrite(STDOUT, $buf, length($buf) - $at, $at) // exit 1;
	}
}
