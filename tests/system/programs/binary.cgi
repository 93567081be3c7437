#!/usr/bin/perl
# All 256 bytes, four times.
binmode STDOUT;
print "Content-Type: application/octet-stream\r\n\r\n",
  join('', map { chr } 0 .. 255) x 4;
