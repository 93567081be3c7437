# The system tests need web servers and real programs: bootstrap check
# installs those and runs them.  make check stays with unit tests.
EXTRA_DIST += \
	tests/flows.json \
	tests/system/asker.py \
	tests/system/build.py \
	tests/system/conftest.py \
	tests/system/fcgi.py \
	tests/system/fcgiwire.py \
	tests/system/files.py \
	tests/system/flows.py \
	tests/system/manager.py \
	tests/system/native.py \
	tests/system/native/zoo.c \
	tests/system/pool.py \
	tests/system/procs.py \
	tests/system/rows.py \
	tests/system/systemd.py \
	tests/system/test_basic.py \
	tests/system/test_ctl_get.py \
	tests/system/test_demo.py \
	tests/system/test_fcgi_client.py \
	tests/system/test_flows.py \
	tests/system/test_git.py \
	tests/system/test_life.py \
	tests/system/test_limits.py \
	tests/system/test_options.py \
	tests/system/test_outcomes.py \
	tests/system/test_programs.py \
	tests/system/test_relay.py \
	tests/system/test_rows_connections.py \
	tests/system/test_rows_connections_listening.py \
	tests/system/test_rows_kept.py \
	tests/system/test_rows_memory.py \
	tests/system/test_rows_native.py \
	tests/system/test_rows_programs.py \
	tests/system/test_rows_programs_many.py \
	tests/system/test_rows_programs_start.py \
	tests/system/test_rows_protocol_ends.py \
	tests/system/test_rows_protocol_order.py \
	tests/system/test_rows_protocol_params.py \
	tests/system/test_rows_protocol_records.py \
	tests/system/test_rows_security.py \
	tests/system/test_rows_security_users.py \
	tests/system/test_rows_supervision.py \
	tests/system/test_start.py \
	tests/system/test_systemd.py \
	tests/system/test_systemd_protocol.py \
	tests/system/test_webservers.py \
	tests/system/web.py \
	tests/system/programs/badhead.cgi \
	tests/system/programs/badinterp.cgi \
	tests/system/programs/binary.cgi \
	tests/system/programs/closein.cgi \
	tests/system/programs/closeout.cgi \
	tests/system/programs/count.cgi \
	tests/system/programs/crash.cgi \
	tests/system/programs/daemonise.cgi \
	tests/system/programs/deaf.cgi \
	tests/system/programs/drip.cgi \
	tests/system/programs/echo.cgi \
	tests/system/programs/env.cgi \
	tests/system/programs/exit.cgi \
	tests/system/programs/flooderr.cgi \
	tests/system/programs/floodout.cgi \
	tests/system/programs/gate.cgi \
	tests/system/programs/headonly.cgi \
	tests/system/programs/hello.cgi \
	tests/system/programs/hugehead.cgi \
	tests/system/programs/ignoreterm.cgi \
	tests/system/programs/interleave.cgi \
	tests/system/programs/nbecho.cgi \
	tests/system/programs/nonblock.cgi \
	tests/system/programs/noread.cgi \
	tests/system/programs/notfound.cgi \
	tests/system/programs/once.cgi \
	tests/system/programs/plain.txt \
	tests/system/programs/query.cgi \
	tests/system/programs/raw.cgi \
	tests/system/programs/readsome.cgi \
	tests/system/programs/redirect.cgi \
	tests/system/programs/setsid.cgi \
	tests/system/programs/sha256.cgi \
	tests/system/programs/signal.cgi \
	tests/system/programs/sigs.cgi \
	tests/system/programs/silent.cgi \
	tests/system/programs/sleep.cgi \
	tests/system/programs/stderr.cgi \
	tests/system/programs/stopself.cgi \
	tests/system/programs/tree.cgi

check-system: all
	CGIFPM_BUILD='$(abs_builddir)' PYTHONDONTWRITEBYTECODE=1 \
	    /usr/bin/python3 -m pytest -q -p no:cacheprovider \
	    '$(srcdir)/tests/system'

.PHONY: check-system
