# The programs for src/base; unit.[ch] is what tests share.
check_PROGRAMS += tests/unit/check_activation
tests_unit_check_activation_SOURCES = tests/unit/check_activation.c \
	tests/unit/unit.c tests/unit/unit.h
tests_unit_check_activation_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_activation_LDADD = libbase.a $(CHECK_LIBS)
check_PROGRAMS += tests/unit/check_daemon
tests_unit_check_daemon_SOURCES = tests/unit/check_daemon.c \
	tests/unit/unit.c tests/unit/unit.h
tests_unit_check_daemon_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_daemon_LDADD = libbase.a $(CHECK_LIBS)
check_PROGRAMS += tests/unit/check_escape
tests_unit_check_escape_SOURCES = tests/unit/check_escape.c \
	tests/unit/unit.c tests/unit/unit.h
tests_unit_check_escape_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_escape_LDADD = libbase.a $(CHECK_LIBS)
check_PROGRAMS += tests/unit/check_io
tests_unit_check_io_SOURCES = tests/unit/check_io.c \
	tests/unit/unit.c tests/unit/unit.h
tests_unit_check_io_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_io_LDADD = libbase.a $(CHECK_LIBS)
check_PROGRAMS += tests/unit/check_launch
tests_unit_check_launch_SOURCES = tests/unit/check_launch.c \
	tests/unit/unit.c tests/unit/unit.h
tests_unit_check_launch_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_launch_LDADD = libbase.a $(CHECK_LIBS)
check_PROGRAMS += tests/unit/check_log
tests_unit_check_log_SOURCES = tests/unit/check_log.c \
	tests/unit/unit.c tests/unit/unit.h
tests_unit_check_log_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_log_LDADD = libbase.a $(CHECK_LIBS)
check_PROGRAMS += tests/unit/check_notify
tests_unit_check_notify_SOURCES = tests/unit/check_notify.c \
	tests/unit/unit.c tests/unit/unit.h
tests_unit_check_notify_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_notify_LDADD = libbase.a $(CHECK_LIBS)
check_PROGRAMS += tests/unit/check_num
tests_unit_check_num_SOURCES = tests/unit/check_num.c \
	tests/unit/unit.c tests/unit/unit.h
tests_unit_check_num_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_num_LDADD = libbase.a $(CHECK_LIBS)
check_PROGRAMS += tests/unit/check_pidfile
tests_unit_check_pidfile_SOURCES = tests/unit/check_pidfile.c \
	tests/unit/unit.c tests/unit/unit.h
tests_unit_check_pidfile_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_pidfile_LDADD = libbase.a $(CHECK_LIBS)
check_PROGRAMS += tests/unit/check_privs
tests_unit_check_privs_SOURCES = tests/unit/check_privs.c \
	tests/unit/unit.c tests/unit/unit.h
tests_unit_check_privs_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_privs_LDADD = libbase.a $(CHECK_LIBS)
check_PROGRAMS += tests/unit/check_sig
tests_unit_check_sig_SOURCES = tests/unit/check_sig.c \
	tests/unit/unit.c tests/unit/unit.h
tests_unit_check_sig_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_sig_LDADD = libbase.a $(CHECK_LIBS)
check_PROGRAMS += tests/unit/check_sock
tests_unit_check_sock_SOURCES = tests/unit/check_sock.c \
	tests/unit/unit.c tests/unit/unit.h
tests_unit_check_sock_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_sock_LDADD = libbase.a $(CHECK_LIBS)
