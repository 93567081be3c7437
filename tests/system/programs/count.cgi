#!/usr/bin/perl
# Read all of the body; answer with its length.
my $len = 0;
while (my $n = sysread STDIN, my $buf, 1 << 20) {
	$len += $n;
}
print "Content-Type: text/plain\r\n\r\n$len\n";
