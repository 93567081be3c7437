#!/bin/sh
# Stop as if by ctrl-Z.
printf 'Content-Type: text/plain\r\n\r\nstopping\n'
kill -STOP $$
echo continued
