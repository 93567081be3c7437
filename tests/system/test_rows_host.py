"""Rows H01 to H08: a host in trouble."""

import os
import resource
import select
import signal
import subprocess
import time

import pytest

import fcgi
import load
import procs
from configured import ask, pool_text

HERE = os.path.dirname(os.path.abspath(__file__))


@pytest.fixture(scope="session")
def shim(run_files):
    path = os.path.join(run_files.dir, "clockshim.so")
    done = subprocess.run(["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-O",
                           "-o", path, os.path.join(HERE, "clockshim.c")])
    assert done.returncode == 0
    return path


@pytest.mark.plain_only
def test_H01_the_wall_clock_may_jump(conf, run_files, shim):
    """Limits that are under way are neither early nor late."""
    clock = os.path.join(conf.dir, "clock")

    def jump(seconds):
        with open(clock + ".new", "w") as f:
            f.write("%d\n" % seconds)
        os.rename(clock + ".new", clock)

    jump(0)
    pool = conf.run(pool_text(
        "a", "pm = static", "pm.max_children = 4", "keepalive_timeout = 1s",
        "request_head_timeout = 1s", "request_terminate_timeout = 1s",
        "pm.hang_timeout = 2s", 'access.log = "@DIR@/access"'),
        env={"LD_PRELOAD": shim, "CLOCK_SHIM": clock})
    now = int(time.time())
    for seconds in (3600, -3600, -now, 2208988800 - now, 0):
        began = time.monotonic()
        with fcgi.Conn(conf.sock()) as kept:
            assert kept.request({"SCRIPT_FILENAME": run_files.program(
                "hello.cgi")}).status == 200
            with fcgi.Conn(conf.sock()) as slow, \
                    fcgi.Conn(conf.sock()) as half:
                slow.send_request({"QUERY_STRING": "60", "SCRIPT_FILENAME":
                                   run_files.program("sleep.cgi")})
                half.send_raw(b"\1\1")
                time.sleep(0.3)
                jump(seconds)
                time.sleep(0.3)
                assert ask(conf.sock(), run_files).status == 200
                closed = select.select([kept.sock, half.sock], [], [], 0)[0]
                assert not closed or 0.95 < time.monotonic() - began
                assert slow.finish().status == 504
                assert 0.95 < time.monotonic() - began
                assert procs.within(2.5, began)
                kept.wait_closed(2)
                half.wait_closed(2)
                assert procs.within(3.5, began)
    assert "has not answered" not in pool.log()
    assert "signal" not in pool.log()


@pytest.mark.plain_only
def test_H02_a_host_that_slept_kills_nobody_afterwards(conf, run_files):
    pool = conf.run(pool_text("a", "pm = static", "pm.max_children = 2",
                              "pm.hang_timeout = 1s"))
    workers = pool.workers()
    with fcgi.Conn(conf.sock()) as c:
        c.send_request({"QUERY_STRING": "3.5", "SCRIPT_FILENAME":
                        run_files.program("sleep.cgi")})
        time.sleep(0.4)
        for pid in [pool.pid] + workers:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(2.5)
        for pid in [pool.pid] + workers:
            os.kill(pid, signal.SIGCONT)
        assert c.finish().body == b"slept\n"
    assert pool.workers() == workers
    assert "has not answered" not in pool.log()


def test_H05_limits_of_programs_have_their_signal(conf, run_files):
    program = os.path.join(conf.dir, "spin.cgi")
    with open(program, "w") as f:
        f.write("#!/bin/sh\nwhile :; do :; done\n")
    os.chmod(program, 0o755)
    big = os.path.join(conf.dir, "big.cgi")
    with open(big, "w") as f:
        f.write("#!/bin/sh\nexec /bin/dd if=/dev/zero of=%s/big bs=4096 "
                "count=10 2>/dev/null\n" % conf.dir)
    os.chmod(big, 0o755)
    conf.run(pool_text("a", "rlimit_cpu = 1", "rlimit_fsize = 8K",
                       "rlimit_core = 0").replace("@ROOT@", conf.dir))
    for path, signo in ((program, signal.SIGXCPU), (big, signal.SIGXFSZ)):
        # A second of a processor may take long on a busy machine.
        answer = fcgi.request(conf.sock(), {"SCRIPT_FILENAME": path},
                              seconds=30)
        assert answer.app_status == 128 + signo
        assert answer.status == 502


@pytest.mark.plain_only
def test_H07_busy_neighbours_are_no_reason_to_kill(conf, run_files):
    pool = conf.run(pool_text("a", "pm = static", "pm.max_children = 2",
                              "pm.hang_timeout = 2s"))
    workers = pool.workers()
    spin = [subprocess.Popen(["/bin/sh", "-c", "while :; do :; done"])
            for _ in range(6)]
    try:
        clients = load.Load(run_files.program("wait.cgi"), [conf.sock()],
                            clients=1, waits=(0.3,)).start()
        time.sleep(3)
        clients.stop()
    finally:
        for p in spin:
            p.kill()
            p.wait()
    assert clients.lost == []
    assert pool.workers() == workers


def test_H08_descriptors_above_1024(start, run_files):
    held = []

    def hold():
        resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
        null = os.open("/dev/null", os.O_RDONLY)
        for fd in range(3, 1100):
            if fd != null:
                os.dup2(null, fd)

    pool = start("-F", "2", "--root", run_files.root, preexec_fn=hold,
                 close_fds=False)
    pool.wait_ready(2)
    assert max(procs.fds(pool.pid)) > 1024
    for _ in range(20):
        assert ask(pool.address, run_files).status == 200
        held.append(fcgi.Conn(pool.address))
    for c in held:
        assert c.request({"SCRIPT_FILENAME": run_files.program("echo.cgi")},
                         b"x" * 100000).body.endswith(b"x")
        c.close()
