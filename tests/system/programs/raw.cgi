#!/usr/bin/perl
# Pieces of hexadecimal digits, separated by commas, written as bytes one after
# the other, 30 ms apart.
$| = 1;
for (split /,/, $ENV{QUERY_STRING}) {
	print pack 'H*', $_;
	select undef, undef, undef, 0.03;
}
