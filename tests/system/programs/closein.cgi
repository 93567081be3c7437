#!/bin/sh
# Close stdin at once, answer a little later.
exec 0<&-
sleep 0.1
printf 'Content-Type: text/plain\r\n\r\nclosed stdin\n'
