"""Row R06: another program that cannot take the place of the one that runs."""

import os
import shutil
import signal
import socket
import struct
import time

import pytest

import fcgi
import load
import procs
from configured import (ask, narrow, pool_text, STATIC, TOO_LARGE,
                        UPGRADE_REFUSED)


@pytest.fixture
def conf(upgraded):
    return upgraded


def wait_as_before(pool, workers, fds):
    """What was tried is gone, and connections that the master had."""
    procs.wait_for(lambda: pool.workers() == workers, 5, "the same workers")
    procs.wait_for(lambda: len(procs.fds(pool.pid)) == fds, 5, "their fds")


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
        line = conf.upgrade(UPGRADE_REFUSED)
        assert said in line, (name, line)
        assert ask(conf.sock(), run_files).status == 200
    conf.install(conf.original)
    conf.write("nonsense = 1\n")
    assert "nonsense" in conf.upgrade(UPGRADE_REFUSED)
    wait_as_before(pool, workers, fds)
    conf.write(pool_text("a", *STATIC))
    conf.upgrade()
    assert ask(conf.sock(), run_files).status == 200


def test_R06_a_program_that_is_gone_again_changes_nothing(conf, run_files):
    """It is there to be tried, and cannot be executed a moment later."""
    pool = conf.run(pool_text("a", *STATIC))
    workers, fds = pool.workers(), len(procs.fds(pool.pid))
    conf.script('echo cgi-fpm-upgrade 1 0; rm "$0"\n')
    assert "No such file" in conf.upgrade(UPGRADE_REFUSED)
    assert ask(conf.sock(), run_files).status == 200
    wait_as_before(pool, workers, fds)
    conf.install(conf.original)
    conf.upgrade()
    assert ask(conf.sock(), run_files).status == 200


@pytest.mark.plain_only
def test_R06_a_program_that_hangs_leaves_the_old_one(conf, run_files):
    pool = conf.run(pool_text("a", *STATIC))
    workers = pool.workers()
    conf.script("exec sleep 60\n")
    pool.send(signal.SIGUSR2)
    began = time.monotonic()
    late = []
    while conf.count(UPGRADE_REFUSED) == 0:
        one = time.monotonic()
        assert ask(conf.sock(), run_files).status == 200
        late.append(not procs.within(0.5, one))
        assert procs.within(12, began)
        time.sleep(0.2)
    assert procs.few(late), late
    assert "did not answer within 10 seconds" in pool.log()
    procs.wait_for(lambda: {p.pid for p in procs.children(pool.pid)}
                   == set(workers), 5, "the one that hung is gone")


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
    assert "was replaced" not in conf.upgrade(UPGRADE_REFUSED)
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
