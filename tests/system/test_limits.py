"""Every time limit: it passes when it should, not before, and what the web
server gets then.  Limits are small here, bounds above them generous."""

import os
import signal
import time

import pytest

import fcgi
import procs
from asker import Clock, together

# What these are about is in test_outcomes.py for both builds.
pytestmark = pytest.mark.plain_only

SLACK = 1.5  # what a busy machine may add


def limit(**limits):
    args = []
    for name, value in limits.items():
        args += ["-o", "%s=%s" % (name, value)]
    return args


# --- the web server is slow: request_head_timeout ---

def dripped(c):
    c.send_slowly(fcgi.request_bytes({"A": "b" * 200}), 1, 0.02)


def without_end(c):
    c.begin(keep=True)
    c.params({"A": "b"}, end=False)


HEADS = {
    "nothing": lambda c: None,
    "half a record's head": lambda c: c.send_raw(b"\1\1\0"),
    "a begun request": lambda c: c.begin(keep=True),
    "parameters without their end": without_end,
    "a byte now and then": dripped,
}


def test_whatever_is_no_whole_head_is_closed_at_the_head_limit(asker):
    a = asker(*limit(request_head_timeout="400ms"), workers=len(HEADS))

    def cut(name, send):
        clock = Clock()  # before the connection: that is when it begins
        with a.conn() as c:
            try:
                send(c)
            except (BrokenPipeError, ConnectionResetError):
                pass  # it was slow enough
            assert c.closes_within(5) == [], name
            clock.between(0.39, 0.4 + SLACK)

    together(*[lambda n=n, s=s: cut(n, s) for n, s in HEADS.items()])
    a.probe(2)


def test_the_head_limit_counts_from_the_first_byte_on_a_kept_one(asker):
    a = asker(*limit(request_head_timeout="700ms"))
    with a.conn() as c:
        assert a.ask(c, "hello.cgi").complete
        time.sleep(1)
        assert a.ask(c, "hello.cgi").complete, "idle is not slow"
        time.sleep(1)
        clock = Clock()
        c.send_raw(b"\1")
        assert c.closes_within(5) == []
        clock.between(0.69, 0.7 + SLACK)


# --- request_body_timeout ---

def test_a_stalled_body_is_a_408_and_the_end(asker):
    a = asker(*limit(request_body_timeout="300ms"))
    with a.conn() as c:
        clock = Clock()
        c.begin(keep=True)
        c.params(a.params("sha256.cgi", CONTENT_LENGTH="100"))
        c.stdin(b"some of it", end=False)
        answer = c.finish()
        clock.between(0.29, 0.3 + SLACK)
        assert answer.status == 408
        assert answer.app_status == 128 + signal.SIGTERM and answer.complete
        c.wait_closed(2)
    a.all_idle()


def test_a_slow_body_that_goes_on_is_no_stalled_one(asker):
    a = asker(*limit(request_body_timeout="1s"))
    with a.conn() as c:
        c.begin(keep=True)
        c.params(a.params("sha256.cgi", CONTENT_LENGTH="8"))
        for _ in range(8):
            time.sleep(0.2)
            c.stdin(b"x", end=False)
        c.stdin(b"")
        assert c.finish().body.startswith(b"8 ")


# --- request_write_timeout ---

@pytest.mark.parametrize("listen", ["unix", "tcp"])
def test_a_reader_that_stalls_loses_the_answer(asker, listen):
    a = asker(*limit(request_write_timeout="400ms"), listen=listen)
    with a.conn() as c:
        clock = Clock()
        a.send(c, "floodout.cgi", 50 << 20)
        procs.wait_for(a.pool.programs, 5, "it runs")
        used = procs.cpu_seconds(a.pool.workers()[0])
        a.all_idle(5)
        clock.between(0.39, 0.4 + SLACK)
        used = procs.cpu_seconds(a.pool.workers()[0]) - used
        assert used <= 0.15, "it does not spin meanwhile"
        data = c.read_raw(50 << 20)  # what was under way, and no end
        assert c.eof and len(data) < 20 << 20  # TCP keeps some MiB
        assert not data.endswith(fcgi.encode(fcgi.END_REQUEST, 1, bytes(8)))
    a.probe(2)


def test_a_slow_reader_that_goes_on_gets_all(asker):
    a = asker(*limit(request_write_timeout="1s"))
    with a.conn() as c:
        a.send(c, "floodout.cgi", 4 << 20)
        for _ in range(6):
            time.sleep(0.25)
            for _ in range(4):
                c.next()
        assert len(c.finish().body) == 4 << 20


# --- the program is slow: first_byte, idle, terminate, kill ---

def test_a_program_that_says_nothing_is_a_504(asker):
    a = asker(*limit(request_first_byte_timeout="300ms"))
    with a.conn() as c:
        clock = Clock()
        answer = a.ask(c, "sleep.cgi", 20)
        clock.between(0.29, 0.3 + SLACK)
        assert answer.status == 504 and answer.complete
        assert answer.app_status == 128 + signal.SIGTERM
        assert a.ask(c, "hello.cgi").complete, "the connection goes on"
    a.all_idle()


def test_a_program_that_falls_silent_is_cut(asker):
    a = asker(*limit(request_idle_timeout="300ms"))
    with a.conn() as c:
        clock = Clock()
        answer = a.ask(c, "drip.cgi", "2,20")
        clock.between(0.29, 0.3 + SLACK)
        assert answer.body == b"line 1\n"
        assert answer.eof and not answer.stdout_closed
    a.all_idle()


def test_a_program_that_speaks_in_time_is_left_alone(asker):
    a = asker(*limit(request_idle_timeout="1s",
                     request_first_byte_timeout="1s"))
    answer = a.get("drip.cgi", "8,0.2")
    assert answer.complete and answer.body.endswith(b"line 8\n")


def test_a_closed_stdout_does_not_stop_the_clock(asker):
    a = asker(*limit(request_idle_timeout="300ms"))
    clock = Clock()
    answer = a.get("closeout.cgi", "20,0")
    clock.between(0.29, 0.3 + SLACK)
    assert not answer.ended
    a.all_idle()


def test_the_whole_time_of_a_program_is_limited(asker):
    a = asker(*limit(request_terminate_timeout="800ms"))

    def busy():
        clock = Clock()
        answer = a.get("drip.cgi", "100,0.05")
        clock.between(0.79, 0.8 + SLACK)
        assert answer.eof and not answer.stdout_closed

    busy()
    clock = Clock()
    answer = a.get("sleep.cgi", 20)
    clock.between(0.79, 0.8 + SLACK)
    assert (answer.status, answer.app_status) == (504, 143)
    a.all_idle()


@pytest.mark.parametrize("limits", [
    {"request_first_byte_timeout": "800ms"},
    {"request_terminate_timeout": "800ms"}])
def test_a_program_that_ignores_term_is_killed(asker, limits):
    a = asker(*limit(request_kill_timeout="300ms", **limits))
    with a.conn() as c:
        clock = Clock()
        a.send(c, "deaf.cgi", 20)
        c.read_until(lambda: c.answer().stdout_closed)
        clock.between(0.79, 0.8 + SLACK)
        answer = c.finish()
        clock.between(1.09, 1.1 + SLACK)
        assert answer.status == 504 and answer.complete
        assert answer.app_status == 128 + signal.SIGKILL
    a.all_idle()


def test_time_in_which_the_web_server_is_waited_for_does_not_count(asker):
    a = asker(*limit(request_first_byte_timeout="800ms",
                     request_idle_timeout="800ms"))
    with a.conn() as c:  # neither before the body is there
        c.begin(keep=True)
        c.params(a.params("sha256.cgi", CONTENT_LENGTH="6"))
        c.stdin(b"abc", end=False)
        time.sleep(1.2)
        c.stdin(b"def")
        assert c.finish().body.startswith(b"6 ")
        a.send(c, "floodout.cgi", 4 << 20)
        time.sleep(1.2)  # nor while nobody reads
        assert len(c.finish().body) == 4 << 20


def test_limits_of_zero_are_off(asker):
    names = ("request_head_timeout", "request_body_timeout",
             "request_write_timeout", "request_first_byte_timeout",
             "request_idle_timeout", "request_terminate_timeout",
             "keepalive_timeout")
    a = asker(*limit(**{name: "0" for name in names}))
    with a.conn() as c:
        data = fcgi.request_bytes(
            a.params("sha256.cgi", CONTENT_LENGTH="3"), b"abc", keep=True)
        for part in (data[:5], data[5:60], data[60:-15], data[-15:]):
            c.send_raw(part)
            time.sleep(0.1)
        assert c.finish().body.startswith(b"3 ")
        assert a.ask(c, "sleep.cgi", 0.3).body == b"slept\n"


# --- kept connections ---

def test_a_kept_connection_is_closed_when_it_was_idle_for_long(asker):
    a = asker(*limit(keepalive_timeout="1s"))
    with a.conn() as c:
        for _ in range(4):
            time.sleep(0.3)
            clock = Clock()  # not later than its end
            assert a.ask(c, "hello.cgi").complete
        c.wait_closed(5)
        clock.between(0.98, 1 + SLACK)


def test_without_keepalive_each_connection_is_closed(asker):
    a = asker(*limit(keepalive="no"))
    with a.conn() as c:
        clock = Clock()
        assert a.ask(c, "hello.cgi").complete
        c.wait_closed(5)
        clock.between(0, 1)


def test_beyond_keepalive_max_the_one_that_finished_is_closed(asker):
    a = asker(*limit(keepalive_max=3))
    conns = [a.conn() for _ in range(4)]
    try:
        for c in conns:
            assert a.ask(c, "hello.cgi").complete
            time.sleep(0.05)
        conns[3].wait_closed(5)
        for c in conns[:3]:
            assert a.ask(c, "hello.cgi").complete
    finally:
        for c in conns:
            c.close()


# --- and the rest ---

@pytest.mark.parametrize("linger,least", [("100ms", 0.09), ("500ms", 0.49)])
def test_a_background_job_may_hold_the_answer_for_the_linger(asker, linger,
                                                             least):
    a = asker("-o", "cgi.linger=" + linger)
    clock = Clock()
    answer = a.get("daemonise.cgi", 30)
    clock.between(least, least + SLACK)
    assert answer.complete and answer.app_status == 0
    job = int(answer.body.split()[1])
    assert procs.alive(job)
    procs.kill(job)


def test_a_stop_waits_for_what_runs_within_the_grace(asker):
    a = asker("-o", "process_control_timeout=5s")
    with a.conn() as c:
        a.send(c, "sleep.cgi", 0.5)
        procs.wait_for(a.pool.programs, 5, "it runs")
        a.pool.send(signal.SIGTERM)
        assert c.finish().body == b"slept\n"
    assert a.pool.stop() == 0


def test_a_stop_ends_what_runs_after_the_grace(asker):
    a = asker("-o", "process_control_timeout=1s",
              "-o", "request_kill_timeout=300ms", workers=2)

    def one(name):
        with a.conn() as c:
            a.send(c, name, 20)
            return c.finish()

    def stop():
        procs.wait_for(lambda: len(a.pool.programs()) == 2, 5, "they run")
        clock = Clock()
        assert a.pool.stop() == 0
        clock.between(0.99, 1.3 + 2 * SLACK)

    asleep, deaf, _ = together(lambda: one("sleep.cgi"),
                               lambda: one("deaf.cgi"), stop)
    assert (asleep.status, asleep.app_status) == (503, 143)
    assert deaf.status == 503 and deaf.app_status in (None, 137)
