# The programs for src/base, and what tests of all layers may share.
check_LIBRARIES = tests/unit/libunit.a
tests_unit_libunit_a_SOURCES = tests/unit/unit.c tests/unit/unit.h
tests_unit_libunit_a_CFLAGS = $(UNIT_CFLAGS)
BASE_LDADD = libbase.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_activation
tests_unit_check_activation_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_activation_LDADD = $(BASE_LDADD)

check_PROGRAMS += tests/unit/check_daemon
tests_unit_check_daemon_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_daemon_LDADD = $(BASE_LDADD)

check_PROGRAMS += tests/unit/check_escape
tests_unit_check_escape_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_escape_LDADD = $(BASE_LDADD)

check_PROGRAMS += tests/unit/check_io
tests_unit_check_io_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_io_LDADD = $(BASE_LDADD)

check_PROGRAMS += tests/unit/check_launch
tests_unit_check_launch_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_launch_LDADD = $(BASE_LDADD)

check_PROGRAMS += tests/unit/check_log
tests_unit_check_log_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_log_LDADD = $(BASE_LDADD)

check_PROGRAMS += tests/unit/check_notify
tests_unit_check_notify_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_notify_LDADD = $(BASE_LDADD)

check_PROGRAMS += tests/unit/check_num
tests_unit_check_num_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_num_LDADD = $(BASE_LDADD)

check_PROGRAMS += tests/unit/check_pidfile
tests_unit_check_pidfile_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_pidfile_LDADD = $(BASE_LDADD)

check_PROGRAMS += tests/unit/check_privs
tests_unit_check_privs_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_privs_LDADD = $(BASE_LDADD)

check_PROGRAMS += tests/unit/check_sig
tests_unit_check_sig_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_sig_LDADD = $(BASE_LDADD)

check_PROGRAMS += tests/unit/check_asuser
tests_unit_check_asuser_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_asuser_LDADD = $(BASE_LDADD)

check_PROGRAMS += tests/unit/check_sockfile
tests_unit_check_sockfile_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_sockfile_LDADD = $(BASE_LDADD)

check_PROGRAMS += tests/unit/check_sock
tests_unit_check_sock_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_sock_LDADD = $(BASE_LDADD)

check_PROGRAMS += tests/unit/check_journal
tests_unit_check_journal_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_journal_LDADD = $(BASE_LDADD)

check_PROGRAMS += tests/unit/check_textbuf
tests_unit_check_textbuf_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_textbuf_LDADD = $(BASE_LDADD)

check_PROGRAMS += tests/unit/check_acl
tests_unit_check_acl_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_acl_LDADD = $(BASE_LDADD)

check_PROGRAMS += tests/unit/check_allow
tests_unit_check_allow_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_allow_LDADD = $(BASE_LDADD)

check_PROGRAMS += tests/unit/check_backlog
tests_unit_check_backlog_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_backlog_LDADD = $(BASE_LDADD)
