# The programs for the parts of src/worker that need no connection.
WORKER_PARTS_LDADD = libworker.a libboard.a libproto.a \
	libbase.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_suppress
tests_unit_check_suppress_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_suppress_LDADD = $(WORKER_PARTS_LDADD)

check_PROGRAMS += tests/unit/check_accesslog
tests_unit_check_accesslog_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_accesslog_LDADD = $(WORKER_PARTS_LDADD)

check_PROGRAMS += tests/unit/check_environ
tests_unit_check_environ_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_environ_LDADD = $(WORKER_PARTS_LDADD)

check_PROGRAMS += tests/unit/check_job
tests_unit_check_job_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_job_LDADD = $(WORKER_PARTS_LDADD)

check_PROGRAMS += tests/unit/check_script
tests_unit_check_script_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_script_LDADD = $(WORKER_PARTS_LDADD)

check_PROGRAMS += tests/unit/check_spool
tests_unit_check_spool_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_spool_LDADD = $(WORKER_PARTS_LDADD)
