#!/usr/bin/perl
# Send back what comes, with its stdin and stdout made non-blocking.
use Fcntl;
use IO::Select;
fcntl $_, F_SETFL, fcntl($_, F_GETFL, 0) | O_NONBLOCK for *STDIN, *STDOUT;
my ($in, $out) = (IO::Select->new(\*STDIN), IO::Select->new(\*STDOUT));
syswrite STDOUT, "Content-Type: application/octet-stream\r\n\r\n";
while (1) {
	$in->can_read;
	my $n = sysread STDIN, my $buf, 65536;
	next unless defined $n;
	last unless $n;
	for (my $at = 0; $at < $n;) {
		$out->can_write;
		$at += syswrite(STDOUT, $buf, $n - $at, $at) // 0;
	}
}
