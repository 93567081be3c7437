# The programs for src/view.

check_PROGRAMS += tests/unit/check_view
tests_unit_check_view_CFLAGS = $(UNIT_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_check_view_LDADD = libview.a libboard.a \
	libbase.a $(JANSSON_LIBS) $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_doctor
tests_unit_check_doctor_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_doctor_LDADD = libview.a libboard.a $(BASE_LDADD)

check_PROGRAMS += tests/unit/check_words
tests_unit_check_words_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_words_LDADD = libview.a libboard.a $(UNIT_LIBS)
