# The programs for src/worker.  What some share drives a connection without
# any process.
WORKER_LDADD = tests/unit/libconnrig.a libworker.a libboard.a libproto.a \
	libbase.a $(UNIT_LIBS)
check_LIBRARIES += tests/unit/libconnrig.a
tests_unit_libconnrig_a_SOURCES = \
	tests/unit/connrig.c \
	tests/unit/connrig.h \
	tests/unit/echo.c \
	tests/unit/echo.h \
	tests/unit/hostile.c \
	tests/unit/hostile.h \
	tests/unit/reader.c \
	tests/unit/reader.h \
	tests/unit/wire.c \
	tests/unit/wire.h

check_PROGRAMS += tests/unit/check_out
tests_unit_check_out_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_out_LDADD = $(WORKER_LDADD)

check_PROGRAMS += tests/unit/check_outcome
tests_unit_check_outcome_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_outcome_LDADD = $(WORKER_LDADD)

check_PROGRAMS += tests/unit/check_turn
tests_unit_check_turn_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_turn_LDADD = $(WORKER_LDADD)

check_PROGRAMS += tests/unit/check_rules
tests_unit_check_rules_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_rules_LDADD = libproto.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_values
tests_unit_check_values_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_values_LDADD = libproto.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_hostile
tests_unit_check_hostile_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_hostile_LDADD = $(WORKER_LDADD)

# Not run by make check: as long as one likes, with other seeds each time.
EXTRA_PROGRAMS = tests/unit/soak_hostile
tests_unit_soak_hostile_LDADD = tests/unit/libconnrig.a libworker.a \
	libboard.a libproto.a libbase.a
CLEANFILES += $(EXTRA_PROGRAMS)
SECONDS = 60

soak-hostile: tests/unit/soak_hostile
	tests/unit/soak_hostile $(SECONDS)

.PHONY: soak-hostile

check_PROGRAMS += tests/unit/check_whose
tests_unit_check_whose_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_whose_LDADD = tests/unit/libunit.a \
	tests/unit/libconnrig.a libworker.a libview.a \
	libboard.a libproto.a libbase.a $(JANSSON_LIBS) $(CHECK_LIBS)
