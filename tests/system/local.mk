# The system tests need web servers and real programs: bootstrap check
# installs those and runs them.  make check stays with unit tests.
EXTRA_DIST += \
	tests/flows.json \
	tests/system/ROWS.md \
	tests/system/allocshim.c \
	tests/system/asker.py \
	tests/system/build.py \
	tests/system/cgroup.py \
	tests/system/clockshim.c \
	tests/system/configured.py \
	tests/system/conftest.py \
	tests/system/delayshim.c \
	tests/system/fcgi.py \
	tests/system/fcgiwire.py \
	tests/system/files.py \
	tests/system/flows.py \
	tests/system/manager.py \
	tests/system/native.py \
	tests/system/native/serve.go \
	tests/system/native/serve.php \
	tests/system/native/serve.pl \
	tests/system/native/zoo.c \
	tests/system/pool.py \
	tests/system/procs.py \
	tests/system/rows.py \
	tests/system/systemd.py \
	tests/system/test_accesslog.py \
	tests/system/test_allowed_clients.py \
	tests/system/test_basic.py \
	tests/system/test_chaos.py \
	tests/system/test_conformance.py \
	tests/system/test_completion.py \
	tests/system/test_control.py \
	tests/system/test_ctl_restart.py \
	tests/system/test_ctl_set.py \
	tests/system/test_ctl_set_all.py \
	tests/system/test_ctl_status.py \
	tests/system/test_container.py \
	tests/system/test_ctl_check.py \
	tests/system/test_ctl_advise.py \
	tests/system/test_ctl_get.py \
	tests/system/test_demo.py \
	tests/system/test_faults.py \
	tests/system/test_faults_master.py \
	tests/system/test_ctl_top.py \
	tests/system/test_fcgi_client.py \
	tests/system/test_flows.py \
	tests/system/test_git.py \
	tests/system/test_life.py \
	tests/system/test_manual.py \
	tests/system/test_lifetime.py \
	tests/system/test_limits.py \
	tests/system/test_listen_acl.py \
	tests/system/test_logs_daemons.py \
	tests/system/test_logs_lost.py \
	tests/system/test_logs_rates.py \
	tests/system/test_master_itself.py \
	tests/system/test_native_idle.py \
	tests/system/test_native_programs.py \
	tests/system/test_native_reload.py \
	tests/system/test_native_renewal.py \
	tests/system/test_native_status.py \
	tests/system/test_options.py \
	tests/system/test_outcomes.py \
	tests/system/test_phpfpm_directives.py \
	tests/system/test_phpfpm_files.py \
	tests/system/test_phpfpm_names.py \
	tests/system/test_process_max.py \
	tests/system/test_programs.py \
	tests/system/test_prometheus.py \
	tests/system/test_relay.py \
	tests/system/test_rows.py \
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
	tests/system/test_rest.py \
	tests/system/test_rows_reload.py \
	tests/system/test_rows_host.py \
	tests/system/test_rows_security.py \
	tests/system/test_rows_signals.py \
	tests/system/test_rows_security_users.py \
	tests/system/test_rows_supervision.py \
	tests/system/statuspage.py \
	tests/system/test_rows_upgrade.py \
	tests/system/test_rows_upgrade_refused.py \
	tests/system/test_scaling.py \
	tests/system/test_start.py \
	tests/system/test_status.py \
	tests/system/test_status_busy.py \
	tests/system/test_status_page.py \
	tests/system/test_stop.py \
	tests/system/test_stop_backlog.py \
	tests/system/test_systemd.py \
	tests/system/test_systemd_protocol.py \
	tests/system/test_systemd_units.py \
	tests/system/test_trouble.py \
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
	tests/system/programs/fence.cgi \
	tests/system/programs/flooderr.cgi \
	tests/system/programs/floodout.cgi \
	tests/system/programs/gate.cgi \
	tests/system/programs/headonly.cgi \
	tests/system/programs/hello.cgi \
	tests/system/programs/hog.cgi \
	tests/system/programs/hugehead.cgi \
	tests/system/programs/ignoreterm.cgi \
	tests/system/programs/interleave.cgi \
	tests/system/programs/lazy.cgi \
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
	tests/system/programs/saylong.cgi \
	tests/system/programs/silent.cgi \
	tests/system/programs/sleep.cgi \
	tests/system/programs/stderr.cgi \
	tests/system/programs/stopself.cgi \
	tests/system/programs/tree.cgi \
	tests/system/programs/wait.cgi

check-system: all
	CGIFPM_BUILD='$(abs_builddir)' PYTHONDONTWRITEBYTECODE=1 \
	    /usr/bin/python3 -m pytest -q -p no:cacheprovider \
	    '$(srcdir)/tests/system'

# The same with a part of the programs' system calls late, DELAY_SEED=n another
# part, K=words only tests with them in the name.  Not of a sanitized build.
check-delays: all
	@$(MKDIR_P) tests/system
	$(CC) -shared -fPIC -O1 -o tests/system/delayshim.so \
	    '$(srcdir)/tests/system/delayshim.c'
	CGIFPM_BUILD='$(abs_builddir)' PYTHONDONTWRITEBYTECODE=1 \
	    CGIFPM_DELAYS='$(abs_builddir)/tests/system/delayshim.so' \
	    /usr/bin/python3 -m pytest -q -p no:cacheprovider \
	    -k '$(K)' '$(srcdir)/tests/system'

CLEANFILES += tests/system/delayshim.so

.PHONY: check-delays check-system
