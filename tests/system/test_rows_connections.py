"""Failure modes of connections, K01 to K10: peers that are slow, idle, gone
or only half gone."""

import random
import signal
import socket
import statistics
import struct
import threading
import time

import pytest

import fcgi
import procs
from asker import Clock, together

BOTH = pytest.mark.parametrize("listen", ["unix", "tcp"])


def reset(conn):
    """Close with a reset, TCP's way of slamming the door."""
    conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                         struct.pack("ii", 1, 0))
    conn.close()


# --- K01, K02: heads ---

@BOTH
def test_K01_silent_connections_pin_no_worker(asker, listen):
    a = asker("-o", "request_head_timeout=2s", workers=2, listen=listen)
    clock = Clock()
    silent = [a.conn() for _ in range(40)]
    try:
        time.sleep(0.1)
        # One that wakes up in time is served as any other ...
        assert a.ask(silent[7], "hello.cgi", keep=False).complete
        a.probes(20, 0.25)
        for c in silent[:7] + silent[8:]:
            c.wait_closed(5)  # ... and the others are not kept for ever.
        clock.between(1.95, 5)
    finally:
        for c in silent:
            c.close()


@pytest.mark.parametrize("what", ["record head", "parameters"])
def test_K02_dripping_heads_are_cut_at_the_head_limit(asker, what):
    a = asker("-o", "request_head_timeout=600ms", workers=2)

    def drip():
        clock = Clock()
        with a.conn() as c:
            if what == "parameters":
                c.begin(keep=True)
            data = fcgi.request_bytes({"A": "x" * 500}, id=2)
            try:
                c.send_slowly(data, 1, 0.03)
            except (BrokenPipeError, ConnectionResetError):
                pass
            clock.between(0.55, 3)
            return True

    def honest():
        time.sleep(0.1)
        a.probe(3)  # when the first of those is cut
        return True

    assert all(together(drip, drip, honest))


# --- K03, K04: bodies and answers ---

def test_K03_a_dripping_body_lives_on_and_a_stalled_one_ends(asker):
    a = asker("-o", "request_body_timeout=1200ms", workers=2)

    def drip(pieces, pause):
        with a.conn() as c:
            c.begin(keep=True)
            c.params(a.params("sha256.cgi", CONTENT_LENGTH=str(pieces)))
            try:
                c.send_slowly(fcgi.stream_records(
                    fcgi.STDIN, 1, b"x" * pieces, cut=1), 9, pause)
            except (BrokenPipeError, ConnectionResetError):
                pass
            return c.finish()

    below, above = together(lambda: drip(8, 0.2), lambda: drip(3, 1.8))
    assert below.status == 200 and below.body.startswith(b"8 ")
    assert (above.status, above.app_status) == (408, 143)
    a.all_idle()


@pytest.mark.parametrize("length", ["", "4", "100000"])
def test_K03_a_silent_program_is_not_the_web_servers_fault(asker, length):
    """It answers, or begins to read, later than the body may be late."""
    a = asker("-o", "request_body_timeout=700ms")
    body = b"x" * int(length or 0)
    with a.conn() as c:
        answer = c.request(a.params("sleep.cgi", "1.4",
                                    CONTENT_LENGTH=length), body)
        assert answer.body == b"slept\n" and answer.complete, answer


@BOTH
def test_K04_readers_that_stall_free_their_worker(asker, listen):
    a = asker("-o", "request_write_timeout=400ms", workers=2, listen=listen)
    stalled = [a.conn() for _ in range(2)]
    try:
        for c in stalled:
            a.send(c, "floodout.cgi", 50 << 20)
            c.read_raw(100)
        a.probe(2)
        a.all_idle()
    finally:
        for c in stalled:
            c.close()


# --- K05, K06: kept connections ---

@BOTH
def test_K05_idle_kept_connections_pin_no_worker(asker, listen):
    workers = 4
    a = asker(workers=workers, listen=listen)
    kept = []
    try:
        for _ in range(50 * workers):
            kept.append(a.conn())
            assert a.ask(kept[-1], "hello.cgi").complete
        took = []
        for _ in range(100):
            clock = Clock()
            assert a.get("hello.cgi").complete
            took.append(clock.passed())
        assert sorted(took)[90] < 0.1 * procs.crowd(), sorted(took)[80:]
        for c in kept:
            assert a.ask(c, "hello.cgi").body == b"hello\n"
    finally:
        for c in kept:
            c.close()


def test_K05_silent_and_kept_connections_are_served_beside_each_other(asker):
    a = asker("-o", "request_head_timeout=50s", workers=2)
    conns = [a.conn() for _ in range(60)]
    try:
        for c in conns[::2]:
            assert a.ask(c, "hello.cgi").complete
        order = list(conns)
        random.Random(5).shuffle(order)
        for c in order:
            assert a.ask(c, "hello.cgi").complete
        for c in order:  # all at once
            a.send(c, "hello.cgi")
        for c in order:
            assert c.finish().complete
    finally:
        for c in conns:
            c.close()


def hammer(a, n, count, done=lambda: False):
    """COUNT requests with a body on one kept connection, none lost."""
    with a.conn() as c:
        for i in range(count):
            body = b"%d:%d " % (n, i) * 50
            answer = a.ask(c, "echo.cgi", body=body)
            assert answer.body == body and answer.complete
            if done():
                break
    return True


@pytest.mark.plain_only
@BOTH
def test_K06_recycling_loses_no_request_on_kept_connections(asker, listen):
    a = asker("-o", "pm.max_requests=10", workers=3, listen=listen)
    a.pool.keeps_workers = False
    first = a.pool.workers()
    assert all(together(*[lambda n=n: hammer(a, n, 120) for n in range(4)]))

    def recycled():
        """Whoever came last to its ten has still to go."""
        return a.get("hello.cgi").complete and not (
            set(first) & set(a.pool.workers()))

    procs.wait_for(recycled, 10, "all were recycled")


@pytest.mark.plain_only
@BOTH
@pytest.mark.parametrize("numbers", [
    (signal.SIGTTIN, signal.SIGTTOU), (signal.SIGHUP,)],
    ids=["scaling", "reload"])
def test_K06_scaling_and_reloading_lose_no_request(asker, listen, numbers):
    a = asker(workers=3, listen=listen)
    a.pool.keeps_workers = False
    over = threading.Event()

    def disturb():
        for _ in range(8):
            for number in numbers:
                a.pool.send(number)
                time.sleep(0.03)
        over.set()
        return True

    assert all(together(disturb, *[
        lambda n=n: hammer(a, n, 10000, over.is_set) for n in range(4)]))


# --- K07 to K10: ends ---

@BOTH
def test_K07_without_keep_conn_the_end_follows_at_once(asker, listen):
    a = asker(listen=listen)
    late = []
    for _ in range(20):
        with a.conn() as c:
            c.begin(keep=False)
            c.params(a.params("hello.cgi"))  # the end of STDIN never comes
            assert c.finish().complete
            clock = Clock()
            c.wait_closed(2)
            late.append(clock.passed())
    assert statistics.median(late) < 0.02 * procs.crowd(), late


def test_K08_an_unread_body_does_not_cost_the_answer(asker):
    """The peer sends all of it first, and reads late."""
    a = asker(workers=2, listen="tcp")
    body = b"x" * (1 << 20)
    for i in range(24):
        data = fcgi.request_bytes(a.params("floodout.cgi", "10000", body),
                                  body, keep=i % 2 == 1)
        s = a.pool.connect()
        s.sendall(data)
        time.sleep(0.02)
        with fcgi.Conn(sock=s) as c:
            answer = c.finish()
            assert len(answer.body) == 10000 and answer.complete
            if i % 2 == 0:
                c.wait_closed()
                assert not c.reset


def test_K08_what_is_sent_behind_the_answer_is_no_reset(asker):
    a = asker(listen="tcp")
    body = b"x" * (1 << 20)
    data = fcgi.request_bytes(a.params("hello.cgi", "", body), body)
    between = data.index(fcgi.encode(fcgi.STDIN, 1, body[:65535])[:8])
    for cut in (between, between + 5, 500000):
        s = a.pool.connect()
        s.sendall(data[:cut])
        time.sleep(0.15)  # it has answered
        for at in range(cut, len(data), 100000):
            s.sendall(data[at:at + 100000])
            time.sleep(0.01)
        with fcgi.Conn(sock=s) as c:
            assert c.finish().body == b"hello\n"
            c.wait_closed()
            assert not c.reset


def test_K08_a_peer_that_never_closes_pins_no_worker(asker):
    a = asker(workers=2, listen="tcp")
    left = []
    try:
        for _ in range(4):
            left.append(a.conn())
            left[-1].send_raw(
                fcgi.begin_record(keep=False) + fcgi.stream_records(
                    fcgi.PARAMS, 1, fcgi.encode_pairs(a.params("hello.cgi")))
                + fcgi.encode(fcgi.STDIN, 1, b"more to come"))
            assert left[-1].finish().complete
        a.probe(3)
    finally:
        for c in left:
            c.close()


def test_K08_a_peer_that_sends_on_without_end_is_cut(asker):
    a = asker(listen="tcp")
    with a.conn() as c:
        c.begin(keep=False)
        c.params(a.params("noread.cgi", CONTENT_LENGTH=""))
        record = fcgi.encode(fcgi.STDIN, 1, b"x" * 60000)
        clock = Clock()
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            while clock.passed() < 10:
                c.send_raw(record)
                time.sleep(0.001)
        clock.between(0, 5)


@BOTH
def test_K08_the_rest_of_a_body_may_take_its_time(asker, listen):
    a = asker("-o", "request_head_timeout=1s", listen=listen)
    with a.conn() as c:
        c.begin(keep=True)
        c.params(a.params("noread.cgi", CONTENT_LENGTH="20000"))
        assert c.finish().body == b"not read\n"
        rest = fcgi.stream_records(fcgi.STDIN, 1, b"x" * 20000, cut=100)
        c.send_slowly(rest, 850, 0.06)
        assert a.ask(c, "hello.cgi").complete


@pytest.mark.plain_only
@BOTH
def test_K09_resets_in_mid_answer_kill_no_worker(asker, listen):
    a = asker(workers=2, listen=listen)
    rng = random.Random(9)

    def client(offsets):
        for n in offsets:
            c = a.conn()
            a.send(c, "floodout.cgi", 2 << 20, keep=False)
            c.read_raw(n)
            reset(c)
        return True

    offsets = [rng.randrange(1, 1 << 20) for _ in range(50)]
    together(lambda: client(offsets[:25]), lambda: client(offsets[25:]))
    a.probe(2)
    a.all_idle()


@BOTH
@pytest.mark.parametrize("keep", [False, True])
def test_K10_a_half_closed_peer_gets_its_answer(asker, listen, keep):
    a = asker(listen=listen)
    with a.conn() as c:
        a.send(c, "sleep.cgi", 0.3, keep=keep)
        c.sock.shutdown(socket.SHUT_WR)
        answer = c.finish()
        assert answer.body == b"slept\n" and answer.complete
        c.wait_closed(2)
    with a.conn() as c:
        c.send_request(a.params("floodout.cgi", str(3 << 20)), keep=keep)
        c.sock.shutdown(socket.SHUT_WR)
        answer = c.finish()
        assert len(answer.body) == 3 << 20 and answer.complete


@BOTH
def test_K10_a_half_close_in_mid_body_loses_the_request(asker, listen):
    a = asker(listen=listen)
    with a.conn() as c:
        c.begin(keep=True)
        c.params(a.params("sha256.cgi", CONTENT_LENGTH="100"))
        c.stdin(b"ten bytes.", end=False)
        procs.wait_for(a.pool.programs, 5, "it runs")
        c.sock.shutdown(socket.SHUT_WR)
        a.all_idle(3)
        c.closes_within(2)
    a.probe(1)
