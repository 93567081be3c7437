noinst_LIBRARIES += libworker.a
libworker_a_SOURCES = \
	src/worker/accesslog.c \
	src/worker/accesslog.h \
	src/worker/answer.c \
	src/worker/answer.h \
	src/worker/body.c \
	src/worker/cgi.c \
	src/worker/cgi.h \
	src/worker/cgi_run.h \
	src/worker/cgi_start.c \
	src/worker/conn.c \
	src/worker/conn.h \
	src/worker/deadlines.c \
	src/worker/environ.c \
	src/worker/environ.h \
	src/worker/handler.h \
	src/worker/job.c \
	src/worker/job.h \
	src/worker/out.c \
	src/worker/out.h \
	src/worker/outcome.c \
	src/worker/outcome.h \
	src/worker/records.c \
	src/worker/report.c \
	src/worker/report.h \
	src/worker/request.c \
	src/worker/request.h \
	src/worker/script.c \
	src/worker/script.h \
	src/worker/spool.c \
	src/worker/spool.h \
	src/worker/stderrlog.c \
	src/worker/stderrlog.h \
	src/worker/turn.c \
	src/worker/worker.c \
	src/worker/worker.h
