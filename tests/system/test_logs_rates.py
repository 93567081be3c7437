"""What others can make cgi-fpm say is bounded: so many lines at once of each
kind in a pool, then one a second, and how many were left out."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest

import procs

MORE = re.compile(r"(\d+) more lines about ([a-z. ]+) were dropped")


def left_out(log, about):
    return sum(int(n) for n, what in MORE.findall(log) if what == about)


def check(pool, pattern, about, events, seconds, most=12):
    """Of EVENTS lines like PATTERN few are there, and the rest is told within
    moments, although nothing more happens."""
    def told():
        log = pool.log()
        return len(re.findall(pattern, log)) + left_out(log, about) == events

    try:
        procs.wait_for(told, 6)
    except AssertionError:
        log = pool.log()
        raise AssertionError("%d lines and %d left out of %d: %s" % (
            len(re.findall(pattern, log)), left_out(log, about), events,
            log[-3000:])) from None
    log = pool.log()
    lines = len(re.findall(pattern, log))
    assert 1 <= lines <= most + seconds
    # The summaries are bounded as well.
    told_of = [w for _n, w in MORE.findall(log) if w == about]
    assert len(told_of) <= 2 + seconds


def timed(act, n):
    begun = time.monotonic()
    for _ in range(n):
        act()
    return time.monotonic() - begun


def test_broken_connections(root_pool):
    pool = root_pool(workers=3)

    def garbage():
        with pool.connect() as s:
            s.sendall(b"\xff" * 64)
            while s.recv(100):
                pass

    seconds = timed(garbage, 120)
    check(pool, "connection closed: ", "closed connections", 120, seconds)


def test_refused_requests(asker):
    ask = asker(workers=2)
    seconds = timed(lambda: ask.get("hello.cgi", CONTENT_LENGTH="many"), 120)
    seconds += timed(lambda: ask.get("hello.cgi", HTTP_X="a\0b"), 120)
    check(ask.pool, "CONTENT_LENGTH is no length|parameters refused",
          "refused requests", 240, seconds, most=102)


def test_programs_that_are_not_there(asker):
    ask = asker(workers=2)
    seconds = timed(lambda: ask.get("nothing.cgi"), 120)
    seconds += timed(lambda: ask.get("badinterp.cgi"), 120)
    check(ask.pool, r"nothing\.cgi: |badinterp\.cgi: ",
          "programs that cannot be run or failed", 240, seconds, most=102)


def test_programs_that_fail(asker):
    """They were a status to the web server, and nothing in the error log."""
    ask = asker("-o", "request_terminate_timeout=1200ms", workers=2)
    log = ask.pool.log
    for program, query, words in (
            ("signal.cgi", "11", r"signal\.cgi: ended by signal 11 "
             r"\(Segmentation fault\) after \d\.\d{3} s, program \d+"),
            ("silent.cgi", "", r"silent\.cgi: wrote nothing and exited with "
             r"code 0, program \d+"),
            ("sleep.cgi", "9", r"sleep\.cgi: took too long \(1\.\d+ s\) "
             r"and was ended, program \d+")):
        assert ask.get(program, query).status in (502, 504)
        assert len(re.findall(r"WARNING: .*request [0-9a-f]{16}: /.*" + words,
                              log())) == 1, log()
    before = log()
    assert ask.get("exit.cgi", "3").status == 200
    assert log() == before
    seconds = timed(lambda: ask.get("silent.cgi"), 119)
    check(ask.pool, r"silent\.cgi: ", "programs that cannot be run or failed",
          120, seconds, most=102)


def test_refused_clients(start, run_files):
    pool = start("-F", "2", "--root", run_files.root, "-o",
                 "listen.allowed_clients=192.0.2.1", listen="tcp")
    pool.wait_ready(2)

    def knock():
        with pool.connect() as s:
            assert s.recv(1) == b""

    seconds = timed(knock, 80)
    check(pool, r"connection from 127\.0\.0\.1 refused", "refused clients",
          80, seconds)


def test_slow_requests(asker):
    ask = asker("-o", "request_slowlog_timeout=1ms", workers=2)

    def eight():  # and a worker has half a second to see that they are slow
        for i in range(1, 9):
            ask.send(conn, "sleep.cgi", 0.5, id=i)
        conn.collect(*range(1, 9))

    with ask.conn() as conn:
        seconds = timed(eight, 8)
    check(ask.pool, ": slow: runs for", "slow requests", 64, seconds)


def test_what_programs_say_is_bounded_for_the_pool(asker):
    """Not for each request: many of them side by side say no more."""
    ask = asker("-o", "cgi.stderr=log", workers=2)
    begun = time.monotonic()
    with ask.conn() as conn:
        for i in range(1, 7):
            ask.send(conn, "flooderr.cgi", "200000", id=i)
        for i in range(1, 7):
            conn.collect(i)
    seconds = time.monotonic() - begun
    log_lines = r"said into stderr: "
    procs.wait_for(lambda: left_out(ask.pool.log(), "what programs said") > 0,
                   5, "the rest is told")
    lines = len(re.findall(log_lines, ask.pool.log()))
    assert lines <= 200 + 200 * (seconds + 1)


def test_who_goes_tells_what_it_left_out(asker):
    ask = asker()
    ask.pool.keeps_workers = False
    for _ in range(130):
        ask.get("nothing.cgi")
    assert ask.pool.stop() == 0
    log = ask.pool.log()
    assert len(re.findall(r"nothing\.cgi: ", log)) + left_out(
        log, "programs that cannot be run or failed") == 130


def test_deaths_of_workers(root_pool):
    pool = root_pool("-o", "pm.restart_delay=1ms", "-o",
                     "pm.restart_delay_max=1ms", workers=2)
    pool.keeps_workers = False
    begun = time.monotonic()
    killed = 0
    while killed < 60:
        for pid in pool.workers():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            procs.wait_for(lambda: not os.path.exists("/proc/%d" % pid), 5)
            killed += 1
    check(pool, r"worker \d+ was killed by signal 9|worker \d+ .*signal 9",
          "workers that ended", killed, time.monotonic() - begun)


KNOCK = """
import socket, sys
for _ in range(100):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(5)
        s.connect(sys.argv[1])
        try:
            while s.recv(1000):
                pass
        except ConnectionResetError:
            pass
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_users_that_are_refused_at_the_control_socket(root_pool):
    pool = root_pool("-o", "control.mode=0666")
    begun = time.monotonic()
    subprocess.run([sys.executable, "-c", KNOCK, pool.control], check=True,
                   user=65534, group=65534, timeout=30,
                   stdin=subprocess.DEVNULL)
    check(pool, "of user 65534 refused", "users refused by control.listen",
          100, time.monotonic() - begun)


# --- long lines ---

def test_a_long_line_goes_on_in_another(asker):
    ask = asker("-o", "cgi.stderr=log")
    ask.get("saylong.cgi", "5000")
    procs.wait_for(lambda: "END" in ask.pool.log(), 5, "its end")
    pieces = re.findall(r"said into stderr: (.*)", ask.pool.log())
    assert [len(p) for p in pieces] == [1024] * 4 + [5000 + 3 - 4096]
    assert "".join(pieces) == "x" * 5000 + "END"


@pytest.mark.parametrize("limit,length", [("512", 512), ("8192", 8192),
                                          ("16K", 16384)])
def test_log_limit_says_how_long(asker, limit, length):
    ask = asker("-o", "cgi.stderr=log", "-o", "log_limit=" + limit)
    ask.get("saylong.cgi", "20000")
    procs.wait_for(lambda: "END" in ask.pool.log(), 5, "its end")
    pieces = re.findall(r"said into stderr: (.*)", ask.pool.log())
    assert {len(p) for p in pieces[:-1]} == {length}
    assert "".join(pieces) == "x" * 20000 + "END"


def test_bytes_that_grow_are_wrapped_as_well_and_nothing_is_lost(asker):
    ask = asker("-o", "cgi.stderr=log")
    ask.get("saylong.cgi", "3000&%00")
    procs.wait_for(lambda: "END" in ask.pool.log(), 5, "its end")
    pieces = re.findall(r"said into stderr: (.*)", ask.pool.log())
    assert max(len(p) for p in pieces) == 1024
    assert "".join(pieces) == r"\x00" * 3000 + "END"


def test_into_a_pipe_a_line_is_one_piece(asker, tmp_path):
    """However long lines may be: more is not written at once."""
    os.mkfifo(tmp_path / "log")
    reader = os.open(tmp_path / "log", os.O_RDONLY | os.O_NONBLOCK)
    ask = asker("-o", "cgi.stderr=log", "-o", "log_limit=16K",
                "-o", "error_log=%s/log" % tmp_path)
    text = b""
    ask.get("saylong.cgi", "20000")

    def come():
        nonlocal text
        try:
            text += os.read(reader, 65536)
        except BlockingIOError:
            pass
        return b"END" in text

    procs.wait_for(come, 5, "its end")
    os.close(reader)
    lines = [x for x in text.decode().splitlines() if "said into" in x]
    assert all(len(x) < 4096 for x in lines)
    assert "".join(re.findall(r"said into stderr: (.*)",
                              "\n".join(lines))) == "x" * 20000 + "END"


def test_log_limit_of_a_native_program(start, run_files):
    pool = start("-F", "1", "-o", "mode=fastcgi", "-o", "log_limit=2K",
                 tail=["--", run_files.program("saylong.cgi"), "5000"])
    procs.wait_for(lambda: "END" in pool.log(), 5, "its end")
    pool.keeps_workers = False
    pieces = re.findall(r"program \d+: (x.*|END.*)", pool.log())
    assert [len(p) for p in pieces[:3]] == [2048, 2048, 5000 + 3 - 4096]


@pytest.mark.parametrize("option,said", [
    ("log_limit=511", "log_limit: '511' is not a size from 512 to 16K"),
    ("log_limit=1M", "log_limit: '1M' is not a size from 512 to 16K"),
    ("log_buffering=no", "log_buffering: it is always yes, each line is "
     "written in one piece so that those of several processes do not mix: "
     "leave it out"),
])
def test_what_makes_no_sense_is_refused(start, run_files, option, said):
    pool = start("-o", option, "--root", run_files.root)
    pool.expect_exit = 78
    assert pool.process.wait(10) == 78
    pool.stopped = True
    assert said in pool.log()
