noinst_LIBRARIES += libctl.a
libctl_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(NCURSES_CFLAGS)
libctl_a_SOURCES = \
	src/ctl/advice.c \
	src/ctl/advice.h \
	src/ctl/advise.c \
	src/ctl/advise.h \
	src/ctl/answer.c \
	src/ctl/answer.h \
	src/ctl/check.c \
	src/ctl/check.h \
	src/ctl/client.c \
	src/ctl/client.h \
	src/ctl/edit.c \
	src/ctl/edit.h \
	src/ctl/frame.c \
	src/ctl/frame.h \
	src/ctl/get.c \
	src/ctl/get.h \
	src/ctl/link.c \
	src/ctl/link.h \
	src/ctl/opts.c \
	src/ctl/opts.h \
	src/ctl/orders.c \
	src/ctl/orders.h \
	src/ctl/probe.c \
	src/ctl/probe.h \
	src/ctl/query.c \
	src/ctl/query.h \
	src/ctl/rewrite.c \
	src/ctl/rewrite.h \
	src/ctl/set.c \
	src/ctl/set.h \
	src/ctl/status.c \
	src/ctl/status.h \
	src/ctl/target.c \
	src/ctl/target.h \
	src/ctl/term.c \
	src/ctl/term.h \
	src/ctl/top.c \
	src/ctl/top.h \
	src/ctl/verbs.c \
	src/ctl/verbs.h

sbin_PROGRAMS += cgi-fpmctl
cgi_fpmctl_SOURCES = src/ctl/main.c
cgi_fpmctl_LDADD = libctl.a libview.a libboard.a libproto.a libbase.a \
	$(JANSSON_LIBS) $(NCURSES_LIBS) -lm
