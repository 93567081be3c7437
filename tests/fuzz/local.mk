# Each target is built twice: with a main that replays its corpus, for make
# check, and with --enable-fuzzing for libFuzzer, where the code under test is
# compiled again with its coverage.
EXTRA_DIST += tests/fuzz/corpus tests/fuzz/seeds.py

FUZZ_REPLAY = tests/fuzz/fuzz.h tests/fuzz/replay.c

check_PROGRAMS += tests/fuzz/replay_answer
tests_fuzz_replay_answer_SOURCES = tests/fuzz/fuzz_answer.c $(FUZZ_REPLAY)
tests_fuzz_replay_answer_CPPFLAGS = $(AM_CPPFLAGS) -DCORPUS='"answer"'
tests_fuzz_replay_answer_LDADD = libctl.a libproto.a

check_PROGRAMS += tests/fuzz/replay_cgihead
tests_fuzz_replay_cgihead_SOURCES = tests/fuzz/fuzz_cgihead.c $(FUZZ_REPLAY)
tests_fuzz_replay_cgihead_CPPFLAGS = $(AM_CPPFLAGS) -DCORPUS='"cgihead"'
tests_fuzz_replay_cgihead_LDADD = libproto.a

check_PROGRAMS += tests/fuzz/replay_chan
tests_fuzz_replay_chan_SOURCES = tests/fuzz/fuzz_chan.c $(FUZZ_REPLAY)
tests_fuzz_replay_chan_CPPFLAGS = $(AM_CPPFLAGS) -DCORPUS='"chan"'
tests_fuzz_replay_chan_LDADD = libproto.a

FUZZ_CONF_LIBS = libconf.a libworker.a libboard.a libproto.a libbase.a \
	$(CONFUSE_LIBS)
check_PROGRAMS += tests/fuzz/replay_conf
tests_fuzz_replay_conf_SOURCES = tests/fuzz/fuzz_conf.c $(FUZZ_REPLAY)
tests_fuzz_replay_conf_CPPFLAGS = $(AM_CPPFLAGS) -DCORPUS='"conf"'
tests_fuzz_replay_conf_LDADD = $(FUZZ_CONF_LIBS)

check_PROGRAMS += tests/fuzz/replay_conn
tests_fuzz_replay_conn_SOURCES = tests/fuzz/fuzz_conn.c $(FUZZ_REPLAY)
tests_fuzz_replay_conn_CPPFLAGS = $(AM_CPPFLAGS) -DCORPUS='"conn"' \
	-I$(top_srcdir)/tests/unit
tests_fuzz_replay_conn_LDADD = tests/unit/libconnrig.a libworker.a \
	libboard.a libproto.a libbase.a

check_PROGRAMS += tests/fuzz/replay_params
tests_fuzz_replay_params_SOURCES = tests/fuzz/fuzz_params.c $(FUZZ_REPLAY)
tests_fuzz_replay_params_CPPFLAGS = $(AM_CPPFLAGS) -DCORPUS='"params"'
tests_fuzz_replay_params_LDADD = libproto.a

check_PROGRAMS += tests/fuzz/replay_record
tests_fuzz_replay_record_SOURCES = tests/fuzz/fuzz_record.c $(FUZZ_REPLAY)
tests_fuzz_replay_record_CPPFLAGS = $(AM_CPPFLAGS) -DCORPUS='"record"'
tests_fuzz_replay_record_LDADD = libproto.a

if FUZZING
FUZZ_TARGETS = \
	tests/fuzz/fuzz_answer \
	tests/fuzz/fuzz_cgihead \
	tests/fuzz/fuzz_chan \
	tests/fuzz/fuzz_conn \
	tests/fuzz/fuzz_conf \
	tests/fuzz/fuzz_params \
	tests/fuzz/fuzz_record
noinst_PROGRAMS = $(FUZZ_TARGETS)

tests_fuzz_fuzz_answer_SOURCES = tests/fuzz/fuzz_answer.c tests/fuzz/fuzz.h \
	src/ctl/answer.c src/proto/fcgi.c
tests_fuzz_fuzz_answer_CFLAGS = $(AM_CFLAGS) $(FUZZ_CFLAGS)
tests_fuzz_fuzz_answer_LDFLAGS = $(FUZZ_CFLAGS)

tests_fuzz_fuzz_cgihead_SOURCES = tests/fuzz/fuzz_cgihead.c tests/fuzz/fuzz.h \
	src/proto/cgihead.c
tests_fuzz_fuzz_cgihead_CFLAGS = $(AM_CFLAGS) $(FUZZ_CFLAGS)
tests_fuzz_fuzz_cgihead_LDFLAGS = $(FUZZ_CFLAGS)

tests_fuzz_fuzz_chan_SOURCES = tests/fuzz/fuzz_chan.c tests/fuzz/fuzz.h \
	src/proto/chan.c
tests_fuzz_fuzz_chan_CFLAGS = $(AM_CFLAGS) $(FUZZ_CFLAGS)
tests_fuzz_fuzz_chan_LDFLAGS = $(FUZZ_CFLAGS)

tests_fuzz_fuzz_conf_SOURCES = tests/fuzz/fuzz_conf.c tests/fuzz/fuzz.h \
	$(libconf_a_SOURCES)
tests_fuzz_fuzz_conf_CFLAGS = $(AM_CFLAGS) $(CONFUSE_CFLAGS) $(FUZZ_CFLAGS)
tests_fuzz_fuzz_conf_LDFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_conf_LDADD = libworker.a libboard.a libproto.a libbase.a \
	$(CONFUSE_LIBS)

# What a connection is made of is compiled for it, what it never gets to
# comes from the libraries.
tests_fuzz_fuzz_conn_SOURCES = tests/fuzz/fuzz_conn.c tests/fuzz/fuzz.h \
	$(tests_unit_libconnrig_a_SOURCES) $(libproto_a_SOURCES) \
	src/worker/answer.c \
	src/worker/body.c \
	src/worker/conn.c \
	src/worker/deadlines.c \
	src/worker/out.c \
	src/worker/outcome.c \
	src/worker/records.c \
	src/worker/report.c \
	src/worker/request.c \
	src/worker/spool.c \
	src/worker/turn.c
tests_fuzz_fuzz_conn_LDADD = libworker.a libview.a libboard.a libbase.a
tests_fuzz_fuzz_conn_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_fuzz_fuzz_conn_CFLAGS = $(AM_CFLAGS) $(FUZZ_CFLAGS)
tests_fuzz_fuzz_conn_LDFLAGS = $(FUZZ_CFLAGS)

tests_fuzz_fuzz_params_SOURCES = tests/fuzz/fuzz_params.c tests/fuzz/fuzz.h \
	src/proto/params.c src/proto/fcgi.c
tests_fuzz_fuzz_params_CFLAGS = $(AM_CFLAGS) $(FUZZ_CFLAGS)
tests_fuzz_fuzz_params_LDFLAGS = $(FUZZ_CFLAGS)

tests_fuzz_fuzz_record_SOURCES = tests/fuzz/fuzz_record.c tests/fuzz/fuzz.h \
	src/proto/fcgi.c
tests_fuzz_fuzz_record_CFLAGS = $(AM_CFLAGS) $(FUZZ_CFLAGS)
tests_fuzz_fuzz_record_LDFLAGS = $(FUZZ_CFLAGS)

FUZZ_SECONDS = 20

# New inputs go to the build folder; what is worth keeping is copied by hand.
fuzz: all
	for target in $(FUZZ_TARGETS); do \
		name=$${target##*fuzz_}; \
		$(MKDIR_P) found/$$name && \
		./$$target -max_total_time=$(FUZZ_SECONDS) -max_len=8192 \
		    -print_final_stats=1 found/$$name \
		    $(srcdir)/tests/fuzz/corpus/$$name || exit 1; \
	done
endif
