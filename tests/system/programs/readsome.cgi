#!/usr/bin/perl
# Read as many bytes as the query string says, answer with them, end.
my $buf = '';
while (length $buf < $ENV{QUERY_STRING}) {
	sysread STDIN, $buf, $ENV{QUERY_STRING} - length $buf, length $buf
	  or last;
}
print "Content-Type: text/plain\r\n\r\n$buf";
