#!/usr/bin/perl
# serve.pl - FCGI.pm, on descriptor 0.
use strict;
use warnings;
use FCGI;

my $request = FCGI::Request();
while ($request->Accept() >= 0) {
	my $body = '';
	read(STDIN, $body, $ENV{CONTENT_LENGTH} || 0);
	print "Content-Type: text/plain\r\n\r\n",
	    "$$ $ENV{QUERY_STRING} ", length($body), "\n";
}
