# The programs for src/board.

check_PROGRAMS += tests/unit/check_board
tests_unit_check_board_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_board_LDADD = libboard.a libbase.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_histogram
tests_unit_check_histogram_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_histogram_LDADD = libboard.a libbase.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_rate
tests_unit_check_rate_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_rate_LDADD = libboard.a libbase.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_snapshot
tests_unit_check_snapshot_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_snapshot_LDADD = libboard.a libbase.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_step
tests_unit_check_step_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_step_LDADD = libboard.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_report
tests_unit_check_report_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_report_LDADD = libworker.a libboard.a libproto.a libbase.a \
	$(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_ctlmsg
tests_unit_check_ctlmsg_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_ctlmsg_LDADD = libproto.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_edit
tests_unit_check_edit_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_edit_LDADD = libctl.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_advice
tests_unit_check_advice_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_advice_LDADD = libctl.a libboard.a libbase.a $(UNIT_LIBS) -lm

check_PROGRAMS += tests/unit/check_frame
tests_unit_check_frame_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_frame_LDADD = libctl.a libview.a libboard.a libbase.a \
	$(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_history
tests_unit_check_history_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_history_LDADD = libboard.a libbase.a $(UNIT_LIBS)
