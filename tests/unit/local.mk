# One program for each module; each links only what it may.
UNIT_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)

check_PROGRAMS += tests/unit/check_board
tests_unit_check_board_SOURCES = tests/unit/check_board.c
tests_unit_check_board_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_board_LDADD = libboard.a $(CHECK_LIBS)
