noinst_LIBRARIES += libboard.a
libboard_a_SOURCES = \
	src/board/board.c \
	src/board/board.h \
	src/board/place.h
