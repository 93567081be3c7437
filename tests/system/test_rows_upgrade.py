"""Row R06: another program in the place of the one that runs."""

import json
import os
import signal
import socket
import subprocess
import threading
import time

import pytest

import asker
import fcgi
import load
import pool as pools
import procs
from configured import ask, pool_text, STATIC, TOOK_OVER

@pytest.fixture
def conf(upgraded):
    return upgraded


def test_R06_the_same_process_goes_on(conf, run_files):
    pool = conf.run('pid = "@DIR@/pid"\n' + pool_text(
        "a", *STATIC, "request_head_timeout = 60s"))
    fds = len(procs.fds(pool.pid))
    socket_file = os.stat(conf.sock()).st_ino
    params = {"SCRIPT_FILENAME": run_files.program("hello.cgi")}
    with fcgi.Conn(conf.sock()) as kept, fcgi.Conn(conf.sock()) as silent:
        assert kept.request(params).status == 200
        for _ in range(3):
            old = pool.workers()
            conf.upgrade()
            pool.wait_gone(old)
            assert kept.request(params).status == 200
            assert ask(conf.sock(), run_files).status == 200
        assert silent.request(params).status == 200
    procs.wait_for(lambda: len(pool.workers()) == 2, 5, "two workers")
    assert os.stat(conf.sock()).st_ino == socket_file
    assert open(conf.dir + "/pid").read() == "%d\n" % pool.pid
    procs.wait_for(lambda: len(procs.fds(pool.pid)) == fds, 5,
                   "as many descriptors: %r" % procs.fds(pool.pid))
    procs.wait_for(lambda: not pool.zombies(), 5, "no zombies")
    assert pool.stop() == 0
    assert not os.path.exists(conf.sock())
    assert not os.path.exists(conf.dir + "/pid")


@pytest.mark.plain_only
def test_R06_upgrades_under_load_lose_nothing(conf, run_files):
    port = pools.free_port()
    conf.run(pool_text("a", 'listen = {"@DIR@/a.sock", "127.0.0.1:%d"}'
                       % port, "pm.max_children = 8"))
    clients = load.Load(run_files.program("wait.cgi"),
                        [conf.sock(), ("127.0.0.1", port)],
                        waits=(0, 0, 0.001, 0.05, 0.5)).start()
    for _ in range(15):
        conf.upgrade()
    time.sleep(0.5)
    clients.stop()
    assert clients.lost == []
    assert clients.answered > 20


def test_R06_hundreds_of_kept_connections_go_over(conf, run_files):
    pool = conf.run(pool_text("a", *STATIC))
    params = {"SCRIPT_FILENAME": run_files.program("hello.cgi")}
    kept = []
    for _ in range(200):
        kept.append(fcgi.Conn(conf.sock()))
        assert kept[-1].request(params).status == 200
    old = pool.workers()
    conf.upgrade()
    pool.wait_gone(old)
    for c in kept:
        assert c.request(params).status == 200
        c.close()


def counters(conf):
    out = subprocess.run(
        [os.path.join(os.path.dirname(conf.original), "cgi-fpmctl"), "-S",
         conf.pool.control, "--json", "status"], stdout=subprocess.PIPE,
        check=True)
    return json.loads(out.stdout)["pools"][0]["requests"]


def test_R06_counters_go_on(conf, run_files):
    conf.run(pool_text("a", *STATIC))
    for n in range(1, 4):
        assert ask(conf.sock(), run_files).status == 200
        before = counters(conf)
        assert before["accepted"] == before["completed"] == n
        conf.upgrade()
        procs.wait_for(lambda: os.path.exists(conf.pool.control))
        assert counters(conf) == before


def test_R06_requests_under_way_end_undisturbed(conf, run_files):
    pool = conf.run(pool_text("a", "pm = static", "pm.max_children = 1"))
    with fcgi.Conn(conf.sock()) as c:
        c.begin(keep=True)
        c.params(asker.params(run_files, "echo.cgi", body=b"held"))
        procs.wait_for(lambda: pool.programs(), 5, "the program")
        conf.upgrade()
        assert ask(conf.sock(), run_files).status == 200
        c.stdin(b"held")
        assert c.finish().body == b"held"
        # What its worker parks now, the new master takes.
        assert c.request({"SCRIPT_FILENAME":
                          run_files.program("hello.cgi")}).status == 200
    procs.wait_for(lambda: len(pool.workers()) == 1, 5, "one worker")


def test_R06_settings_may_have_changed_meanwhile(conf, run_files):
    pool = conf.run('pid = "@DIR@/pid"\n' + pool_text("a") + pool_text("b"))
    conf.write('pid = "@DIR@/pid2"\n' + pool_text("a", 'env { X = "new" }')
               + pool_text("c"))
    old = pool.workers()
    conf.upgrade()
    pool.wait_gone(old)
    assert b"X=new" in ask(conf.sock(), run_files, "env.cgi").body
    assert ask(conf.sock("c"), run_files).status == 200
    procs.wait_for(lambda: not os.path.exists(conf.sock("b")), 5, "b goes")
    assert not os.path.exists(conf.dir + "/pid")
    conf.reload()
    assert ask(conf.sock("c"), run_files).status == 200


def test_R06_workers_that_die_meanwhile_are_reaped(conf, run_files):
    pool = conf.run(pool_text("a", *STATIC))
    for _ in range(5):
        for pid in pool.workers():
            procs.kill(pid)
        conf.upgrade()
    procs.wait_for(lambda: len(pool.workers()) == 2, 5, "two workers")
    procs.wait_for(lambda: not pool.zombies(), 2, "no zombie")
    assert ask(conf.sock(), run_files).status == 200


def test_R06_signals_that_come_meanwhile_are_not_lost(conf, run_files):
    pool = conf.run(pool_text("a", *STATIC))
    for _ in range(10):
        pool.send(signal.SIGUSR2)
        for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGHUP,
                       signal.SIGTTIN, signal.SIGTTOU, signal.SIGUSR2):
            pool.send(number)
            time.sleep(0.004)
    procs.wait_for(lambda: conf.count(TOOK_OVER) > 0, 5, "an upgrade")
    conf.upgrade()
    conf.reload()
    assert ask(conf.sock(), run_files).status == 200


def test_R06_a_drained_master_stays_drained(conf, run_files):
    pool = conf.run(pool_text("a", *STATIC))
    pool.send(signal.SIGWINCH)
    procs.wait_for(lambda: not pool.workers(), 5, "drained")
    conf.upgrade()
    time.sleep(0.2)
    assert not pool.workers()
    with fcgi.Conn(conf.sock()) as c:
        c.send_request({"SCRIPT_FILENAME": run_files.program("hello.cgi")})
        conf.reload()
        assert c.finish().status == 200


def test_R06_a_stop_wins(conf):
    pool = conf.run(pool_text("a", *STATIC))
    conf.script("exec sleep 60\n")
    pool.send(signal.SIGUSR2)
    time.sleep(0.1)
    assert pool.stop() == 0
    assert not os.path.exists(conf.sock())


def test_R06_a_daemon_stays_one(conf, run_files):
    text = ('pid = "@DIR@/pid"\nerror_log = "@DIR@/log"\n'
            + pool_text("a", *STATIC))
    conf.write(text)
    pool = conf.start("-y", "../%s/cgi-fpm.conf" % os.path.basename(conf.dir),
                      listen=conf.sock(), program=conf.program,
                      foreground=False)
    assert pool.process.wait(5) == 0
    pid = int(open(conf.dir + "/pid").read())
    try:
        for n in range(2):
            os.kill(pid, signal.SIGUSR2)
            procs.wait_for(lambda: open(conf.dir + "/log").read().count(
                TOOK_OVER) == n + 1, 5, "the upgrade")
            assert ask(conf.sock(), run_files).status == 200
        assert os.readlink("/proc/%d/cwd" % pid) == "/"
        assert all(where == "/dev/null" for fd, where
                   in procs.fds(pid).items() if fd < 3)
    finally:
        os.kill(pid, signal.SIGTERM)
        procs.wait_for(lambda: not procs.alive(pid), 5, "the end")


def service(conf, fds):
    """As service managers start it: FDS from 3 on, for its own pid."""
    def move():
        for i, fd in enumerate(fds):
            os.dup2(fd, 100 + i)
        for i in range(len(fds)):
            os.dup2(100 + i, 3 + i)
            os.close(100 + i)

    script = os.path.join(conf.dir, "start")
    with open(script, "w") as f:
        f.write("#!/bin/sh\nexport LISTEN_PID=$$\nexec %s \"$@\"\n"
                % conf.program)
    os.chmod(script, 0o755)
    return script, move


def test_R06_listeners_of_the_service_manager_stay(conf, run_files):
    with socket.socket(socket.AF_UNIX) as a, \
            socket.socket(socket.AF_UNIX) as b:
        for s, name in ((a, "a"), (b, "b")):
            s.bind(conf.sock(name))
            s.listen(16)
            os.chmod(conf.sock(name), 0o666)
        conf.write("".join(
            'pool "%s" {\ncgi.root = "@ROOT@"\n}\n' % n for n in "ab"))
        script, move = service(conf, (a.fileno(), b.fileno()))
        pool = conf.pool = conf.start(
            "-y", conf.path, program=script, listen=conf.sock(),
            env={"LISTEN_FDS": "2", "LISTEN_FDNAMES": "a:b"},
            preexec_fn=move, close_fds=False)
        pool.wait_ready()
        pool.keeps_workers = False
        for _ in range(3):
            conf.upgrade()
            for name in "ab":
                assert ask(conf.sock(name), run_files).status == 200
        conf.reload()
        assert ask(conf.sock("b"), run_files).status == 200


def test_R06_a_listener_on_descriptor_0_stays(conf, run_files):
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(conf.sock())
        s.listen(16)
        os.chmod(conf.sock(), 0o666)
        pool = conf.pool = conf.start(
            "-F", "2", "--root", run_files.root, program=conf.program,
            listen=None, stdin=s)
        pool.address = conf.sock()
        pool.wait_ready(2)
        pool.keeps_workers = False
        for _ in range(3):
            conf.upgrade()
            assert ask(conf.sock(), run_files).status == 200


def test_R06_the_control_socket_is_the_same(conf, run_files):
    pool = conf.run(pool_text("a"))
    before = os.stat(pool.control).st_ino
    refused, over = [], threading.Event()

    def orders():
        while not over.is_set():
            done = pool.try_ctl("ping")
            if done.returncode != 0:
                refused.append(done.stderr)

    askers = [threading.Thread(target=orders) for _ in range(3)]
    for t in askers:
        t.start()
    for _ in range(8):
        conf.upgrade()
    over.set()
    for t in askers:
        t.join()
    assert refused == []
    assert os.stat(pool.control).st_ino == before


def test_R06_who_has_not_spoken_yet_is_heard_afterwards(conf):
    pool = conf.run(pool_text("a"))
    with socket.socket(socket.AF_UNIX) as silent, \
            socket.socket(socket.AF_UNIX) as slow:
        for s in (silent, slow):
            s.settimeout(5)
            s.connect(pool.control)
        slow.send(b"pin")
        procs.wait_for(lambda: not procs.unread(slow), 5, "it was read")
        conf.upgrade()
        silent.send(b"ping\n")
        assert silent.recv(100) == b"ok pid %d\n" % pool.pid
        assert slow.recv(100).startswith(b"error 75 ")


@pytest.mark.parametrize("path", ["moved", "none"])
def test_R06_a_control_socket_may_move_or_go(conf, path):
    pool = conf.run(pool_text("a"))
    new = path if path == "none" else os.path.join(conf.dir, path)
    conf.script('exec %s "$@" -S %s\n' % (conf.original, new))
    conf.upgrade()
    assert not os.path.exists(pool.control)
    pool.control = new
    if path != "none":
        assert pool.ctl("ping") == "pid %d\n" % pool.pid


def test_R06_what_was_set_and_scaled_holds(conf, run_files):
    pool = conf.run(pool_text("a", "pm = static", "pm.max_children = 2")
                    + pool_text("b"))
    pool.ctl("scale", "a", "5")
    pool.ctl("set", "b", "request_terminate_timeout=2s",
             "env.WORD=two words % 100")
    for _ in range(2):
        conf.upgrade()
        procs.wait_for(lambda: pool.status("a")["workers"]["total"] == 5, 5,
                       "five workers")
        changes = pool.status("b")["changes"]
        assert len(changes) == 2 and "not set" in str(changes), changes
        assert "scale: 5" in str(pool.status("a")["changes"])
        began = time.monotonic()
        answer = ask(conf.sock("b"), run_files, "sleep.cgi", "20")
        assert answer.status == 504 and procs.within(5, began)
        assert b"WORD=two words % 100" in ask(
            conf.sock("b"), run_files, "env.cgi").body
    conf.reload()
    assert pool.status("b")["changes"] == []
    procs.wait_for(lambda: pool.status("a")["workers"]["total"] == 2, 5,
                   "two workers again")
