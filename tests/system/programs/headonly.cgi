#!/bin/sh
# A head without a body.
printf 'Status: 204 No Content\r\nX-Head: only\r\n\r\n'
