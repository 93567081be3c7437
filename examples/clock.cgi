#!/bin/sh
# A line every second for ten seconds: a streamed answer, to be watched with
# curl -N.  The second field tells nginx not to buffer it.
echo 'Content-Type: text/plain'
echo 'X-Accel-Buffering: no'
echo
for _ in 1 2 3 4 5 6 7 8 9 10; do
	date
	sleep 1
done
