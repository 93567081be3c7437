# The settings and the command line, apart from main() so that tests link it.
noinst_LIBRARIES += libconf.a
libconf_a_CFLAGS = $(AM_CFLAGS) $(CONFUSE_CFLAGS)
libconf_a_SOURCES = \
	src/conf.c \
	src/conf.h \
	src/conf_allow.c \
	src/conf_allow.h \
	src/conf_build.c \
	src/conf_build.h \
	src/conf_check.c \
	src/conf_control.c \
	src/conf_line.c \
	src/conf_line.h \
	src/conf_listen.c \
	src/conf_mem.c \
	src/conf_mem.h \
	src/conf_mode.c \
	src/conf_print.c \
	src/conf_status.c \
	src/conf_table.c \
	src/conf_table.h \
	src/conf_text.c \
	src/conf_text.h \
	src/conf_type.c \
	src/conf_type.h \
	src/options.c \
	src/options.h

sbin_PROGRAMS += cgi-fpm
cgi_fpm_SOURCES = src/advice.c \
	src/advice.h \
	src/image.c \
	src/image.h \
	src/loader.c \
	src/loader.h \
	src/main.c
cgi_fpm_LDADD = libconf.a libmaster.a libworker.a libview.a libboard.a \
	libproto.a libbase.a $(CONFUSE_LIBS) $(JANSSON_LIBS)
