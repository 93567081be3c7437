#!/bin/sh
# A line every second for ten seconds: a streamed answer, to be watched with
# curl -N.
echo 'Content-Type: text/plain'
echo
for _ in 1 2 3 4 5 6 7 8 9 10; do
	date
	sleep 1
done
