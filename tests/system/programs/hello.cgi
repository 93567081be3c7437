#!/bin/sh
# The plainest program there is.
printf 'Content-Type: text/plain\r\n\r\nhello\n'
