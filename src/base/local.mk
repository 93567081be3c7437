noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	src/base/activation.c \
	src/base/activation.h \
	src/base/allow.c \
	src/base/allow.h \
	src/base/backlog.c \
	src/base/backlog.h \
	src/base/clock.c \
	src/base/clock.h \
	src/base/daemon.c \
	src/base/daemon.h \
	src/base/escape.c \
	src/base/escape.h \
	src/base/io.c \
	src/base/io.h \
	src/base/launch.c \
	src/base/launch.h \
	src/base/log.c \
	src/base/log.h \
	src/base/logline.c \
	src/base/logline.h \
	src/base/logsink.c \
	src/base/logsink.h \
	src/base/notify.c \
	src/base/notify.h \
	src/base/num.c \
	src/base/num.h \
	src/base/pidfile.c \
	src/base/pidfile.h \
	src/base/privs.c \
	src/base/privs.h \
	src/base/sig.c \
	src/base/sig.h \
	src/base/sock.c \
	src/base/sock.h \
	src/base/sockaddr.c \
	src/base/sockaddr.h
