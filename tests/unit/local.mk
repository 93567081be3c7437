# One program for each module; each links only what it may.
UNIT_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
UNIT_LIBS = tests/unit/libunit.a $(CHECK_LIBS)
include tests/unit/base.mk
include tests/unit/conf.mk
include tests/unit/conn.mk
include tests/unit/board.mk
include tests/unit/master.mk
include tests/unit/worker.mk
include tests/unit/view.mk

check_PROGRAMS += tests/unit/check_cgihead
tests_unit_check_cgihead_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_cgihead_LDADD = libproto.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_chan
tests_unit_check_chan_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_chan_LDADD = libproto.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_fcgi
tests_unit_check_fcgi_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_fcgi_LDADD = libproto.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_params
tests_unit_check_params_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_params_LDADD = libproto.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_answer
tests_unit_check_answer_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_answer_LDADD = libctl.a libproto.a libbase.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_query
tests_unit_check_query_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_query_LDADD = libctl.a libproto.a libbase.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_rewrite
tests_unit_check_rewrite_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_rewrite_LDADD = libctl.a libproto.a libbase.a $(UNIT_LIBS)
