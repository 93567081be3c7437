noinst_LIBRARIES += libproto.a
libproto_a_SOURCES = \
	src/proto/cgihead.c \
	src/proto/cgihead.h \
	src/proto/chan.c \
	src/proto/chan.h \
	src/proto/ctlmsg.c \
	src/proto/ctlmsg.h \
	src/proto/fcgi.c \
	src/proto/fcgi.h \
	src/proto/params.c \
	src/proto/params.h \
	src/proto/rules.c \
	src/proto/rules.h \
	src/proto/span.h \
	src/proto/values.c \
	src/proto/values.h
