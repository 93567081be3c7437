#!/bin/sh
# What a CGI program gets: its environment, its arguments, its descriptors.
echo 'Content-Type: text/plain; charset=utf-8'
echo
echo "pid $$, folder $(pwd), user $(id -un)"
echo
echo "environment:"
env | LC_ALL=C sort
echo
echo "$# arguments:"
for argument in "$@"; do
	echo "$argument"
done
echo
echo "descriptors:"
for fd in 0 1 2; do
	echo "$fd $(readlink "/proc/$$/fd/$fd")"
done
