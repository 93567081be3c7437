noinst_LIBRARIES += libboard.a
libboard_a_SOURCES = \
	src/board/board.c \
	src/board/board.h \
	src/board/histogram.c \
	src/board/histogram.h \
	src/board/history.c \
	src/board/history.h \
	src/board/layout.h \
	src/board/map.c \
	src/board/note.c \
	src/board/note.h \
	src/board/place.h \
	src/board/pool.c \
	src/board/pool.h \
	src/board/rate.c \
	src/board/rate.h \
	src/board/snapshot.c \
	src/board/snapshot.h \
	src/board/step.c \
	src/board/step.h
