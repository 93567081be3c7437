noinst_LIBRARIES += libproto.a
libproto_a_SOURCES = \
	src/proto/cgihead.c \
	src/proto/cgihead.h \
	src/proto/chan.c \
	src/proto/chan.h \
	src/proto/fcgi.c \
	src/proto/fcgi.h \
	src/proto/params.c \
	src/proto/params.h \
	src/proto/span.h
