"""Rows R07 to R16: stops, storms of signals, files and descriptors that are
not what they should be."""

import itertools
import os
import random
import signal
import socket
import time

import pytest

import fcgi
import load
import procs
from configured import ask, pool_text


# --- R07: stops ---

@pytest.mark.parametrize("busy,stuck,least,most", [
    (False, False, 0, 0.6), (True, False, 0.9, 2.0), (True, True, 0.9, 2.5),
    (False, True, 0.9, 2.5)])
def test_R07_a_stop_ends_in_time(conf, run_files, busy, stuck, least, most):
    pool = conf.run("process_control_timeout = 1s\n" + pool_text(
        "a", "pm = static", "pm.max_children = 2"))
    workers = pool.workers()
    with fcgi.Conn(conf.sock()) as c:
        if busy:
            c.send_request({"QUERY_STRING": "60", "SCRIPT_FILENAME":
                            run_files.program("ignoreterm.cgi")})
            procs.wait_for(lambda: pool.programs(), 5, "the program")
        for pid in workers if stuck else ():
            os.kill(pid, signal.SIGSTOP)
        began = time.monotonic()
        assert pool.stop() == 0
        assert least <= time.monotonic() - began
        assert procs.within(most + 1, began)
    assert not os.path.exists(conf.sock())
    procs.wait_for(lambda: not any(map(procs.alive, workers)), 1)


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_R07_said_twice_it_is_at_once(conf, run_files, second):
    pool = conf.run(pool_text("a", "pm = static", "pm.max_children = 2"))
    with fcgi.Conn(conf.sock()) as c:
        c.send_request({"QUERY_STRING": "60", "SCRIPT_FILENAME":
                        run_files.program("sleep.cgi")})
        procs.wait_for(lambda: pool.programs(), 5, "the program")
        pool.send(signal.SIGTERM)
        # Two of a kind that are not looked at in between are one.
        procs.wait_for(lambda: conf.count("NOTICE: stopping") == 1, 5,
                       "it heard the first")
        began = time.monotonic()
        assert pool.stop(second) == 0
        assert procs.within(2, began)


# --- R08: storms ---

def test_R08_a_storm_of_signals_costs_nothing(conf, run_files):
    pool = conf.run(pool_text("a", "pm = static", "pm.max_children = 3"))
    clients = load.Load(run_files.program("wait.cgi"), [conf.sock()],
                        clients=2).start()
    kinds = (signal.SIGHUP, signal.SIGUSR1, signal.SIGCHLD, signal.SIGPIPE,
             signal.SIGCONT, signal.SIGTTIN, signal.SIGTTOU, signal.SIGHUP)
    end = time.monotonic() + 2
    sent = 0
    while time.monotonic() < end:
        for _ in range(20):
            pool.send(random.choice(kinds))
            sent += 1
        pool.send(signal.SIGTSTP)
        pool.send(signal.SIGCONT)
        time.sleep(0.001)
    pool.send(signal.SIGUSR2)
    procs.wait_for(lambda: conf.count("took over:") == 1, 20, "the upgrade")
    conf.reload()
    clients.stop()
    assert sent > 1000
    assert clients.lost == []
    assert ask(conf.sock(), run_files).status == 200


# --- R11: signals while processes are born ---

def test_R11_a_signal_at_a_birth_is_the_childs_own(root_pool, run_files):
    """A child that ran its parent's handlers or code would remove the socket
    or write to the master's pipes."""
    pool = root_pool(workers=2)
    pool.keeps_workers = False
    clients = load.Load(run_files.program("wait.cgi"), [pool.address],
                        clients=2, keeps=(False,)).start()
    end = time.monotonic() + 2
    while time.monotonic() < end:
        for p in procs.descendants(pool.pid):
            try:
                os.kill(p.pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
        time.sleep(0.001)
    clients.stop()
    assert os.path.exists(pool.address)
    assert procs.alive(pool.pid)
    procs.wait_for(lambda: len(pool.workers()) == 2, 5, "two workers")
    assert ask(pool.address, run_files).status == 200


# --- R12: log files ---

def test_R12_logs_are_rotated_under_load(conf, run_files):
    pool = conf.run('error_log = "@DIR@/log"\n' + pool_text(
        "a", 'access.log = "@DIR@/access"', "pm = static",
        "pm.max_children = 2"))
    clients = load.Load(run_files.program("wait.cgi"), [conf.sock()],
                        clients=1).start()
    for i in range(50):
        for name in ("log", "access"):
            os.rename(conf.dir + "/" + name, "%s/%s.%d" % (
                conf.dir, name, i))
        pool.send(signal.SIGUSR1)
        procs.wait_for(lambda: all(os.path.exists(conf.dir + "/" + n)
                                   for n in ("log", "access")), 5,
                       "new files")
    clients.stop()
    assert clients.lost == []
    lines = []

    def all_there():
        lines[:] = []
        for name in os.listdir(conf.dir):
            if name.startswith("access"):
                with open(conf.dir + "/" + name) as f:
                    lines.extend(f.read().splitlines(True))
        return len(lines) == clients.answered

    procs.wait_for(all_there, 5, "a line for each answer")
    assert all(line.endswith("\n") for line in lines)
    assert all("/wait" in line for line in lines)


def test_R12_a_full_disk_is_no_matter_to_requests(conf, run_files):
    pool = conf.run('error_log = "/dev/full"\n' + pool_text(
        "a", 'access.log = "/dev/full"'))
    for _ in range(20):
        assert ask(conf.sock(), run_files).status == 200
    procs.kill(pool.workers()[0])
    pool.send(signal.SIGUSR1)
    assert ask(conf.sock(), run_files).status == 200


# --- R13: the pid file ---

def test_R13_a_pid_file_is_written_not_followed_nor_believed(conf):
    victim = conf.dir + "/victim"
    with open(victim, "w") as f:
        f.write("precious")
    os.symlink(victim, conf.dir + "/pid")
    pool = conf.run('pid = "@DIR@/pid"\n' + pool_text())
    assert open(victim).read() == "precious"
    assert not os.path.islink(conf.dir + "/pid")
    assert open(conf.dir + "/pid").read() == "%d\n" % pool.pid
    # Somebody else's by the time it stops: it stays.
    with open(conf.dir + "/other", "w") as f:
        f.write("%d\n" % os.getpid())
    os.rename(conf.dir + "/other", conf.dir + "/pid")
    assert pool.stop() == 0
    assert open(conf.dir + "/pid").read() == "%d\n" % os.getpid()


def test_R13_a_stale_pid_file_is_replaced(conf):
    with open(conf.dir + "/pid", "w") as f:
        f.write("%d\n" % os.getpid())
    pool = conf.run('pid = "@DIR@/pid"\n' + pool_text())
    assert open(conf.dir + "/pid").read() == "%d\n" % pool.pid
    assert pool.stop() == 0
    assert not os.path.exists(conf.dir + "/pid")


# --- R14: closed descriptors ---

@pytest.mark.parametrize("closed", [
    c for n in range(4) for c in itertools.combinations((0, 1, 2), n)])
def test_R14_descriptors_0_to_2_may_be_closed(start, run_files, build_tree,
                                              tmp_path, closed):
    """No listener, connection or log lands there, in the master, its workers
    and programs, and after an upgrade."""
    script = str(tmp_path / "start")
    with open(script, "w") as f:
        f.write("#!/bin/sh\nexec %s \"$@\" %s\n" % (
            build_tree.program("cgi-fpm"),
            " ".join("%d%s&-" % (fd, "<" if fd == 0 else ">")
                     for fd in closed)))
    os.chmod(script, 0o755)
    pool = start("-F", "1", "--root", run_files.root, "-o",
                 "error_log=%s/log" % tmp_path, program=script)
    pool.wait_ready(1)
    pool.keeps_workers = False
    for _ in range(2):
        for pid in [pool.pid] + pool.workers():
            fds = procs.fds(pid)
            for fd in closed:
                assert fds[fd] == "/dev/null"
        assert ask(pool.address, run_files, "stderr.cgi").status == 200
        old = pool.workers()
        pool.send(signal.SIGUSR2)
        procs.wait_for(lambda: not set(old) & set(pool.workers())
                       and pool.workers(), 5, "the upgrade")


def test_R14_a_terminal_that_goes_away_reloads_and_no_more(conf, run_files):
    pool = conf.run(pool_text())
    pool.send(signal.SIGHUP)
    procs.wait_for(lambda: conf.count("reloaded:") == 1)
    assert ask(conf.sock(), run_files).status == 200


# --- R16: listeners that are none ---

def hand_over(fds, env, conf):
    def move():
        for i, fd in enumerate(fds):
            os.dup2(fd, 100 + i)
        for i in range(len(fds)):
            os.dup2(100 + i, 3 + i)
            os.close(100 + i)
    script = os.path.join(conf.dir, "start")
    with open(script, "w") as f:
        f.write("#!/bin/sh\n%s exec %s \"$@\"\n" % (
            "export LISTEN_PID=$$;" if "LISTEN_PID" not in env else "",
            conf.program))
    os.chmod(script, 0o755)
    return script, move


@pytest.mark.parametrize("kind,says", [
    ("file", "not a socket"), ("datagram", "stream"),
    ("connected", "is not listening")])
def test_R16_what_does_not_listen_is_refused(conf, build_tree, kind, says):
    conf.program = build_tree.program("cgi-fpm")
    a, b = socket.socketpair(
        socket.AF_UNIX,
        socket.SOCK_DGRAM if kind == "datagram" else socket.SOCK_STREAM)
    with a, b, open("/dev/null") as null:
        fd = null.fileno() if kind == "file" else a.fileno()
        env = {"LISTEN_FDS": "1"}
        script, move = hand_over([fd], env, conf)
        pool = conf.start("--", "/bin/true", program=script, listen=None,
                          env=env, preexec_fn=move, close_fds=False)
        pool.expect_exit = 78
        procs.wait_for(lambda: pool.process.poll() is not None, 5, "its end")
        assert pool.process.returncode == 78
        assert says in pool.log()


@pytest.mark.parametrize("env", [
    {"LISTEN_PID": "1", "LISTEN_FDS": "1"}, {"LISTEN_FDS": "0"}])
def test_R16_what_is_meant_for_others_is_left_alone(conf, run_files, env,
                                                    build_tree):
    conf.program = build_tree.program("cgi-fpm")
    with open("/dev/null") as null:
        script, move = hand_over([null.fileno()], env, conf)
        pool = conf.start("-F", "1", "--root", run_files.root,
                          program=script, env=env, preexec_fn=move,
                          close_fds=False)
        pool.wait_ready(1)
        environ = ask(pool.address, run_files, "env.cgi").body
        assert b"LISTEN_" not in environ


def test_R16_two_listeners_of_which_one_is_a_pools_own(conf, run_files,
                                                      build_tree):
    conf.program = build_tree.program("cgi-fpm")
    with socket.socket(socket.AF_UNIX) as a, \
            socket.socket(socket.AF_UNIX) as b:
        for s, name in ((a, "a"), (b, "x")):
            s.bind(conf.sock(name))
            s.listen(16)
        env = {"LISTEN_FDS": "2"}
        script, move = hand_over([a.fileno(), b.fileno()], env, conf)
        pool = conf.start("-s", conf.sock("a"), "-F", "1", "--root",
                          run_files.root, program=script,
                          listen=conf.sock("a"), env=env, preexec_fn=move,
                          close_fds=False)
        pool.wait_ready(1)
        for name in "ax":
            assert ask(conf.sock(name), run_files).status == 200
