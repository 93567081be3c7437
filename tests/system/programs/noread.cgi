#!/bin/sh
# Answer without a look at the body.
printf 'Content-Type: text/plain\r\n\r\nnot read\n'
