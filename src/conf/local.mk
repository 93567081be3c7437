# The settings and the command line, apart from main() so that tests link them.
noinst_LIBRARIES += libconf.a
libconf_a_CFLAGS = $(AM_CFLAGS) $(CONFUSE_CFLAGS)
libconf_a_SOURCES = \
	src/conf/allow.c \
	src/conf/allow.h \
	src/conf/build.c \
	src/conf/build.h \
	src/conf/check.c \
	src/conf/conf.c \
	src/conf/conf.h \
	src/conf/control.c \
	src/conf/expand.c \
	src/conf/folder.c \
	src/conf/hint.c \
	src/conf/line.c \
	src/conf/line.h \
	src/conf/listen.c \
	src/conf/mem.c \
	src/conf/mem.h \
	src/conf/mode.c \
	src/conf/options.c \
	src/conf/options.h \
	src/conf/perm.c \
	src/conf/print.c \
	src/conf/status.c \
	src/conf/table.c \
	src/conf/table.h \
	src/conf/text.c \
	src/conf/text.h \
	src/conf/type.c \
	src/conf/type.h
