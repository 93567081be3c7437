noinst_LIBRARIES += libmaster.a
libmaster_a_SOURCES = \
	src/master/channel.c \
	src/master/channel.h \
	src/master/crew.c \
	src/master/crew.h \
	src/master/handoff.c \
	src/master/handoff.h \
	src/master/listeners.c \
	src/master/listeners.h \
	src/master/lograte.c \
	src/master/lograte.h \
	src/master/logs.c \
	src/master/logs.h \
	src/master/mail.c \
	src/master/master.c \
	src/master/master.h \
	src/master/members.h \
	src/master/muster.c \
	src/master/parking.c \
	src/master/parking.h \
	src/master/pool.h \
	src/master/proc.c \
	src/master/proc.h \
	src/master/restart.c \
	src/master/restart.h \
	src/master/scale.c \
	src/master/scale.h \
	src/master/slots.c \
	src/master/slots.h \
	src/master/stop.c \
	src/master/stop.h \
	src/master/sweep.c \
	src/master/watch.c \
	src/master/watch.h \
	src/master/wstatus.c \
	src/master/wstatus.h
