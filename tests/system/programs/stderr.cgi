#!/bin/sh
# A line to stderr and an answer.
echo 'a complaint of the program' >&2
printf 'Content-Type: text/plain\r\n\r\ncomplained\n'
