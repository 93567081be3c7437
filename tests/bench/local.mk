EXTRA_DIST += \
	doc/bench.md \
	tests/bench/floor.c \
	tests/bench/load.c \
	tests/bench/run

# This project beside its peers; wants fcgiwrap and spawn-fcgi.  As root, with
# SLOWCGI=PATH, also beside that slowcgi.
SLOWCGI =
.PHONY: bench
bench: cgi-fpm
	$(srcdir)/tests/bench/run --build $(builddir) \
	  $(if $(SLOWCGI),--slowcgi "$(SLOWCGI)")
