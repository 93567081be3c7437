"""Failure modes of programs while they run, C01 to C17: what they do with
their stdin, stdout and stderr."""

import hashlib
import os
import random
import signal
import socket
import statistics
import time

import pytest

import fcgi
import procs
from asker import Clock, together

MIB = 1 << 20
BOTH = pytest.mark.parametrize("listen", ["unix", "tcp"])
HEAD = b"Content-Type: application/octet-stream\r\n\r\n"


# --- C01 to C04: all three streams at once ---

@BOTH
def test_C01_a_program_may_read_and_write_at_once(asker, listen):
    a = asker(listen=listen)
    body = random.Random(1).randbytes(16 * MIB)
    clock = Clock()
    answer = a.get("echo.cgi", body=body)
    assert answer.body == body and answer.complete
    clock.between(0, 10)


@pytest.mark.parametrize("name", ["noread.cgi", "closein.cgi"])
@pytest.mark.parametrize("keep", [False, True])
def test_C02_a_body_that_nobody_reads_is_dropped(asker, name, keep):
    a = asker()
    with a.conn() as c:
        for _ in range(3):
            answer = c.request(a.params(name, "", b"x"), b"x" * (4 * MIB),
                               keep=keep)
            assert answer.status == 200 and answer.complete
            if not keep:
                break


def test_C03_a_body_that_is_read_in_part_is_dropped(asker):
    a = asker()
    body = b"begin" + b"x" * (4 * MIB)
    with a.conn() as c:
        for _ in range(3):
            answer = a.ask(c, "readsome.cgi", 5, body)
            assert answer.body == b"begin" and answer.complete


@pytest.mark.parametrize("to", ["fastcgi", "both", "log", "null"])
def test_C04_a_flood_of_stderr_leaves_stdout_whole(asker, to):
    a = asker("-o", "cgi.stderr=" + to)
    answer = a.get("flooderr.cgi", 8 * MIB)
    assert answer.body == b"flooded\n" and answer.complete
    passed = to in ("fastcgi", "both")
    assert len(answer.stderr) == (8 * MIB if passed else 0)
    answer = a.get("interleave.cgi", 2000)
    assert answer.body == b"".join(b"out %d\n" % n for n in range(1, 2001))
    assert len(a.pool.log()) < MIB, "a flood must not fill the disk"


# --- C05 to C07: ends that are not ends ---

def test_C05_stdout_ends_at_once_and_the_status_follows(asker):
    a = asker()
    with a.conn() as c:
        clock = Clock()
        a.send(c, "closeout.cgi", "2,3")
        c.read_until(lambda: c.answer().stdout_closed)
        clock.between(0, 1.5)
        assert not c.answer().ended
        answer = c.finish()
        clock.between(1.95, 5)
        assert answer.app_status == 3 and answer.complete


def test_C05_a_program_without_stdout_is_still_limited(asker):
    a = asker("-o", "request_terminate_timeout=1500ms")
    answer = a.get("closeout.cgi", "600,0")
    assert not answer.complete and answer.stdout_closed
    a.all_idle()


def test_C06_a_background_job_is_not_waited_for(asker):
    a = asker("-o", "cgi.linger=300ms")
    clock = Clock()
    answer = a.get("daemonise.cgi", 20)
    clock.between(0.25, 1.5)
    assert answer.app_status == 0 and answer.complete
    job = int(answer.body.split()[1])
    assert procs.alive(job), "it is left alone"
    a.probe(1)
    os.kill(job, signal.SIGKILL)


def test_C07_a_daemon_of_its_own_session_is_left_alone(asker):
    a = asker("-o", "cgi.linger=8s")
    clock = Clock()
    answer = a.get("setsid.cgi", 20)
    clock.between(0, 4)  # it holds nothing, so nothing lingers
    daemon = int(answer.body.split()[1])
    assert answer.complete and procs.alive(daemon)
    assert not [p for p in a.pool.programs() if p.pid == daemon]
    os.kill(daemon, signal.SIGKILL)


# --- C08 to C12: ending what runs ---

@BOTH
@pytest.mark.parametrize("name", ["sleep.cgi", "drip.cgi"])
def test_C08_the_program_of_a_client_that_left_is_ended(asker, listen, name):
    a = asker(listen=listen)
    c = a.conn()
    a.send(c, name, "60,0.2" if name == "drip.cgi" else 60)
    procs.wait_for(a.pool.programs, 5, "it runs")
    time.sleep(0.1)
    clock = Clock()
    c.close()
    a.all_idle(3)
    clock.between(0, 3)
    a.probe(1)


def test_C08_client_abort_finish_lets_it_finish(asker, tmp_path):
    a = asker("-o", "client_abort=finish")
    c = a.conn()
    clock = Clock()
    a.send(c, "sleep.cgi", 1)
    pid = procs.wait_for(a.pool.programs, 5, "it runs")[0].pid
    c.close()
    procs.wait_for(lambda: not procs.alive(pid), 5, "it ends")
    clock.between(0.95, 4)


@BOTH
def test_C09_a_half_close_does_not_end_a_program(asker, listen):
    a = asker(listen=listen)
    with a.conn() as c:
        a.send(c, "drip.cgi", "5,0.1")
        c.sock.shutdown(socket.SHUT_WR)
        answer = c.finish()
        assert answer.body.endswith(b"line 5\n") and answer.complete


def abort_before_params_end(a, c):
    c.begin(keep=True)
    c.params({"A": "b"}, end=False)
    c.abort()
    return 0


def abort_during_body(a, c):
    c.begin(keep=True)
    c.params(a.params("sha256.cgi", CONTENT_LENGTH="1000"))
    c.stdin(b"x" * 10, end=False)
    procs.wait_for(a.pool.programs, 5, "it runs")
    c.abort()
    return 143


def abort_before_output(a, c):
    a.send(c, "sleep.cgi", 60)
    procs.wait_for(a.pool.programs, 5, "it runs")
    c.abort()
    return 143


def abort_during_output(a, c):
    a.send(c, "drip.cgi", "60,1")
    c.read_until(lambda: c.answer().body)
    c.abort()
    return 143


def abort_in_a_flood(a, c):
    a.send(c, "floodout.cgi", 50 * MIB)
    c.next()
    c.abort()
    return 143


def abort_after_stdout_closed(a, c):
    a.send(c, "closeout.cgi", "60,0")
    c.read_until(lambda: c.answer().stdout_closed)
    c.abort()
    return 143


def abort_in_one_write(a, c):
    c.send_raw(fcgi.request_bytes(a.params("sleep.cgi", "60"), keep=True)
               + fcgi.encode(fcgi.ABORT_REQUEST, 1))
    return 143


@BOTH
@pytest.mark.parametrize("phase", [
    abort_before_params_end, abort_during_body, abort_before_output,
    abort_during_output, abort_in_a_flood, abort_after_stdout_closed,
    abort_in_one_write])
def test_C10_an_abort_is_obeyed_in_every_phase(asker, listen, phase):
    a = asker(listen=listen)
    with a.conn() as c:
        clock = Clock()
        status = phase(a, c)
        answer = c.finish()
        clock.between(0, 3)
        assert answer.complete and answer.app_status == status
        a.all_idle()
        c.abort()  # after its end: nothing to abort
        assert a.ask(c, "hello.cgi").body == b"hello\n"


def test_C10_an_abort_ends_one_of_several_requests(asker):
    a = asker()
    with a.conn() as c:
        for id in (1, 2, 3):
            a.send(c, "sleep.cgi", 2, id=id)
        procs.wait_for(lambda: len(a.pool.programs()) == 3, 5, "they run")
        c.abort(2)
        clock = Clock()
        assert c.finish(2).app_status == 143
        clock.between(0, 1.5)
        for id in (1, 3):
            assert c.finish(id).body == b"slept\n"


def test_C11_a_tree_that_ignores_term_is_killed_whole(asker):
    a = asker("-o", "request_kill_timeout=300ms",
              "-o", "request_idle_timeout=300ms")
    with a.conn() as c:
        a.send(c, "ignoreterm.cgi", 60)
        answer = c.finish()
        assert answer.body.startswith(b"pid ") and not answer.ended
    with a.conn() as c:
        a.send(c, "tree.cgi", 20)
        c.read_until(lambda: b"\n" in c.answer().body)
        pids = [int(n) for n in c.answer().body.split()]
        assert len(pids) == 21
        c.finish()
    procs.wait_for(lambda: not any(procs.alive(p) for p in pids), 3,
                   "all of the tree is gone")


@pytest.mark.parametrize("how", ["abort", "close"])
def test_C12_the_children_of_a_program_end_with_it(asker, how):
    a = asker()
    with a.conn() as c:
        a.send(c, "tree.cgi", 5)
        c.read_until(lambda: b"\n" in c.answer().body)
        pids = [int(n) for n in c.answer().body.split()]
        if how == "abort":
            c.abort()
            assert c.finish().app_status == 143
    procs.wait_for(lambda: not any(procs.alive(p) for p in pids), 3,
                   "all of the group is gone")


# --- C13, C15 to C17: what comes out, as it is ---

def test_C13_each_exit_code_arrives_as_it_is(asker):
    a = asker(workers=2)

    def codes(some):
        with a.conn() as c:
            for code in some:
                assert a.ask(c, "exit.cgi", code).app_status == code

    together(lambda: codes(range(0, 256, 2)), lambda: codes(range(1, 256, 2)))


def deadly_signals():
    """All that end a process, real-time ones too."""
    harmless = {"SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN",
                "SIGTTOU", "SIGURG", "SIGWINCH"}
    names = {s.value for s in signal.Signals if s.name not in harmless}
    return sorted(names | {35, 40, 50, 63})


def test_C13_each_signal_arrives_as_128_and_its_number(asker):
    a = asker("-o", "rlimit_core=0")
    with a.conn() as c:
        for number in deadly_signals():
            answer = a.ask(c, "signal.cgi", number)
            assert (answer.status, answer.app_status) == (502, 128 + number)


@pytest.mark.parametrize("name,query,status", [
    ("silent.cgi", "0", 0), ("silent.cgi", "1", 1),
    ("signal.cgi", "KILL", 137)])
def test_C15_no_output_at_all_is_a_502(asker, name, query, status):
    a = asker()
    answer = a.get(name, query)
    assert (answer.status, answer.app_status) == (502, status)
    assert answer.complete and answer.stdout_closed


HEADS = {
    "head alone": [b"Status: 204 No Content\r\n\r\n"],
    "no blank line": [b"Content-Type: text/plain\r\n"],
    "leading blank line": [b"\r\nContent-Type: text/plain\r\n\r\nx"],
    "nul": [b"Content-Type: te\0xt/plain\r\n\r\nx"],
    "no head": [b"<html>"],
    "only blanks": [b"\n\n\n"],
    "one byte": [b"x"],
}


@pytest.mark.parametrize("pieces", HEADS.values(), ids=HEADS.keys())
def test_C16_odd_heads_are_passed_unchanged(asker, pieces):
    a = asker()
    answer = a.get("raw.cgi", ",".join(p.hex() for p in pieces))
    assert answer.stdout == b"".join(pieces) and answer.complete


def test_C16_a_huge_head_is_passed_without_being_kept(asker):
    a = asker()
    answer = a.get("hugehead.cgi", 4 * MIB)
    assert len(answer.headers["x-long"]) == 4 * MIB


LINES = {
    "lf": [b"A: b\n\nbody\n"],
    "crlf": [b"A: b\r\n\r\nbody\r\n"],
    "slow lf": [b"A: b\n", b"\n", b"body\n"],
    "slow crlf": [b"A: b\r", b"\n\r", b"\nbo", b"dy\r", b"\n"],
    "bytewise": [bytes([b]) for b in b"A: b\r\n\r\nx"],
}


@pytest.mark.parametrize("pieces", LINES.values(), ids=LINES.keys())
def test_C17_line_ends_stay_and_pieces_come_as_they_are_written(asker,
                                                                pieces):
    a = asker()
    for _ in range(6):
        with a.conn() as c:
            a.send(c, "raw.cgi", ",".join(p.hex() for p in pieces))
            answer = c.finish()
        assert answer.stdout == b"".join(pieces)
        lengths = [n for type, n in answer.order if type == fcgi.STDOUT and n]
        if lengths == [len(p) for p in pieces]:
            break  # else the worker got no processor for 30 ms
    assert lengths == [len(p) for p in pieces]


def test_C17_a_line_is_under_way_at_once(asker):
    a = asker()

    def gaps():
        with a.conn() as c:
            a.send(c, "drip.cgi", "5,0.15")
            seen = []
            for n in range(1, 6):
                c.read_until(lambda: b"line %d\n" % n in c.answer().body)
                seen.append(time.monotonic())
            c.finish()
        return [b - a for a, b in zip(seen, seen[1:])]

    tries = []
    while len(tries) < 6:  # lines that come late are followed by early ones
        tries.append(gaps())
        if 0.1 < statistics.median(tries[-1]) < 0.2 * procs.crowd():
            return
    raise AssertionError(tries)


def test_C17_over_tcp_nothing_waits_for_an_acknowledgement(asker):
    took = {"unix": [], "tcp": []}
    askers = {listen: asker(listen=listen) for listen in took}
    with askers["unix"].conn() as unix, askers["tcp"].conn() as tcp:
        for _ in range(15):
            for listen, c in (("unix", unix), ("tcp", tcp)):
                clock = Clock()
                assert askers[listen].ask(
                    c, "echo.cgi", body=b"x" * 300).complete
                took[listen].append(clock.passed())
    longer = statistics.median(took["tcp"]) - statistics.median(took["unix"])
    assert longer < 0.02 * procs.crowd(), took


# --- C30, C31: bytes ---

def test_C30_a_program_may_make_its_ends_non_blocking(asker):
    a = asker()
    body = random.Random(30).randbytes(6 * MIB)
    assert a.get("nbecho.cgi", body=body).body == body
    assert a.get("nonblock.cgi").body == b"non-blocking\n"
    assert a.get("echo.cgi", body=body).body == body


def test_C31_bytes_arrive_as_they_are(asker):
    a = asker()
    assert a.get("binary.cgi").body == bytes(range(256)) * 4
    body = random.Random(31).randbytes(8 * MIB)
    length, digest = a.get("sha256.cgi", body=body).body.split()
    assert digest.decode() == hashlib.sha256(body).hexdigest()
    for cut in (1, 7, 8, 255, 4096):
        part = body[:cut * 997]
        with a.conn() as c:
            c.send_request(a.params("echo.cgi", "", part), part, cut=cut,
                           padding=cut % 256)
            assert c.finish().body == part
