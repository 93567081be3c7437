#!/usr/bin/perl
# Set O_NONBLOCK on stdin, stdout and stderr, which may be shared, and answer.
use Fcntl;
fcntl $_, F_SETFL, fcntl($_, F_GETFL, 0) | O_NONBLOCK
  for *STDIN, *STDOUT, *STDERR;
print "Content-Type: text/plain\r\n\r\nnon-blocking\n";
