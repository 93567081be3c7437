#!/usr/bin/perl
# Send back what comes, while it comes.
syswrite STDOUT, "Content-Type: application/octet-stream\r\n\r\n";
while (sysread STDIN, my $buf, 65536) {
	for (my $at = 0; $at < length $buf;) {
		$at += syswrite(STDOUT, $buf, length($buf) - $at, $at) // exit 1;
	}
}
