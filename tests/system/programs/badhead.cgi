#!/bin/sh
# No head at all.
echo 'this is no header'
