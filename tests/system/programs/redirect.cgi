#!/bin/sh
# A redirect by the program.
printf 'Status: 302 Found\r\nLocation: http://example.test/there?a=b\r\n\r\n'
