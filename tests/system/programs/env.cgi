#!/usr/bin/perl
# Everything a program can see of how it was started, as JSON.
use strict;
use warnings;
use Cwd;

sub quote {
	my $s = shift;
	$s =~ s/([^ !#-\[\]-~])/sprintf '\\u%04x', ord $1/ge;
	return "\"$s\"";
}

sub list { return '[' . join(', ', map { quote($_) } @_) . ']' }

sub map_of {
	my %h = @_;
	return '{'
	  . join(', ', map { quote($_) . ': ' . quote($h{$_}) } sort keys %h)
	  . '}';
}

# Before anything else is opened: the directory's own descriptor is the
# only one that is ours.
opendir my $dir, '/proc/self/fd' or die;
my $own = fileno $dir;
my %fds = map { $_ => readlink("/proc/self/fd/$_") // '' }
  grep { /^\d+$/ && $_ != $own } readdir $dir;
closedir $dir;

sub slurp {
	my $path = shift;
	open my $f, '<', $path or return '';
	local $/;
	return scalar <$f>;
}

my %status = map { /^(\w+):\s*(.*)/ ? ($1 => $2) : () }
  split /\n/, slurp('/proc/self/status');
my @environ = split /\0/, slurp('/proc/self/environ');
my @stat = split ' ', slurp('/proc/self/stat') =~ s/.*\) //sr;

print "Content-Type: application/json\r\n\r\n{\n";
print '"environ": ', list(@environ), ",\n";
print '"argv": ',    list($0, @ARGV), ",\n";
print '"fds": ',     map_of(%fds), ",\n";
print '"status": ',  map_of(%status), ",\n";
print '"cwd": ',     quote(getcwd()), ",\n";
print '"umask": ',   umask, ",\n";
print '"pid": ',     $$, ",\n";
print '"ppid": ',    getppid, ",\n";
print '"pgrp": ',    getpgrp(0), ",\n";
print '"session": ', $stat[3], ",\n";
print '"limits": ',  list(split /\n/, slurp('/proc/self/limits')), "\n}\n";
