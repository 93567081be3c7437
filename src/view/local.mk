noinst_LIBRARIES += libview.a
libview_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
libview_a_SOURCES = \
	src/view/json.c \
	src/view/json.h \
	src/view/text.c \
	src/view/text.h \
	src/view/words.c \
	src/view/words.h
