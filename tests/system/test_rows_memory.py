"""A worker's memory does not grow with what it relays: P26, P32, C31, K04."""

import os
import random

import pytest

import fcgi
import procs
from asker import memory_peak

pytestmark = [pytest.mark.plain_only, pytest.mark.seconds(120)]

GIB = 1 << 30
MIB = 1 << 20
MOST_KIB = 6 << 10  # in all, of which the C library has 2 MiB


@pytest.fixture
def frugal(asker):
    """An Asker whose only worker must stay small."""
    made = []

    def make(*args, **kw):
        made.append(asker(*args, **kw))
        return made[-1]

    yield make
    for a in made:
        for pid in a.pool.workers():
            assert memory_peak(pid) <= MOST_KIB


def drain(conn, length):
    """Read until END_REQUEST; the bytes of STDOUT are counted, not kept."""
    got, view = 0, bytearray(1 << 20)
    head, left, kind = b"", 0, 0
    conn.sock.settimeout(30)
    while True:
        n = conn.sock.recv_into(view)
        if n == 0:
            return got, False
        at = 0
        while at < n:
            if left == 0:
                take = view[at:at + 8 - len(head)]
                head += take
                at += len(take)
                if len(head) == 8:
                    _, kind, _, left, pad, _ = fcgi.HEAD.unpack(head)
                    assert pad == 0
                    head = b""
                continue
            step = min(left, n - at)
            left -= step
            at += step
            if kind == fcgi.STDOUT:
                got += step
            if kind == fcgi.END_REQUEST and left == 0:
                return got, True


def test_C31_a_gibibyte_is_sent(frugal):
    a = frugal()
    with a.conn(60) as c:
        a.send(c, "floodout.cgi", GIB)
        got, ended = drain(c, GIB)
    assert ended and GIB < got < GIB + 200


def test_C31_a_gibibyte_is_received(frugal):
    a = frugal()
    part = fcgi.stream_records(fcgi.STDIN, 1, bytes(32 * 65535), end=False)
    parts, rest = divmod(GIB, 32 * 65535)
    with a.conn(60) as c:
        c.begin(keep=True)
        c.params(a.params("count.cgi", CONTENT_LENGTH=str(GIB)))
        for _ in range(parts):
            c.send_raw(part)
        c.stdin(bytes(rest))
        assert int(c.finish().body) == GIB


def test_P32_a_million_records_of_one_byte(frugal):
    a = frugal()
    part = fcgi.stream_records(fcgi.STDIN, 1, b"x" * 10000, cut=1, end=False)
    with a.conn(60) as c:
        c.begin(keep=True)
        c.params(a.params("count.cgi", CONTENT_LENGTH="1000000"))
        for _ in range(100):
            c.send_raw(part)
        c.stdin(b"")
        assert int(c.finish().body) == 1000000


def test_P26_all_ids_begun_and_none_finished(frugal):
    a = frugal("-o", "request_head_timeout=60s")
    begun = b"".join(fcgi.begin_record(id, keep=True)
                     for id in range(1, 65536))
    with a.conn(60) as c:
        c.send_raw(begun)
        refused = {id for id in range(9, 65536)}
        c.read_until(lambda: all(c.answer(id).ended for id in (9, 65535)))
        for id in refused:
            answer = c.answer(id)
            assert answer.status == 503, answer
            assert answer.protocol_status == fcgi.OVERLOADED
        c.params(a.params("hello.cgi"), id=5)
        c.stdin(b"", id=5)
        assert c.finish(5).body == b"hello\n"


@pytest.mark.parametrize("listen", ["unix", "tcp"])
def test_K04_a_peer_that_never_reads(frugal, listen):
    a = frugal("-o", "request_write_timeout=700ms", listen=listen)
    with a.conn() as c:
        for id in range(1, 9):
            a.send(c, "floodout.cgi", 100 * MIB, id=id)
        c.read_raw(1)  # they run
        a.all_idle(5)
    with a.conn() as c:  # nor sends on what is asked of it
        a.send(c, "floodout.cgi", 100 * MIB, id=1)
        try:
            c._wait = never_read(c)
            c.send_raw(b"".join(fcgi.encode(fcgi.GET_VALUES, 0, b"")
                                for _ in range(1000000)), 2)
        except (TimeoutError, BrokenPipeError, ConnectionResetError):
            pass
    a.all_idle(5)


def never_read(conn):
    """A Conn._wait that takes nothing while it sends."""
    wait = fcgi.Conn._wait

    def only_write(events, deadline, what):
        import select
        return wait(conn, select.POLLOUT, deadline, what) & ~select.POLLIN

    return only_write


def test_bodies_that_wait_do_not_fill_the_memory(frugal, tmp_path):
    a = frugal("-o", "request_body_temp_dir=%s" % tmp_path)
    gate = str(tmp_path / "gate")
    body = random.Random(3).randbytes(12 * MIB)
    with a.conn(30) as c:
        c.begin(1, keep=True)
        c.params(a.params("gate.cgi", gate, CONTENT_LENGTH=str(len(body))),
                 id=1)
        a.send(c, "sleep.cgi", 0.2, id=2)
        c.stdin(body, id=1)
        assert c.finish(2).body == b"slept\n"
        open(gate, "w").close()
        assert c.finish(1).body == b"first\nsecond\n"
    assert os.listdir(tmp_path) == ["gate"]
