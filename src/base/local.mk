noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	src/base/clock.h src/base/escape.h src/base/io.h src/base/launch.h src/base/log.h src/base/num.h src/base/privs.h src/base/sig.h src/base/sock.h 
