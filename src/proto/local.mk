noinst_LIBRARIES += libproto.a
libproto_a_SOURCES = \
	src/proto/cgihead.h src/proto/chan.h src/proto/fcgi.h src/proto/params.h src/proto/span.h 
