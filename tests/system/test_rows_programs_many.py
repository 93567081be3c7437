"""Failure modes of programs, C23 to C34: many of them, and one after the
other."""

import ctypes
import os
import random
import re
import resource
import shutil
import subprocess
import time

import pytest

import fcgi
import procs
from procs import NOBODY
from asker import Asker, Clock, together

PR_SET_NO_NEW_PRIVS = 38
ROOT_ONLY = pytest.mark.skipif(os.getuid() != 0, reason="needs root")


def begin_and_leave(a):
    c = a.conn()
    a.send(c, "sleep.cgi", 30)
    procs.wait_for(a.pool.programs, 5, "it runs")
    c.close()


def test_C23_nothing_leaves_a_zombie(asker):
    a = asker("-o", "request_terminate_timeout=5s", workers=2)

    def mixture(seed):
        rng = random.Random(seed)
        for _ in range(40):
            kind = rng.randrange(5)
            if kind == 0:
                assert a.get("hello.cgi").complete
            elif kind == 1:
                assert a.get("signal.cgi", "KILL").status == 502
            elif kind == 2:
                assert a.get("nothing.cgi").status == 404
            elif kind == 3:
                with a.conn() as c:
                    a.send(c, "sleep.cgi", 30)
                    c.abort()
                    assert c.finish().complete
            else:
                with a.conn() as c:
                    a.send(c, "floodout.cgi", 1 << 20)
                    c.read_raw(10)

    together(lambda: mixture(1), lambda: mixture(2))
    a.all_idle()
    procs.wait_for(lambda: not a.pool.zombies(), 2, "all are collected")


def test_C24_many_that_end_in_the_same_moment_are_all_collected(asker,
                                                                tmp_path):
    a = asker("-o", "fastcgi.max_reqs=64")
    gate = str(tmp_path / "gate")
    with a.conn() as c:
        for id in range(1, 65):
            a.send(c, "gate.cgi", gate, id=id)
        procs.wait_for(lambda: len(a.pool.programs()) == 64, 10, "they run")
        open(gate, "w").close()
        for id in range(1, 65):
            assert c.finish(id).body == b"first\nsecond\n"
    procs.wait_for(lambda: not a.pool.zombies(), 2, "all are collected")


CALL = re.compile(r"(kill|wait4)\((-?\d+), (\w+|\[)?")


@ROOT_ONLY
def test_C25_no_signal_goes_to_a_pid_that_was_given_back(asker, tmp_path):
    a = asker("-o", "request_kill_timeout=100ms")
    trace = str(tmp_path / "trace")
    with subprocess.Popen(["strace", "-p", str(a.pool.workers()[0]), "-o",
                           trace, "-e", "trace=kill,wait4"],
                          stderr=subprocess.PIPE) as tracer:
        assert b"attached" in tracer.stderr.readline()
        for _ in range(5):
            begin_and_leave(a)
            a.all_idle()
            with a.conn() as c:
                a.send(c, "deaf.cgi", 30)
                c.abort()
                assert c.finish().complete
                assert a.ask(c, "hello.cgi").complete
        tracer.terminate()
    running, kills = None, 0
    for line in open(trace):
        got = CALL.match(line)
        if got and got.group(1) == "kill":
            kills += 1
            assert got.group(2) != running, "it was waited for: " + line
        elif got and not line.rstrip().endswith("= 0"):
            running = "-" + got.group(2)  # this one is gone
    assert kills >= 15


# --- C26, C27: no room ---

@ROOT_ONLY
def test_C26_without_processes_a_request_is_a_503(start, run_files):
    def two():  # the worker and one program
        resource.setrlimit(resource.RLIMIT_NPROC, (2, 2))

    p = start("-F", "1", "-u", str(NOBODY), "-g", str(NOBODY), "--root",
              run_files.root, preexec_fn=two)
    a = Asker(p.wait_ready(1), run_files)
    with a.conn() as c:
        assert a.ask(c, "hello.cgi").complete
        hog = subprocess.Popen(["/bin/sleep", "30"], user=NOBODY)
        try:
            for _ in range(3):
                answer = a.ask(c, "hello.cgi")
                assert answer.status == 503
                assert answer.protocol_status == fcgi.OVERLOADED
                assert answer.headers["retry-after"]
        finally:
            hog.kill()
            hog.wait()
        assert a.ask(c, "hello.cgi").complete


def test_C27_a_lack_of_descriptors_in_mid_start_leaks_none(asker):
    a = asker()
    worker = a.pool.workers()[0]
    old = resource.prlimit(worker, resource.RLIMIT_NOFILE)
    with a.conn() as c:
        assert a.ask(c, "hello.cgi").complete
        for spare in (1, 2, 3, 4, 5, 6, 7, 8):
            procs.wait_for(lambda: a.pool.count_fds()[worker]
                           == a.pool.before[worker], 2, "none leaked")
            limit = a.pool.before[worker] + spare
            resource.prlimit(worker, resource.RLIMIT_NOFILE, (limit, old[1]))
            answer = a.ask(c, "sha256.cgi", body=b"x" * 100)
            assert answer.status in (503, 200), answer
            time.sleep(0.02)
        assert answer.status == 200
        resource.prlimit(worker, resource.RLIMIT_NOFILE, old)


# --- C28, C29 ---

@pytest.mark.parametrize("how", ["limit", "abort", "close"])
def test_C28_a_stopped_program_is_ended_as_any_other(asker, how):
    limit = 2 if how == "limit" else 0
    a = asker("-o", "request_terminate_timeout=%ds" % limit)
    with a.conn() as c:
        clock = Clock()
        a.send(c, "stopself.cgi")
        procs.wait_for(lambda: any(p.state == "T" for p in
                                   a.pool.programs()), 5, "it stopped")
        if how == "abort":
            c.abort()
            assert c.finish().app_status == 143
        elif how == "limit":
            answer = c.finish()
            assert answer.eof and answer.body == b"stopping\n"
    a.all_idle(3)
    clock.between(0, limit + 3)


def test_C29_an_interpreter_that_is_a_fifo_holds_nobody(asker, run_files):
    a = asker()
    fifo, script = (run_files.program(n) for n in ("fifo", "fifoint.cgi"))
    os.mkfifo(fifo, 0o755)
    try:
        with open(script, "w") as f:
            f.write("#!%s\n" % fifo)
        os.chmod(script, 0o755)
        clock = Clock()
        assert a.get("fifoint.cgi").status == 500
        clock.between(0, 4)
    finally:
        os.unlink(fifo)
        os.unlink(script)


# --- C32 to C34 ---

def test_C32_nothing_of_one_request_is_seen_by_the_next(asker, env_of):
    a = asker()
    with a.conn() as c:
        before = env_of(a.ask(c, "env.cgi").body)
        a.ask(c, "env.cgi/secret/info", HTTP_SECRET="s3cret", SECRET="s3cret",
              AUTH_TYPE="Basic", REMOTE_USER="someone")
        a.ask(c, "hello.cgi", **{"HTTP_X%d" % n: "s3cret" * 50
                                 for n in range(200)})
        after = env_of(a.ask(c, "env.cgi").body)
    assert after.pop("REQUEST_ID", 1) != before.pop("REQUEST_ID", 2)
    assert after == before
    assert not [v for v in after.values() if "s3cret" in v]


def test_C33_a_kept_connection_serves_all_kinds_in_turn(asker):
    a = asker(workers=2)

    def mixture(seed):
        rng = random.Random(seed)
        with a.conn() as c:
            for i in range(120):
                id = rng.randrange(1, 65536)
                kind = i % 3
                if kind == 0:
                    assert a.ask(c, "hello.cgi", id=id).body == b"hello\n"
                elif kind == 1:
                    body = rng.randbytes(rng.randrange(1, 70000))
                    assert a.ask(c, "echo.cgi", body=body,
                                 id=id).body == body
                else:
                    a.send(c, "sleep.cgi", 30, id=id)
                    c.abort(id)
                    assert c.finish(id).complete

    together(lambda: mixture(1), lambda: mixture(2))


@ROOT_ONLY
def test_C34_setuid_programs_are_as_the_systems_rules_have_it(start,
                                                              run_files):
    path = run_files.program("setuid.cgi")
    shutil.copy("/usr/bin/id", path)
    os.chmod(path, 0o4755)

    def no_new_privileges():
        libc = ctypes.CDLL(None)
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)

    try:
        for before, expected in ((None, "euid=0("), (no_new_privileges, "")):
            p = start("-F", "1", "-u", str(NOBODY), "-g", str(NOBODY),
                      "--root", run_files.root, preexec_fn=before)
            a = Asker(p.wait_ready(1), run_files)
            text = a.get("setuid.cgi").stdout.decode()
            assert "uid=%d " % NOBODY in text and expected in text
            assert expected or "euid=" not in text
    finally:
        os.unlink(path)
