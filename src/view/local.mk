noinst_LIBRARIES += libview.a
libview_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
libview_a_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_builddir)/src
libview_a_SOURCES = \
	src/view/fpm.c \
	src/view/fpm.h \
	src/view/fpmjson.c \
	src/view/fpmjson.h \
	src/view/fpmtext.c \
	src/view/fpmtext.h \
	src/view/fpmxml.c \
	src/view/fpmxml.h \
	src/view/json.c \
	src/view/json.h \
	src/view/markup.c \
	src/view/markup.h \
	src/view/metrics.c \
	src/view/metrics.h \
	src/view/page.c \
	src/view/page.h \
	src/view/running.c \
	src/view/running.h \
	src/view/status.c \
	src/view/status.h \
	src/view/doctor.c \
	src/view/doctor.h \
	src/view/snippet.c \
	src/view/text.c \
	src/view/text.h \
	src/view/words.c \
	src/view/words.h

# The page as an array of bytes, since a string must not be that long.
EXTRA_DIST += src/view/page.html
BUILT_SOURCES += src/view/page.inc
CLEANFILES += src/view/page.inc
src/view/page.inc: src/view/page.html
	$(AM_V_GEN)$(MKDIR_P) src/view && od -An -v -tu1 \
	    '$(srcdir)/src/view/page.html' | \
	    $(SED) 's/  */,/g; s/^,//; s/$$/,/' >$@.new && mv $@.new $@
