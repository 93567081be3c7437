# The programs for src/conf/.
CONF_UNIT = tests/unit/conf_unit.c tests/unit/conf_unit.h
CONF_LDADD = libconf.a libworker.a libboard.a libproto.a libbase.a \
	$(CONFUSE_LIBS) $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_conf
tests_unit_check_conf_SOURCES = tests/unit/check_conf.c $(CONF_UNIT)
tests_unit_check_conf_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_conf_LDADD = $(CONF_LDADD)

check_PROGRAMS += tests/unit/check_conf_file
tests_unit_check_conf_file_SOURCES = tests/unit/check_conf_file.c $(CONF_UNIT)
tests_unit_check_conf_file_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_conf_file_LDADD = $(CONF_LDADD)

check_PROGRAMS += tests/unit/check_conf_mode
tests_unit_check_conf_mode_SOURCES = tests/unit/check_conf_mode.c $(CONF_UNIT)
tests_unit_check_conf_mode_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_conf_mode_LDADD = $(CONF_LDADD)

check_PROGRAMS += tests/unit/check_conf_names
tests_unit_check_conf_names_SOURCES = tests/unit/check_conf_names.c $(CONF_UNIT)
tests_unit_check_conf_names_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_conf_names_LDADD = $(CONF_LDADD)

check_PROGRAMS += tests/unit/check_options
tests_unit_check_options_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_options_LDADD = $(CONF_LDADD)

check_PROGRAMS += tests/unit/check_sample
tests_unit_check_sample_SOURCES = tests/unit/check_sample.c $(CONF_UNIT)
tests_unit_check_sample_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_sample_LDADD = $(CONF_LDADD)
