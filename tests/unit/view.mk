# The programs for src/view.

check_PROGRAMS += tests/unit/check_view
tests_unit_check_view_CFLAGS = $(UNIT_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_check_view_LDADD = libview.a libboard.a \
	libbase.a $(JANSSON_LIBS) $(UNIT_LIBS)
