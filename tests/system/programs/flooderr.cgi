#!/usr/bin/perl
# As many bytes to stderr as the query string says, then an answer.
my $left = $ENV{QUERY_STRING};
while ($left > 0) {
	my $line = substr 'e' x 79 . "\n", 0, $left;
	$left -= syswrite(STDERR, $line) // exit 1;
}
print "Content-Type: text/plain\r\n\r\nflooded\n";
