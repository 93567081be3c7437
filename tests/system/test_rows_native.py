"""mode = fastcgi: programs that speak FastCGI themselves on descriptor 0.

The numbers are those of the table of failure modes.
"""

import os
import signal

import pytest

import fcgi
import native
import procs


@pytest.fixture(scope="session")
def zoo(run_files):
    return native.compile_c(run_files.dir, "zoo")


@pytest.fixture
def natives(start, zoo):
    """natives("what", ..., options=[...], workers=1): a pool of zoo."""

    def make(*what, options=(), workers=1, **kw):
        p = start("-F", str(workers), "-o", "mode=fastcgi", *options,
                  tail=["--", zoo, *map(str, what)], **kw)
        return p.wait_ready(workers)

    return make


def ask(pool, query=""):
    """(pid, served) of the program that answered."""
    answer = fcgi.request(pool.address, {"REQUEST_METHOD": "GET",
                                         "QUERY_STRING": query})
    assert answer.complete and answer.app_status == 0, answer
    pid, served = answer.body.split()[:2]
    return int(pid), int(served)


def test_the_program_is_the_worker(natives):
    pool = natives(workers=3)
    seen = {ask(pool)[0] for _ in range(30)}
    assert seen <= set(pool.workers())
    for pid in pool.workers():
        assert os.readlink("/proc/%d/exe" % pid).endswith("/zoo")
        assert procs.Process(pid).pgrp == pid


def test_a_program_has_its_listener_and_two_streams(natives):
    pool = natives()
    pid = pool.workers()[0]
    fds = procs.fds(pid)
    assert sorted(fds) == [0, 1, 2]
    assert fds[0].startswith("socket:")
    assert fds[1] == fds[2] and fds[1].startswith("pipe:")
    with open("/proc/%d/fdinfo/0" % pid) as f:
        flags = int(f.read().split("flags:")[1].split()[0], 8)
    assert not flags & os.O_NONBLOCK
    with open("/proc/%d/status" % pid) as f:
        status = dict(line.split(":\t") for line in f if ":\t" in line)
    assert int(status["SigBlk"], 16) == int(status["SigIgn"], 16) == 0


def test_nothing_is_inherited_but_what_is_configured(natives):
    pool = natives(options=["-o", "env.GREETING=hello"],
                   env={"SECRET": "of the master"})
    with open("/proc/%d/environ" % pool.workers()[0]) as f:
        names = dict(e.split("=", 1) for e in f.read().split("\0") if e)
    assert names["GREETING"] == "hello"
    assert set(names) == {"GREETING", "PATH"}


def test_it_stops_with_its_programs(natives):
    pool = natives(workers=2)
    pids = pool.workers()
    assert pool.stop() == 0
    assert not any(procs.alive(pid) for pid in pids)
    assert not os.path.exists(pool.address)


def test_a_killed_program_is_replaced(natives):
    pool = natives()
    pool.keeps_workers = False
    pid, _ = ask(pool)
    os.kill(pid, signal.SIGKILL)
    assert ask(pool)[0] != pid


def test_a_program_that_cannot_be_executed_refuses_the_start(start,
                                                             run_files):
    pool = start("-o", "mode=fastcgi", "-F", "1",
                 tail=["--", run_files.program("badinterp.cgi")])
    pool.expect_exit = 78
    assert pool.process.wait(5) == 78
    assert "badinterp.cgi cannot be executed: execve: No such" in pool.log()
