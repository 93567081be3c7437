#!/bin/sh
# The program's own 404.
printf 'Status: 404 Not Found\r\nContent-Type: text/plain\r\n\r\nno such page\n'
