"""Row R06: another program in the place of the one that runs."""

import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest

import fcgi
import load
import pool as pools
import procs
from configured import (ask, narrow, pool_text, TOO_LARGE, TOOK_OVER,
                        Upgraded)

REFUSED = "ERROR: upgrade: "


@pytest.fixture
def conf(start, run_files, build_tree):
    c = Upgraded(start, run_files, build_tree)
    yield c
    c.remove()


STATIC = ("pm = static", "pm.max_children = 2")


def test_R06_the_same_process_goes_on(conf, run_files):
    pool = conf.run('pid = "@DIR@/pid"\n' + pool_text("a", *STATIC))
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
    assert len(pool.workers()) == 2
    assert os.stat(conf.sock()).st_ino == socket_file
    assert open(conf.dir + "/pid").read() == "%d\n" % pool.pid
    procs.wait_for(lambda: len(procs.fds(pool.pid)) == fds, 5,
                   "as many descriptors: %r" % procs.fds(pool.pid))
    assert not pool.zombies()
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
    kept = [fcgi.Conn(conf.sock()) for _ in range(200)]
    for c in kept:
        assert c.request(params).status == 200
    old = pool.workers()
    conf.upgrade()
    pool.wait_gone(old)
    for c in kept:
        assert c.request(params).status == 200
        c.close()


BAD = {
    "false": ("/bin/false", "exited with code 1"),
    "true": ("/bin/true", "is not a cgi-fpm"),
    "missing": (None, "No such file"),
    "not executable": ("/etc/passwd", "Permission denied"),
    "says too much": ("exec yes", "is not a cgi-fpm"),
    "dies": ("kill -SEGV $$", "SIGSEGV"),
    "complains": ("echo this is wrong >&2; exit 3", "this is wrong"),
}


def test_R06_a_program_that_cannot_start_leaves_the_old_one(conf, run_files):
    pool = conf.run(pool_text("a", *STATIC))
    workers, fds = pool.workers(), len(procs.fds(pool.pid))
    for name, (what, said) in BAD.items():
        if what is None:
            os.unlink(conf.program)
        elif name == "not executable":
            conf.install(what)
            os.chmod(conf.program, 0o644)
        elif what.startswith("/"):
            conf.install(what)
        elif "yes" in what:
            conf.script("%s | head -c 100000; exit 0\n" % what[5:])
        else:
            conf.script(what + "\n")
        line = conf.upgrade(REFUSED)
        assert said in line, (name, line)
        assert ask(conf.sock(), run_files).status == 200
    conf.install(conf.original)
    conf.write("nonsense = 1\n")
    assert "nonsense" in conf.upgrade(REFUSED)
    assert pool.workers() == workers
    assert len(procs.fds(pool.pid)) == fds
    conf.write(pool_text("a", *STATIC))
    conf.upgrade()
    assert ask(conf.sock(), run_files).status == 200


def test_R06_a_program_that_is_gone_again_changes_nothing(conf, run_files):
    """It is there to be tried, and cannot be executed a moment later."""
    pool = conf.run(pool_text("a", *STATIC))
    workers, fds = pool.workers(), len(procs.fds(pool.pid))
    conf.script('echo cgi-fpm-upgrade 1 0; rm "$0"\n')
    assert "No such file" in conf.upgrade(REFUSED)
    assert ask(conf.sock(), run_files).status == 200
    assert pool.workers() == workers
    assert len(procs.fds(pool.pid)) == fds
    conf.install(conf.original)
    conf.upgrade()
    assert ask(conf.sock(), run_files).status == 200


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


@pytest.mark.plain_only
def test_R06_a_program_that_hangs_leaves_the_old_one(conf, run_files):
    pool = conf.run(pool_text("a", *STATIC))
    workers = pool.workers()
    conf.script("exec sleep 60\n")
    pool.send(signal.SIGUSR2)
    began = time.monotonic()
    while conf.count(REFUSED) == 0:
        one = time.monotonic()
        assert ask(conf.sock(), run_files).status == 200
        assert procs.within(0.5, one)
        assert procs.within(12, began)
        time.sleep(0.2)
    assert "did not answer within 10 seconds" in pool.log()
    assert [p for p in procs.children(pool.pid)
            if p.pid not in workers] == []


def test_R06_requests_under_way_end_undisturbed(conf, run_files):
    pool = conf.run(pool_text("a", "pm = static", "pm.max_children = 1"))
    with fcgi.Conn(conf.sock()) as c:
        c.send_request({"SCRIPT_FILENAME": run_files.program("sleep.cgi"),
                        "QUERY_STRING": "1.5"}, keep=True)
        time.sleep(0.2)
        conf.upgrade()
        began = time.monotonic()
        assert ask(conf.sock(), run_files).status == 200
        assert procs.within(0.5, began)
        assert c.finish().body == b"slept\n"
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
    assert not os.path.exists(conf.sock("b"))
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


@pytest.mark.plain_only
def test_R06_new_workers_that_cannot_start_leave_the_old_ones(
        conf, run_files):
    """The new program is there to stay, but the old workers serve until its
    own can; a reload with better settings mends it."""
    pool = conf.run(pool_text("a", *STATIC), preexec_fn=narrow)
    old = pool.workers()
    conf.write(pool_text("a", *STATIC, *TOO_LARGE))
    conf.upgrade()
    procs.wait_for(lambda: "the earlier workers keep serving" in pool.log())
    assert ask(conf.sock(), run_files).status == 200
    assert set(old) <= set(pool.workers())
    conf.reload(pool_text("a", *STATIC))
    pool.wait_gone(old)
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


@pytest.mark.parametrize("text", [
    "cgi-fpm-state 99\nsomething new\nlistener {fd} 0 0 0 0 0 {sa}\n",
    "cgi-fpm-state 2\nlistener {fd} 0 0 0 0 0 {sa}\nslot 1 1 5",
    "no state at all\n"], ids=["newer", "cut", "none"])
def test_R06_a_state_that_is_not_understood(conf, run_files, text):
    """It starts afresh, on the listeners it was told of; descriptors whose
    meaning it does not know are closed."""
    path = conf.sock()
    with socket.socket(socket.AF_UNIX) as s:
        listens = not text.startswith("no ")
        if listens:
            s.bind(path)
            s.listen(16)
        os.set_inheritable(s.fileno(), True)
        sa = struct.pack("=H", socket.AF_UNIX) + path.encode() + b"\0"
        fd = os.memfd_create("state", 0)
        os.write(fd, text.format(fd=s.fileno(), sa=sa.hex()).encode())
        ours, theirs = socket.socketpair()
        os.set_inheritable(theirs.fileno(), True)
        pool = conf.pool = conf.start(
            "-s", path, "-F", "2", "--root", run_files.root,
            program=conf.program, listen=None, close_fds=False,
            env={"CGI_FPM_STATE": str(fd)})
        os.close(fd)
        theirs.close()
        pool.address = path
        pool.wait_ready(2)
        with ours:
            ours.settimeout(5)
            assert ours.recv(1) == b""
        assert ask(path, run_files).status == 200


# --- what was ordered since the settings were read ---

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
        time.sleep(0.2)
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
    pool.ctl("set", "b", "request_terminate_timeout=300ms",
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
        assert answer.status == 504 and time.monotonic() - began < 5
        assert b"WORD=two words % 100" in ask(
            conf.sock("b"), run_files, "env.cgi").body
    conf.reload()
    assert pool.status("b")["changes"] == []
    procs.wait_for(lambda: pool.status("a")["workers"]["total"] == 2, 5,
                   "two workers again")


WELL_THEN = """case " $* " in *" --upgrade-probe "*)
    %s "$@" || exit
    %s
    exit 0
esac
exec %s "$@"
"""


@pytest.mark.parametrize("harm", [
    "echo pm = dynamite >%s/cgi-fpm.conf", "rm %s/cgi-fpm.conf"])
def test_R06_settings_that_broke_after_they_were_tried(conf, run_files,
                                                       harm):
    """Between the look of the new program and its start."""
    text = pool_text("a", "pm = static", "pm.max_children = 2",
                     "env { QUOTE = \"it's\" }")
    pool = conf.run(text)
    clients = load.Load(run_files.program("wait.cgi"), [conf.sock()],
                        clients=2).start()
    pool.ctl("scale", "3")
    conf.script(WELL_THEN % (conf.original, harm % conf.dir, conf.original))
    conf.upgrade()
    clients.stop()
    assert clients.lost == []
    assert "going on with the settings that served" in pool.log()
    assert b"QUOTE=it's" in ask(conf.sock(), run_files, "env.cgi").body
    assert pool.status()["workers"]["max"] == 3
    conf.reload(text)
    assert ask(conf.sock(), run_files).status == 200


def test_R06_a_program_that_was_replaced_after_it_was_tried(conf, run_files):
    pool = conf.run(pool_text("a"))
    conf.script(WELL_THEN % (conf.original, "cp /bin/false %s.new && "
                             "mv %s.new %s" % ((conf.program,) * 3), "false"))
    assert "was replaced" not in conf.upgrade(REFUSED)
    assert "was replaced meanwhile" in pool.log()
    assert ask(conf.sock(), run_files).status == 200
    conf.install(conf.original)
    conf.upgrade()
    assert ask(conf.sock(), run_files).status == 200


def test_R06_settings_that_are_right_and_cannot_be_had(conf, run_files):
    """Another address, in a folder that is not there: the pool serves on as
    it did, with all it had, and so does its neighbour with its new one."""
    good = pool_text("a", "pm = static", "pm.max_children = 2") + pool_text(
        "b")
    conf.run(good)
    before = conf.pool.status("a")["requests"]["accepted"]
    with fcgi.Conn(conf.sock()) as kept:
        wanted = {"SCRIPT_FILENAME": run_files.program("hello.cgi")}
        assert kept.request(wanted).body == b"hello\n"
        conf.write(
            pool_text("a", 'listen = {"@DIR@/a.sock", "/nowhere/at/all"}')
            + pool_text("b", 'listen = {"@DIR@/b.sock", "@DIR@/c.sock"}'))
        conf.upgrade()
        assert "going on with the settings that served" in conf.pool.log()
        assert kept.request(wanted).body == b"hello\n"
    for name in "abc":
        assert ask(conf.sock(name), run_files).status == 200
    after = conf.pool.status("a")
    assert after["requests"]["accepted"] > before + 1
    assert after["workers"]["max"] == 2
    conf.refuse()
    conf.reload(good)
    assert ask(conf.sock(), run_files).status == 200
    conf.upgrade()
    assert ask(conf.sock(), run_files).status == 200


def test_R06_a_program_that_vanished_after_it_was_tried(conf, run_files):
    program = os.path.join(conf.dir, "hello")
    shutil.copy(run_files.program("hello.cgi"), program)
    pool = conf.run('pool "a" {\nlisten = "@DIR@/a.sock"\n'
                    'command = {"@DIR@/hello"}\n}\n')
    conf.script(WELL_THEN % (conf.original, "mv %s %s.away" % (
        program, program), conf.original))
    conf.upgrade()
    assert ask(conf.sock(), run_files).status == 404
    os.rename(program + ".away", program)
    assert ask(conf.sock(), run_files).status == 200
    assert pool.process.poll() is None
