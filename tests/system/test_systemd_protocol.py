"""The protocols of a service manager, with the tests in its place: what is
said to NOTIFY_SOCKET and when, which LISTEN_FDS are taken.  test_systemd.py
has the real one."""

import os
import re
import signal
import socket
import subprocess
import time

import pytest

import fcgi
import manager
import procs
from pool import free_port


@pytest.fixture
def notify(tmp_path):
    n = manager.NotifySocket(str(tmp_path / "notify"))
    yield n
    n.close()


def told(notify, **more):
    return dict(more, NOTIFY_SOCKET=notify.path)


def hello(address):
    answer = fcgi.request(address, {"REQUEST_METHOD": "GET",
                                    "SCRIPT_NAME": "/hello.cgi"})
    assert answer.status == 200, answer


# --- R15: NOTIFY_SOCKET ---

def test_R15_ready_is_said_once_the_workers_accept(
        start, run_files, notify):
    pool = start("-F", "2", "--root", run_files.root, env=told(notify))
    notify.wait_for("READY", "1")
    first = notify.about("READY")[0]
    # Whoever was told may connect and find its workers there.
    pool.connect().close()
    assert len(pool.workers()) == 2
    assert first == ("READY=1\nMAINPID=%d\n"
                     "STATUS=1 pool, 2 workers, 0 busy, 0 requests" % pool.pid)
    pool.wait_ready(2)
    assert notify.assignments("READY") == ["1"]


def test_R15_nothing_is_ready_when_a_pool_of_two_fails(
        start, run_files, notify, tmp_path):
    conf = tmp_path / "two.conf"
    conf.write_text("".join(
        'pool "%s" { listen = "%s" command = {"%s"} }\n' % (
            name, path, run_files.program("hello.cgi"))
        for name, path in (("good", tmp_path / "good"),
                           ("bad", "/nowhere/bad"))))
    pool = start("-y", str(conf), listen=None, env=told(notify))
    pool.expect_exit = 71
    assert pool.process.wait(10) == 71
    assert notify.assignments("READY") == []
    assert "'bad'" in notify.wait_for("STATUS")
    assert notify.wait_for("ERRNO") == "5"
    assert not (tmp_path / "good").exists()


def test_R15_what_is_wrong_with_the_settings_is_told(start, notify):
    pool = start("-o", "pm=dynamite", "/bin/cat", env=told(notify))
    pool.expect_exit = 78
    assert pool.process.wait(10) == 78
    assert "dynamite" in notify.wait_for("STATUS")
    assert notify.assignments("ERRNO") == ["22"]
    assert notify.assignments("READY") == []


def test_R15_the_status_line_follows_calmly(start, run_files, notify):
    pool = start("-F", "1", "-o", "systemd_interval=300ms", "--root",
                 run_files.root, env=told(notify)).wait_ready(1)
    began = time.monotonic()
    before = int(notify.wait_for("STATUS").split()[-2])
    for _ in range(50):
        hello(pool.address)
    text = "1 pool, 1 worker, 0 busy, %d requests" % (before + 50)
    notify.wait_for("STATUS", text)
    lines = len(notify.assignments("STATUS"))
    assert lines <= 2 + (time.monotonic() - began) / 0.3
    # Nothing happens, so nothing is said.
    time.sleep(0.7)
    assert len(notify.assignments("STATUS")) == lines


def test_R15_the_watchdog_is_fed_by_a_living_master_only(
        start, run_files, notify):
    pool = start("-F", "1", "--root", run_files.root,
                 env=told(notify, WATCHDOG_USEC="400000")).wait_ready(1)
    began = time.monotonic()
    fed = len(notify.assignments("WATCHDOG"))
    notify.wait_for("WATCHDOG", "1", count=fed + 5)
    assert procs.within(5 * 0.4, began), "fed too seldom"
    os.kill(pool.pid, signal.SIGSTOP)
    try:
        procs.wait_for(lambda: procs.state(pool.pid) == "T")
        fed = len(notify.assignments("WATCHDOG"))
        time.sleep(0.5)
        assert len(notify.assignments("WATCHDOG")) == fed
    finally:
        os.kill(pool.pid, signal.SIGCONT)
    notify.wait_for("WATCHDOG", "1", count=fed + 2)


def test_R15_a_watchdog_of_another_process_is_not_fed(
        start, run_files, notify):
    start("-F", "1", "--root", run_files.root,
          env=told(notify, WATCHDOG_USEC="100000",
                   WATCHDOG_PID="1")).wait_ready(1)
    notify.wait_for("READY")
    time.sleep(0.3)
    assert notify.assignments("WATCHDOG") == []


def test_R15_a_stop_is_announced_with_the_time_it_may_take(
        start, run_files, notify):
    pool = start("-F", "1", "-o", "process_control_timeout=3s", "--root",
                 run_files.root, env=told(notify)).wait_ready(1)
    assert notify.assignments("STOPPING") == []
    assert pool.stop() == 0
    assert notify.read()[-1] == (
        "STOPPING=1\nEXTEND_TIMEOUT_USEC=8000000\nSTATUS=stopping")


def test_R15_programs_see_nothing_of_the_service_manager(
        start, run_files, notify, env_of):
    pool = start("-F", "1", "-o", "clear_env=no", "--root", run_files.root,
                 env=told(notify, WATCHDOG_USEC="9000000")).wait_ready(1)
    answer = fcgi.request(pool.address, {"SCRIPT_NAME": "/env.cgi"})
    names = env_of(answer.body)
    assert not {"NOTIFY_SOCKET", "WATCHDOG_USEC"} & set(names)


def test_R15_a_manager_that_is_gone_harms_nobody(start, run_files, tmp_path):
    pool = start("-F", "1", "--root", run_files.root,
                 env={"NOTIFY_SOCKET": str(tmp_path / "gone"),
                      "WATCHDOG_USEC": "20000"}).wait_ready(1)
    hello(pool.address)
    time.sleep(0.3)
    hello(pool.address)
    assert pool.log().count("service manager") == 1


def test_R15_a_daemon_says_which_process_it_is(
        build_tree, run_files, notify, tmp_path):
    """READY comes before the process that was started ends."""
    done = subprocess.run(
        [build_tree.program("cgi-fpm"), "-s", str(tmp_path / "s"), "-P",
         str(tmp_path / "pid"), "-o", "error_log=%s" % (tmp_path / "log"),
         "-F", "1", run_files.program("hello.cgi")],
        env=build_tree.environ(told(notify)), cwd=str(tmp_path), timeout=15)
    pid = int((tmp_path / "pid").read_text())
    said = notify.about("READY")
    os.kill(pid, signal.SIGTERM)
    procs.wait_for(lambda: procs.state(pid) in (None, "Z"), 10)
    procs.reap(pid)
    assert done.returncode == 0
    assert said and "READY=1\nMAINPID=%d\n" % pid in said[0]


def test_R15_listeners_are_left_with_the_manager(start, run_files, notify):
    port = free_port()
    pool = start("-F", "1", "-o", "listen=127.0.0.1:%d" % port, "--root",
                 run_files.root, env=told(notify)).wait_ready(1)
    notify.wait_for("FDSTORE", "1", count=2)
    names = notify.assignments("FDNAME")
    assert "stored/" + pool.address in names
    assert "stored/127.0.0.1_%d" % port in names
    for fd in notify.fds:
        with socket.socket(fileno=os.dup(fd)) as s:
            assert s.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)


# --- R16: LISTEN_FDS ---

def refused(process, *parts):
    assert process.wait(10) == 78, process.said()
    assert len(process.said().splitlines()) == 1, process.said()
    for part in parts:
        assert part in process.said()


def environ_at(address, env_of):
    return env_of(fcgi.request(address, {"REQUEST_METHOD": "GET"}).body)


def two_pools(tmp_path, run_files, listen=""):
    conf = tmp_path / "two.conf"
    conf.write_text("".join(
        'pool "%s" { command = {"%s"} clear_env = no env { WHO = %s } '
        "pm = static pm.max_children = 1 %s }\n" % (
            name, run_files.program("env.cgi"), name, listen)
        for name in ("one", "two")))
    return str(conf)


def test_R16_listeners_go_to_the_pools_of_their_names(
        handed, listener, tmp_path, run_files, env_of):
    pair = [listener("b"), listener("a")]
    handed(pair, "-y", two_pools(tmp_path, run_files), names="two:one")
    assert environ_at(str(tmp_path / "a"), env_of)["WHO"] == "one"
    environ = environ_at(str(tmp_path / "b"), env_of)
    assert environ["WHO"] == "two"
    assert not [n for n in environ if n.startswith("LISTEN_")]


def test_R16_one_without_a_name_goes_to_the_only_pool(
        handed, listener, tmp_path, run_files):
    p = handed([listener("a")], run_files.program("hello.cgi"))
    hello(str(tmp_path / "a"))
    p.terminate()
    assert p.wait(15) == 0
    assert (tmp_path / "a").exists(), "it was not ours to remove"


def test_R16_one_without_a_name_goes_where_its_address_is(
        handed, listener, tmp_path, run_files, env_of):
    conf = tmp_path / "x.conf"
    conf.write_text("".join(
        'pool "%s" { listen = "%s" command = {"%s"} env { WHO = %s } }\n' % (
            name, tmp_path / name, run_files.program("env.cgi"), name)
        for name in ("one", "two")))
    handed([listener("two")], "-y", str(conf))
    assert environ_at(str(tmp_path / "two"), env_of)["WHO"] == "two"
    procs.wait_for(lambda: procs.listens(str(tmp_path / "one")))
    assert environ_at(str(tmp_path / "one"), env_of)["WHO"] == "one"


def test_R16_several_listeners_may_have_one_name(
        handed, listener, tmp_path, run_files):
    handed([listener("a"), listener("b")], "--name", "www",
           run_files.program("hello.cgi"), names="www:www")
    hello(str(tmp_path / "a"))
    hello(str(tmp_path / "b"))


def test_R16_what_nobody_wants_is_refused(
        handed, listener, tmp_path, run_files):
    p = handed([listener("a"), listener("b"), listener("c")], "-y",
               two_pools(tmp_path, run_files), names="one:two:three")
    refused(p, "LISTEN_FDS", "'three'", str(tmp_path / "c"))


@pytest.mark.parametrize("pid", [1, 999999])
def test_R16_what_is_meant_for_another_process_is_not_taken(
        handed, listener, tmp_path, run_files, pid):
    p = handed([listener("a")], run_files.program("hello.cgi"), pid=pid)
    refused(p, "no listener")


def test_R16_none_at_all_is_like_no_service_manager(handed, run_files):
    refused(handed([], run_files.program("hello.cgi")), "no listener")


@pytest.mark.parametrize("count", ["many", "-1", "5000", "1 ", ""])
def test_R16_a_number_that_is_none_is_refused(
        handed, listener, run_files, count):
    p = handed([listener("a")], run_files.program("hello.cgi"), count=count)
    refused(p, "LISTEN_FDS")


def test_R16_more_than_there_are_is_refused(handed, listener, run_files):
    p = handed([listener("a")], run_files.program("hello.cgi"), count=2)
    refused(p, "descriptor 4")


@pytest.mark.parametrize("pid", ["x", "0", "-5"])
def test_R16_a_pid_that_is_none_is_refused(handed, listener, run_files, pid):
    p = handed([listener("a")], run_files.program("hello.cgi"), pid=pid)
    refused(p, "LISTEN_PID")


@pytest.mark.parametrize("names", ["a:b", "a:b:c", ":"])
def test_R16_another_number_of_names_is_refused(
        handed, listener, run_files, names):
    p = handed([listener("a")], run_files.program("hello.cgi"), names=names)
    refused(p, "LISTEN_FDNAMES")


def strange_things():
    datagram = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    idle = socket.socket(socket.AF_INET)
    connected, other = socket.socketpair()
    pipe = os.pipe()
    return {"datagram": (datagram, [datagram]), "idle": (idle, [idle]),
            "connected": (connected, [connected, other]),
            "pipe": (pipe[0], [os.fdopen(pipe[0]), os.fdopen(pipe[1])])}


@pytest.mark.parametrize("kind", ["datagram", "idle", "connected", "pipe"])
def test_R16_what_cannot_be_accepted_from_is_refused(
        handed, run_files, kind):
    things = strange_things()
    try:
        p = handed([things[kind][0]], run_files.program("hello.cgi"))
        refused(p, "descriptor 3")
        assert re.search("not a|is not listening", p.said())
    finally:
        for _, all_of_it in things.values():
            for thing in all_of_it:
                thing.close()


# --- idle_exit ---

def test_idle_exit_is_refused_where_nobody_would_start_it_again(
        handed, listener, run_files, tmp_path):
    p = handed([listener("a")], "-o", "idle_exit=5m", "-s",
               str(tmp_path / "own"), run_files.program("hello.cgi"))
    refused(p, "idle_exit", str(tmp_path / "own"), "LISTEN_FDS")


@pytest.mark.parametrize("options", [(), ("-o", "mode=fastcgi")])
def test_idle_exit_can_be_tested_without_a_service_manager(
        build_tree, run_files, options):
    argv = [build_tree.program("cgi-fpm"), "-t", "-o", "idle_exit=5m", "-s",
            "/nowhere/sock", *options, run_files.program("hello.cgi")]
    assert subprocess.run(argv, env=build_tree.environ(),
                          stderr=subprocess.DEVNULL).returncode == 0


def test_a_service_that_nobody_needs_leaves_with_0(
        handed, listener, run_files, tmp_path):
    p = handed([listener("a")], "-o", "idle_exit=1500ms",
               run_files.program("hello.cgi"))
    for _ in range(3):
        asked = time.monotonic()
        hello(str(tmp_path / "a"))
        time.sleep(0.6)
        if p.poll() is not None:  # were we kept for longer than that?
            assert time.monotonic() - asked > 1.5
            break
    procs.wait_for(lambda: p.poll() is not None, 5, "it leaves")
    assert p.poll() == 0
    assert "idle for 1.500 seconds" in p.said()
