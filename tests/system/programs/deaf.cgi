#!/usr/bin/perl
# Ignore every polite signal and say nothing, for as many seconds as the query
# string says.
@SIG{qw(TERM INT HUP QUIT PIPE)} = ('IGNORE') x 5;
my $end = time + $ENV{QUERY_STRING};
select undef, undef, undef, 0.1 while time < $end;
