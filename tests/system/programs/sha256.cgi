#!/usr/bin/perl
# Read all of the body; answer with its length and SHA-256.
use Digest::SHA;
my $sha = Digest::SHA->new(256);
my $len = 0;
while (my $n = sysread STDIN, my $buf, 65536) {
	$len += $n;
	$sha->add($buf);
}
print "Content-Type: text/plain\r\n\r\n$len ", $sha->hexdigest, "\n";
