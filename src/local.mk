sbin_PROGRAMS += cgi-fpm
cgi_fpm_SOURCES = src/main.c src/conf.c src/conf.h
cgi_fpm_CFLAGS = $(AM_CFLAGS) $(CONFUSE_CFLAGS)
cgi_fpm_LDADD = libmaster.a libworker.a libboard.a libproto.a libbase.a \
	$(CONFUSE_LIBS)
