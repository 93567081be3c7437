# The manager: the order of its start, and what a reload and an upgrade load.
sbin_PROGRAMS += cgi-fpm
cgi_fpm_SOURCES = src/advice.c \
	src/advice.h \
	src/changes.c \
	src/changes.h \
	src/image.c \
	src/image.h \
	src/keepsake.c \
	src/keepsake.h \
	src/loader.c \
	src/loader.h \
	src/main.c \
	src/rehearsal.c \
	src/rehearsal.h
cgi_fpm_LDADD = libconf.a libmaster.a libworker.a libview.a libboard.a \
	libproto.a libbase.a $(CONFUSE_LIBS) $(JANSSON_LIBS)
