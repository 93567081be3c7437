check_PROGRAMS += tests/unit/check_restart
tests_unit_check_restart_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_restart_LDADD = libmaster.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_emergency
tests_unit_check_emergency_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_emergency_LDADD = libmaster.a $(BASE_LDADD)

check_PROGRAMS += tests/unit/check_ration
tests_unit_check_ration_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_ration_LDADD = libmaster.a $(BASE_LDADD)

check_PROGRAMS += tests/unit/check_scale
tests_unit_check_scale_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_scale_LDADD = libmaster.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_farewell
tests_unit_check_farewell_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_farewell_LDADD = libmaster.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_peek
tests_unit_check_peek_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_peek_LDADD = libmaster.a libbase.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_motion
tests_unit_check_motion_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_motion_LDADD = libmaster.a libbase.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_lines
tests_unit_check_lines_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_lines_LDADD = libmaster.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_parking
tests_unit_check_parking_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_parking_LDADD = libmaster.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_wstatus
tests_unit_check_wstatus_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_wstatus_LDADD = libmaster.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_listeners
tests_unit_check_listeners_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_listeners_LDADD = libmaster.a libbase.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_stop
tests_unit_check_stop_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_stop_LDADD = libmaster.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_master
tests_unit_check_master_SOURCES = \
	tests/unit/check_master.c \
	tests/unit/rig.c \
	tests/unit/rig.h \
	tests/unit/scribble.c \
	tests/unit/scribble.h
tests_unit_check_master_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_master_LDADD = libmaster.a libboard.a libproto.a libbase.a \
	$(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_crew
tests_unit_check_crew_SOURCES = \
	tests/unit/check_crew.c \
	tests/unit/rig.c \
	tests/unit/rig.h \
	tests/unit/scribble.c \
	tests/unit/scribble.h
tests_unit_check_crew_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_crew_LDADD = libmaster.a libboard.a libproto.a libbase.a \
	$(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_fdstore
tests_unit_check_fdstore_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_fdstore_LDADD = libmaster.a $(BASE_LDADD)

check_PROGRAMS += tests/unit/check_idle
tests_unit_check_idle_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_idle_LDADD = libmaster.a $(BASE_LDADD)

check_PROGRAMS += tests/unit/check_service
tests_unit_check_service_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_service_LDADD = libmaster.a $(BASE_LDADD)

check_PROGRAMS += tests/unit/check_plan
tests_unit_check_plan_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_plan_LDADD = libmaster.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_state
tests_unit_check_state_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_state_LDADD = libmaster.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_pulse
tests_unit_check_pulse_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_pulse_LDADD = libmaster.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_channel
tests_unit_check_channel_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_channel_LDADD = libmaster.a libproto.a libbase.a \
	$(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_askers
tests_unit_check_askers_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_askers_LDADD = libmaster.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_lograte
tests_unit_check_lograte_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_lograte_LDADD = libmaster.a libbase.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/check_watch
tests_unit_check_watch_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_watch_LDADD = libmaster.a $(BASE_LDADD)

check_PROGRAMS += tests/unit/check_age
tests_unit_check_age_CFLAGS = $(UNIT_CFLAGS)
tests_unit_check_age_LDADD = libmaster.a libboard.a libproto.a libbase.a \
	$(UNIT_LIBS)
