#!/bin/sh
# Says one long line into stderr: QUERY_STRING (or $1) is how many bytes, and
# with &%00 behind it these are NUL.  Does not end when it is no CGI program.
n=${QUERY_STRING:-$1}
[ -z "$GATEWAY_INTERFACE" ] || printf 'Content-Type: text/plain\r\n\r\n'
case $n in
*'&%00') head -c "${n%&*}" /dev/zero >&2 ;;
*) head -c "$n" /dev/zero | tr '\0' x >&2 ;;
esac
echo END >&2
[ -n "$GATEWAY_INTERFACE" ] || exec sleep 60
