#!/usr/bin/perl
# Promise 100000 bytes, send 1000, die of SIGSEGV.
$| = 1;
print "Content-Type: text/plain\r\nContent-Length: 100000\r\n\r\n", 'x' x 1000;
kill SEGV => $$;
sleep 5;
