"""A real systemd starts, feeds, watches and restarts the service."""

import json
import os
import signal
import time

import pytest

import fcgi
import procs
import systemd
from systemd import ask

pytestmark = systemd.NEEDED

PLAIN = """[Unit]
StartLimitIntervalSec=0
[Service]
Type=notify
ExecStart=/usr/local/sbin/cgi-fpm -n -y /usr/local/etc/cgi-fpm.conf
ExecReload=/bin/kill -HUP $MAINPID
KillMode=mixed
RuntimeDirectory=cgi-fpm
RuntimeDirectoryPreserve=restart
RestartPreventExitStatus=78
%s"""

POOL = """pool "%s" {
    command = {"/srv/%s.cgi"}
    pm = static
    pm.max_children = %d
    %s
}
"""
LISTEN = 'listen = "/run/cgi-fpm/%s.sock"'


@pytest.fixture
def service(sd):
    """service(conf, more lines): cgi-fpm.service, not started."""

    def make(conf, more=""):
        sd.configure(conf)
        sd.write("cgi-fpm.service", PLAIN % more)
        sd.reload()
        return "cgi-fpm.service"

    return make


def one_pool(name="www", program="hello", workers=1):
    return POOL % (name, program, workers, LISTEN % name)


# --- notify ---

def test_started_means_that_it_serves(sd, service):
    unit = service(one_pool("a", workers=2) + one_pool("b"))
    sd.start(unit)
    ask(sd, "/run/cgi-fpm/a.sock")
    ask(sd, "/run/cgi-fpm/b.sock")
    assert sd.show(unit, "StatusText") == (
        "2 pools, 3 workers, 0 busy, 0 requests")


def test_the_status_text_follows(sd, service):
    unit = service("systemd_interval = 200ms\n" + one_pool())
    sd.start(unit)
    for _ in range(3):
        ask(sd, "/run/cgi-fpm/www.sock")
    procs.wait_for(lambda: sd.show(unit, "StatusText") ==
                   "1 pool, 1 worker, 0 busy, 3 requests", 5, "status")


def test_bad_settings_are_told_and_not_tried_again(sd, service):
    unit = service("pm = 3\n", "Restart=always\nRestartSec=10ms\n")
    with pytest.raises(systemd.Failed):
        sd.start(unit)
    time.sleep(0.3)
    assert sd.state(unit) == "failed"
    assert sd.show(unit, "NRestarts") == "0"
    assert sd.show(unit, "ExecMainStatus") == "78"
    assert "no directive 'pm'" in sd.show(unit, "StatusText")
    procs.wait_for(lambda: [text for level, text in sd.journal() if level == 3
                            and text.startswith("cgi-fpm: ")], 5, "an error")
    assert sd.show(unit, "StatusErrno") == "22"


def test_a_stopped_master_is_restarted_by_the_watchdog(sd, service):
    unit = service(one_pool(), "WatchdogSec=2\nRestart=on-failure\n"
                   "RestartSec=10ms\nTimeoutAbortSec=1\n"
                   "LimitCORE=0\n")
    sd.start(unit)
    first = sd.pid(unit)
    time.sleep(2.2)
    assert sd.pid(unit) == first, "it is fed"
    os.kill(first, signal.SIGSTOP)
    procs.wait_for(lambda: sd.pid(unit) not in (0, first)
                   and sd.state(unit) == "active", 10, "restarted")
    assert sd.show(unit, "NRestarts") == "1"
    ask(sd, "/run/cgi-fpm/www.sock")


def test_a_stop_takes_the_time_that_requests_need(sd, service, run_files):
    unit = service('process_control_timeout = 20s\n' + one_pool(
        program="sleep"), "TimeoutStopSec=1\n")
    sd.start(unit)
    with fcgi.Conn(sd.path("/run/cgi-fpm/www.sock")) as c:
        c.send_request({"QUERY_STRING": "2.5", "REQUEST_METHOD": "GET"})
        procs.wait_for(lambda: any(
            p.name.startswith("sleep") or "python" in p.name
            for p in procs.descendants(sd.pid(unit))), 5, "it runs")
        sd.ctl("stop", unit)
        assert c.collect(1)[1].complete
    assert sd.show(unit, "Result") == "success"


# --- the journal ---

def test_lines_reach_the_journal_with_their_levels(sd, service):
    unit = service(one_pool("logged"))
    sd.start(unit)
    os.kill(procs.children(sd.pid(unit))[0].pid, signal.SIGKILL)

    def levels(*parts):
        return [level for level, text in sd.journal()
                if all(p in text for p in parts)]

    procs.wait_for(lambda: levels("pool logged", "signal 9") == [4], 5,
                   "a warning in the journal")
    assert set(levels("ready to handle")) == {5}
    # It has its own column for times.
    said = [text for _, text in sd.journal() if "pool logged: worker" in text]
    assert said and said[0].startswith("WARNING: pool logged"), said


# --- sockets ---

def test_two_named_sockets_go_to_two_pools(sd, service):
    unit = service(POOL % ("one", "env", 1, "env { WHO = first }")
                   + POOL % ("two", "env", 1, "env { WHO = second }"),
                   "Sockets=x1.socket x2.socket\n")
    for i, name in ((1, "two"), (2, "one")):
        sd.write("x%d.socket" % i, "[Socket]\nListenStream=/run/x%d.sock\n"
                 "FileDescriptorName=%s\nService=%s\n" % (i, name, unit))
    sd.reload()
    sd.start("x1.socket", "x2.socket")
    assert sd.state(unit) == "inactive"
    assert b"WHO=second" in ask(sd, "/run/x1.sock").body
    assert b"WHO=first" in ask(sd, "/run/x2.sock").body
    sd.wait_state(unit, "active")


def test_a_socket_without_a_name_goes_to_the_only_pool(sd, service):
    service(POOL % ("www", "hello", 1, ""))
    sd.write("cgi-fpm.socket", "[Socket]\nListenStream=/run/any.sock\n")
    sd.reload()
    sd.start("cgi-fpm.socket")
    ask(sd, "/run/any.sock")


def test_connections_wait_while_a_service_with_a_socket_restarts(
        sd, service):
    unit = service(POOL % ("www", "hello", 2, ""))
    sd.write("cgi-fpm.socket", "[Socket]\nListenStream=/run/any.sock\n")
    sd.reload()
    sd.start("cgi-fpm.socket", unit)
    with systemd.Load(sd.path("/run/any.sock")) as load:
        for _ in range(3):
            sd.ctl("restart", unit)
        load.wait_more(20)
    assert load.lost == []
    assert os.path.exists(sd.path("/run/any.sock"))


# --- the store of descriptors ---

STORE = "FileDescriptorStoreMax=16\n"


def stored(sd, unit):
    return int(sd.show(unit, "NFileDescriptorStore"))


def kept_by(sd):
    """Connections that are parked after a request."""
    said = sd.run("/usr/local/sbin/cgi-fpmctl", "--json", "status")
    return json.loads(said)["pools"][0]["connections"]["kept"]


def test_no_request_is_lost_while_it_restarts(sd, service):
    unit = service(one_pool(workers=2), STORE)
    sd.start(unit)
    procs.wait_for(lambda: stored(sd, unit) == 1, 5, "it is stored")
    with systemd.Load(sd.path("/run/cgi-fpm/www.sock")) as load:
        for _ in range(5):
            before = sd.pid(unit)
            sd.ctl("restart", unit)
            assert sd.pid(unit) != before
            load.wait_more(5)
    assert load.lost == []
    procs.wait_for(lambda: stored(sd, unit) == 1, 5, "only the listener")
    sd.ctl("stop", unit)
    assert not os.path.exists(sd.path("/run/cgi-fpm/www.sock"))


def test_open_connections_live_through_a_restart(sd, service):
    unit = service(one_pool(workers=2), STORE)
    sd.start(unit)
    request = {"REQUEST_METHOD": "GET"}
    with fcgi.Conn(sd.path("/run/cgi-fpm/www.sock")) as kept, \
            fcgi.Conn(sd.path("/run/cgi-fpm/www.sock")) as silent:
        kept.send_request(request, keep=True)
        assert kept.collect(1)[1].complete
        time.sleep(0.2)  # the silent one is parked by now, too
        for n in (2, 3):
            procs.wait_for(lambda: kept_by(sd) == 1, 5, "it is parked")
            sd.ctl("restart", unit)
            kept.send_request(request, id=n, keep=True)
            assert kept.collect(n)[n].complete
        silent.send_request(request)
        assert silent.collect(1)[1].complete
    procs.wait_for(lambda: stored(sd, unit) == 1, 5, "only the listener")


def test_connections_wait_while_a_killed_one_is_replaced(sd, service):
    unit = service(one_pool(), STORE + "Restart=on-failure\nRestartSec=1\n")
    sd.start(unit)
    procs.wait_for(lambda: stored(sd, unit) == 1, 5, "it is stored")
    pid = sd.pid(unit)
    began = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    procs.wait_for(lambda: not procs.alive(pid), 5, "it is dead")
    ask(sd, "/run/cgi-fpm/www.sock")
    assert time.monotonic() - began > 0.8, "it waited"
    assert sd.show(unit, "NRestarts") == "1"


def test_a_stored_socket_has_what_the_settings_say_now(sd, service):
    unit = service(one_pool(), STORE)
    sd.start(unit)
    path = sd.path("/run/cgi-fpm/www.sock")
    was = os.stat(path)
    sd.configure(one_pool().replace("pm =", "listen.mode = 0600\n    pm ="))
    sd.ctl("restart", unit)
    now = os.stat(path)
    assert (was.st_ino, was.st_mode & 0o777) == (now.st_ino, 0o660)
    assert now.st_mode & 0o777 == 0o600
    ask(sd, "/run/cgi-fpm/www.sock")


@pytest.mark.parametrize("how", ["reload", "restart a pool", "start"])
def test_a_socket_that_was_made_anew_is_the_one_that_is_stored(
        sd, service, how):
    """Somebody had removed its file; the other one nobody reaches."""
    unit = service(one_pool(), STORE)
    sd.start(unit)
    procs.wait_for(lambda: stored(sd, unit) == 1, 5, "it is stored")
    path = sd.path("/run/cgi-fpm/www.sock")
    os.unlink(path)
    if how == "reload":
        sd.ctl("reload", unit)
    elif how == "restart a pool":
        sd.run("/usr/local/sbin/cgi-fpmctl", "restart", "www")
    else:
        sd.ctl("restart", unit)
    procs.wait_for(lambda: os.path.exists(path), 5, "its file is back")
    for _ in range(2):
        sd.ctl("restart", unit)
        ask(sd, "/run/cgi-fpm/www.sock")
    procs.wait_for(lambda: stored(sd, unit) == 1, 5, "only the listener")


def test_what_no_pool_wants_any_more_leaves_the_store(sd, service):
    unit = service(one_pool("a") + one_pool("b") + one_pool("c"), STORE)
    sd.start(unit)
    procs.wait_for(lambda: stored(sd, unit) == 3, 5, "all are stored")
    # While it runs ...
    sd.configure(one_pool("a") + one_pool("b"))
    sd.ctl("reload", unit)
    procs.wait_for(lambda: stored(sd, unit) == 2, 5, "one left")
    procs.wait_for(lambda: not os.path.exists(
        sd.path("/run/cgi-fpm/c.sock")), 5, "and its file")
    # ... and while it restarts.
    sd.configure(one_pool("a"))
    sd.ctl("restart", unit)
    procs.wait_for(lambda: stored(sd, unit) == 1, 5, "one more left")
    ask(sd, "/run/cgi-fpm/a.sock")
    with pytest.raises(OSError):
        ask(sd, "/run/cgi-fpm/b.sock")


def test_a_reload_tells_when_it_is_over(sd, service):
    calm = "systemd_interval = 200ms\n"
    unit = service(calm + one_pool())
    sd.start(unit)
    pid = sd.pid(unit)
    sd.configure(calm + one_pool(workers=3))
    sd.ctl("reload", unit)
    procs.wait_for(lambda: "3 workers" in sd.show(unit, "StatusText"), 5,
                   "the new numbers")
    sd.wait_state(unit, "active")
    assert sd.pid(unit) == pid


def test_an_upgrade_in_place_is_the_same_service(sd, service):
    """Process, listeners, watchdog and store stay; nothing is lost then, and
    nothing at a restart that follows."""
    unit = service("systemd_interval = 200ms\n" + one_pool(workers=2),
                   STORE + "WatchdogSec=2\nRestart=on-failure\n")
    sd.start(unit)
    procs.wait_for(lambda: stored(sd, unit) == 1, 5, "it is stored")
    pid = sd.pid(unit)
    workers = {p.pid for p in procs.children(pid)}
    with systemd.Load(sd.path("/run/cgi-fpm/www.sock")) as load:
        sd.ctl("kill", "--kill-who=main", "--signal=USR2", unit)
        procs.wait_for(lambda: len(procs.children(pid)) == 2 and not workers &
                       {p.pid for p in procs.children(pid)}, 15, "upgraded")
        load.wait_more(10)
        time.sleep(2.5)  # the watchdog would have bitten
        assert (sd.pid(unit), sd.show(unit, "NRestarts")) == (pid, "0")
        assert sd.state(unit) == "active"
        procs.wait_for(lambda: stored(sd, unit) == 1, 5, "only the listener")
        assert "2 workers" in sd.show(unit, "StatusText")
        sd.ctl("restart", unit)
        load.wait_more(10)
    assert load.lost == []


# --- exit when idle ---

def test_it_leaves_when_idle_and_comes_back_when_needed(sd, service):
    unit = service("idle_exit = 300ms\n" + POOL % ("www", "hello", 1, ""))
    sd.write("cgi-fpm.socket", "[Socket]\nListenStream=/run/any.sock\n")
    sd.reload()
    sd.start("cgi-fpm.socket")
    for _ in range(2):
        ask(sd, "/run/any.sock")
        with fcgi.Conn(sd.path("/run/any.sock")) as c:
            c.send_request({"REQUEST_METHOD": "GET"}, keep=True)
            assert c.collect(1)[1].complete
            pid = procs.wait_for(lambda: sd.pid(unit), 5, "it runs")
            time.sleep(0.8)
            assert sd.pid(unit) == pid, "a connection is open"
        sd.wait_state(unit, "inactive", 5)
        assert sd.show(unit, "Result") == "success"
        assert sd.show(unit, "ExecMainStatus") == "0"
        assert sd.state("cgi-fpm.socket") == "active"


@pytest.mark.seconds(150)
def test_no_request_is_lost_to_leaving(sd, service):
    """Requests come about when it wants to leave, again and again."""
    unit = service("idle_exit = 50ms\n" + POOL % ("www", "hello", 2, ""))
    sd.write("cgi-fpm.socket", "[Unit]\nStartLimitIntervalSec=0\n[Socket]\n"
             "ListenStream=/run/any.sock\nTriggerLimitIntervalSec=0\n")
    sd.write("cgi-fpm.service.d/limit.conf",
             "[Unit]\nStartLimitIntervalSec=0\n")
    sd.reload()
    sd.start("cgi-fpm.socket")
    pids = set()
    for i in range(40):
        ask(sd, "/run/any.sock")
        pids.add(sd.pid(unit))
        time.sleep(0.05 + i % 10 * 0.004)
    assert len(pids) > 3, "it left now and then"
