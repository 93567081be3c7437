"""Rows R01 to R05: other settings, and nothing is lost."""

import os
import re
import resource
import signal
import stat
import time

import pytest

import fcgi
import load
import pool as pools
import procs
from asker import held
from configured import ask, narrow, pool_text, TOO_LARGE

ROOT_ONLY = pytest.mark.skipif(os.getuid() != 0, reason="needs root")


# --- R01: under load ---

@pytest.mark.plain_only
def test_R01_reloads_under_load_lose_nothing(conf, run_files):
    port = pools.free_port()
    kinds = ("dynamic", "static", "ondemand")

    def text(i):
        return pool_text("a", 'listen = {"@DIR@/a.sock", "127.0.0.1:%d"}'
                         % port, "pm = %s" % kinds[i % 3],
                         "pm.max_children = %d" % (4 + i % 5))

    pool = conf.run(text(0))
    clients = load.Load(run_files.program("wait.cgi"),
                        [conf.sock(), ("127.0.0.1", port)],
                        waits=(0, 0, 0.001, 0.05, 0.5)).start()
    for i in range(60):
        conf.reload(text(i + 1))
    time.sleep(0.5)
    clients.stop()
    assert clients.lost == []
    assert clients.answered > 20
    assert len(set(re.findall("generation [0-9]+", pool.log()))) == 60


def test_R01_a_kept_connection_goes_over(conf, run_files):
    conf.run(pool_text("a", "pm = static", "pm.max_children = 2"))
    params = {"SCRIPT_FILENAME": run_files.program("hello.cgi")}
    with fcgi.Conn(conf.sock()) as c:
        for _ in range(5):
            assert c.request(params).status == 200
            old = conf.pool.workers()
            conf.reload()
            conf.pool.wait_gone(old)
        assert c.request(params).status == 200


def test_R01_a_silent_connection_goes_over(conf, run_files):
    conf.run(pool_text("a", "pm = static", "pm.max_children = 1",
                       "request_head_timeout = 60s"))
    with fcgi.Conn(conf.sock()) as c:
        time.sleep(0.1)
        old = conf.pool.workers()
        conf.reload()
        conf.pool.wait_gone(old)
        assert c.request({"SCRIPT_FILENAME":
                          run_files.program("hello.cgi")}).status == 200


# --- R02: many signals ---

def test_R02_signals_close_together_are_coalesced(conf, run_files):
    pool = conf.run(pool_text())
    for gap in range(26):
        pool.send(signal.SIGHUP)
        pool.send(signal.SIGHUP)
        time.sleep(gap / 1000)
    procs.wait_for(
        lambda: 0 < conf.count("NOTICE: reloading") == conf.count("reloaded:"),
        5, "each reload ended")
    assert conf.count("reloaded:") <= 52
    assert ask(conf.sock(), run_files).status == 200


# --- R03: a broken configuration ---

BROKEN = (
    ("", "no pool"),
    ("pool \"a\" { \n", "a"),
    (pool_text("a", "nonsense = 1"), "nonsense"),
    (pool_text("a", "pm = sometimes"), "pm"),
    (pool_text("a", "pm.max_children = -1"), "pm.max_children"),
    (pool_text("a", "user = nobody-has-this-name"), "nobody-has-this-name"),
    (pool_text("a", "command = {\"/does/not/exist\"}"), "command"),
    (pool_text() + pool_text("b", 'listen = "/nowhere/at/all/b.sock"'),
     "/nowhere/at/all/b.sock"),
    (pool_text("a", 'access.log = "/nowhere/at/all/log"'), "access.log"),
    ("error_log = \"/nowhere/at/all/log\"\n" + pool_text(), "error_log"),
    ("pid = \"/nowhere/at/all/pid\"\n" + pool_text(), "pid"),
)


def test_R03_a_broken_configuration_changes_nothing(conf, run_files):
    pool = conf.run(pool_text("a", "pm = static", "pm.max_children = 2"))
    workers, fds = pool.workers(), len(procs.fds(pool.pid))
    for text, names in BROKEN:
        line = conf.refuse(text)
        assert names in line, line
        assert ask(conf.sock(), run_files).status == 200
    procs.wait_for(lambda: pool.workers() == workers, 5, "the same workers")
    procs.wait_for(lambda: len(procs.fds(pool.pid)) == fds, 5, "their fds")
    assert not os.path.exists(conf.sock("b"))
    conf.reload(pool_text())


def test_R03_a_file_that_vanished_changes_nothing(conf, run_files):
    conf.run(pool_text())
    os.unlink(conf.path)
    assert conf.path in conf.refuse()
    assert ask(conf.sock(), run_files).status == 200


def endless(conf, text):
    """Settings that cannot be read to their end."""
    os.mkfifo(conf.dir + "/more.conf")
    conf.write('include("@DIR@/more.conf")\n' + text)


def readers(pool):
    return [p for p in procs.children(pool.pid) if p.name == "cgi-fpm-reader"]


def test_R03_the_master_supervises_while_settings_are_read(conf, run_files):
    pool = conf.run(pool_text("a", "pm = static", "pm.max_children = 2"))
    workers = pool.workers()
    endless(conf, pool_text("a", "pm = static", "pm.max_children = 2"))
    kept = fcgi.Conn(conf.sock())
    params = {"SCRIPT_FILENAME": run_files.program("hello.cgi")}
    assert kept.request(params, keep=True).status == 200
    procs.wait_for(lambda: pool.status()["workers"]["idle"] == 2, 5,
                   "the master has the connection")
    pool.send(signal.SIGHUP)
    procs.wait_for(lambda: readers(pool), 5, "the reader")
    assert kept.request(params, keep=False).status == 200
    assert kept.read(5) is None, "nobody else has it"
    kept.close()
    os.kill(workers[0], signal.SIGKILL)
    procs.wait_for(lambda: len(pool.workers()) == 2
                   and workers[0] not in pool.workers(), 2, "another worker")
    assert pool.status()["workers"]["total"] == 2
    assert "a reload is under way" in pool.ctl(
        "set", "a", "pm.max_children=3", expect=75)
    assert readers(pool), "it was still read"
    began = time.monotonic()
    assert pool.stop() == 0
    assert procs.within(5, began)


@pytest.mark.plain_only
def test_R03_nobody_reads_on_for_a_killed_master(conf):
    pool = conf.run(pool_text())
    endless(conf, pool_text())
    pool.send(signal.SIGHUP)
    (reader,) = procs.wait_for(lambda: readers(pool), 5, "the reader")
    pool.expect_exit = -signal.SIGKILL
    assert pool.stop(signal.SIGKILL) == -signal.SIGKILL
    procs.wait_for(lambda: not procs.alive(reader.pid), 5, "it goes as well")


@pytest.mark.plain_only
def test_R03_a_file_without_an_end_changes_nothing(conf, run_files):
    text = pool_text("a", "pm = static", "pm.max_children = 2")
    pool = conf.run(text)
    os.mkfifo(conf.dir + "/more.conf")
    why = conf.refuse('include("@DIR@/more.conf")\n' + text, 15)
    assert "could not be read within 10 seconds" in why
    assert ask(conf.sock(), run_files).status == 200
    conf.reload(text)
    procs.wait_for(lambda: not pool.zombies(), 5, "no zombies")


@pytest.mark.plain_only
def test_R03_workers_that_cannot_start_leave_the_old_ones(conf, run_files):
    """All of it can be read and opened, but no worker has room for so many
    parameters."""
    pool = conf.run(pool_text("a", "pm = static", "pm.max_children = 2")
                    + pool_text("b"), preexec_fn=narrow)
    workers, fds = pool.workers(), len(procs.fds(pool.pid))
    with fcgi.Conn(conf.sock()) as kept:
        params = {"SCRIPT_FILENAME": run_files.program("hello.cgi")}
        assert kept.request(params).status == 200
        line = conf.refuse(
            pool_text("a", "pm = static", "pm.max_children = 2",
                      *TOO_LARGE) + pool_text("c"))
        assert "pool 'a': its workers cannot start" in line, line
        assert kept.request(params).status == 200
    procs.wait_for(lambda: pool.workers() == workers, 5, "the old workers")
    procs.wait_for(lambda: len(procs.fds(pool.pid)) == fds, 5, "their fds")
    assert ask(conf.sock("b"), run_files).status == 200
    assert not os.path.exists(conf.sock("c"))


# --- R04: what changes ---

def test_R03_workers_that_cannot_be_forked_are_a_reason(conf, run_files):
    """Each has a descriptor in the master."""
    pool = conf.run(
        pool_text("a", "pm = static", "pm.max_children = 2"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE,
                                              (60, 60)))
    workers = pool.workers()
    began = time.monotonic()
    why = conf.refuse(pool_text("a", "pm = static", "pm.max_children = 80"))
    assert "workers cannot start: Too many open files" in why
    assert procs.within(10, began)
    procs.wait_for(lambda: pool.workers() == workers, 5, "the old ones alone")
    assert ask(conf.sock(), run_files).status == 200
    conf.reload(pool_text("a", "pm = static", "pm.max_children = 3"))


def test_R04_pools_come_and_go(conf, run_files):
    pool = conf.run(pool_text("a") + pool_text("b"))
    old = pool.workers()
    conf.reload(pool_text("c") + pool_text("a"))
    procs.wait_for(lambda: "pool b: gone" in pool.log(), 5, "b is gone")
    assert not os.path.exists(conf.sock("b"))
    assert ask(conf.sock("a"), run_files).status == 200
    assert ask(conf.sock("c"), run_files).status == 200
    pool.wait_gone(old)
    conf.reload(pool_text("b") + pool_text("a") + pool_text("c"))
    for name in "abc":
        assert ask(conf.sock(name), run_files).status == 200


def inode(path):
    return os.stat(path).st_ino


def test_R04_addresses_come_go_and_change_places(conf, run_files):
    port = pools.free_port()
    first = 'listen = {"@DIR@/a.sock", "@DIR@/x.sock"}'
    conf.run(pool_text("a", first))
    a, x = inode(conf.sock("a")), inode(conf.sock("x"))
    conf.reload(pool_text(
        "a", 'listen = {"127.0.0.1:%d", "@DIR@/x.sock", "@DIR@/y.sock"}'
        % port))
    assert not os.path.exists(conf.sock("a"))
    assert inode(conf.sock("x")) == x
    for address in (conf.sock("x"), conf.sock("y"), ("127.0.0.1", port)):
        assert ask(address, run_files).status == 200
    conf.reload(pool_text("a", first))
    assert inode(conf.sock("x")) == x and inode(conf.sock("a")) != 0
    assert not os.path.exists(conf.sock("y"))
    assert ask(conf.sock("a"), run_files).status == 200
    assert a != 0


def test_R04_an_address_moves_to_another_pool(conf, run_files):
    """Connections that wait in its backlog are served by the new owner."""
    conf.run(pool_text("a") + pool_text("b"))
    before = inode(conf.sock("b"))
    conf.reload(pool_text("a", 'listen = "@DIR@/b.sock"')
                + pool_text("b", 'listen = "@DIR@/a.sock"'))
    assert inode(conf.sock("b")) == before
    for name in "ab":
        assert ask(conf.sock(name), run_files).status == 200
    conf.reload(pool_text("b", 'listen = {"@DIR@/a.sock", "@DIR@/b.sock"}'))
    procs.wait_for(lambda: "pool a: gone" in conf.pool.log(), 5, "a is gone")
    assert inode(conf.sock("b")) == before
    for name in "ab":
        assert ask(conf.sock(name), run_files).status == 200


@ROOT_ONLY
def test_R04_owner_group_and_mode_of_a_socket(conf, run_files):
    conf.run(pool_text())
    before = inode(conf.sock())
    conf.reload(pool_text("a", "listen.mode = 0600", "listen.owner = 65534",
                          "listen.group = 65534"))
    st = os.stat(conf.sock())
    assert stat.S_IMODE(st.st_mode) == 0o600
    assert (st.st_uid, st.st_gid, st.st_ino) == (65534, 65534, before)


@ROOT_ONLY
def test_R04_the_program_its_environment_and_its_user(conf, run_files):
    pool = conf.run(pool_text("a", 'env { WHO = "one" }'))
    old = pool.workers()

    def environ():
        return ask(conf.sock(), run_files, "env.cgi").body

    assert b"WHO=one" in environ()
    conf.reload(pool_text("a", 'env { WHO = "two" }', "user = nobody"))
    pool.wait_gone(old)
    assert b"WHO=two" in environ()
    for pid in pool.workers():
        assert os.stat("/proc/%d" % pid).st_uid == 65534


def test_R04_log_files_and_the_pid_file(conf, run_files):
    text = pool_text("a", "pm = static", "pm.max_children = 1")
    pool = conf.run('pid = "@DIR@/pid"\n' + text)
    assert open(conf.dir + "/pid").read() == "%d\n" % pool.pid
    conf.write('pid = "@DIR@/other"\nerror_log = "@DIR@/log"\n' + text
               + pool_text("b", 'access.log = "@DIR@/access"'))
    pool.send(signal.SIGHUP)
    procs.wait_for(lambda: os.path.exists(conf.dir + "/log")
                   and "reloaded:" in open(conf.dir + "/log").read(), 5,
                   "it says so where it logs from now on")
    assert open(conf.dir + "/other").read() == "%d\n" % pool.pid
    assert not os.path.exists(conf.dir + "/pid")
    assert ask(conf.sock("b"), run_files).status == 200
    procs.wait_for(lambda: os.path.getsize(conf.dir + "/access") > 0)


def test_R04_other_numbers_of_workers(conf, run_files):
    def static(n):
        return pool_text("a", "pm = static", "pm.max_children = %d" % n)

    pool = conf.run(static(2))
    for n in (40, 3, 100, 1):
        conf.reload(static(n))
        procs.wait_for(lambda: len(pool.workers()) == n, 5,
                       "%d workers" % n)
    assert ask(conf.sock(), run_files).status == 200


def test_R04_a_mode_is_refused_by_name(conf, run_files):
    pool = conf.run(pool_text())
    assert "mode" in conf.refuse(
        'pool "a" { listen = "@DIR@/a.sock"\nmode = fastcgi\n'
        'command = {"/bin/cat"} }\n')
    assert ask(conf.sock(), run_files).status == 200
    assert pool.log().count("nothing was changed") == 1


# --- R05: requests that take long ---

def test_R05_a_long_request_ends_and_others_do_not_wait(conf, run_files):
    pool = conf.run(pool_text("a", "pm = static", "pm.max_children = 1"))
    with held(conf.sock(), run_files):
        procs.wait_for(lambda: pool.programs(), 5, "the program")
        conf.reload()
        assert ask(conf.sock(), run_files).status == 200
    procs.wait_for(lambda: len(pool.workers()) == 1, 5, "one worker")


def test_R05_a_request_that_takes_too_long_is_ended(conf, run_files):
    pool = conf.run("process_control_timeout = 1s\n"
                    + pool_text("a", "pm = static", "pm.max_children = 1"))
    with fcgi.Conn(conf.sock()) as c:
        c.send_request({"SCRIPT_FILENAME": run_files.program("sleep.cgi"),
                        "QUERY_STRING": "60"})
        procs.wait_for(lambda: pool.programs(), 5, "the program")
        began = time.monotonic()
        conf.reload()
        answer = c.finish()
        assert 0.8 < time.monotonic() - began
        assert procs.within(3, began)
        assert answer.status in (503, 504)
    procs.wait_for(lambda: len(pool.workers()) == 1, 3, "one worker")
    procs.wait_for(lambda: not pool.zombies(), 2, "the old one is reaped")


def test_R05_stuck_workers_are_killed(conf, run_files):
    pool = conf.run("process_control_timeout = 1s\n"
                    + pool_text("a", "pm = static", "pm.max_children = 2"))
    stuck = pool.workers()
    for pid in stuck:
        os.kill(pid, signal.SIGSTOP)
    conf.reload()
    assert ask(conf.sock(), run_files).status == 200
    pool.wait_gone(stuck)
