# One program for each module; each links only what it may.
UNIT_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
