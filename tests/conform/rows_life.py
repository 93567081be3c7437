"""Connections that break off, stall, stay or lie, and those beside them."""

import os
import random
import time

import fcgi
from check import NotApplicable, complete, want

LIMIT = 15  # seconds after which somebody who stalls must be gone


def row_P32(s):
    """100,000 STDIN records of one byte to a program that does not read"""
    s.honest()
    before = s.memory()
    with s.connect(10) as c:
        c.begin(keep=False)
        c.params(s.params("sleep", 2, CONTENT_LENGTH="100000"))
        begun = time.monotonic()
        try:
            for _ in range(100):
                c.send_raw(fcgi.encode(fcgi.STDIN, 1, b"x") * 1000, 10)
                if time.monotonic() - begun < 1.5:
                    grown = s.memory() - before
                    want(grown < 4096, "%d KiB", grown)
            c.stdin()
        except (BrokenPipeError, ConnectionResetError):
            pass
        complete(c.finish(), b"slept\n")


def row_P33(s):
    """output of 1, 65535, 65536 bytes and 8 MiB arrives whole"""
    for n in (1, 65535, 65536, 8 << 20):
        a = s.ask("flood", n)
        want(a.complete and a.body == b"x" * n, "%d of %d bytes", len(a.body),
             n)


def row_P35(s):
    """a body that nobody reads is not taken for requests"""
    forged = s.bytes("mark", id=1)
    with s.connect() as c:
        c.begin(keep=True)
        c.params(s.params("noread", CONTENT_LENGTH="200000"))
        c.send(fcgi.STDIN, 1, b"x" * 100)
        try:
            c.finish()
            c.send(fcgi.STDIN, 1, forged * 50)
            c.stdin(forged * 50)
            s.serves(c, 3)
        except (ConnectionResetError, BrokenPipeError, AssertionError):
            pass  # it may close instead; what it may not is below
    want(not s.ran(), "it ran")
    s.honest()


def row_P36(s):
    """a conversation cut after any byte leaves nobody waiting"""
    data = s.bytes("count", body=b"quantity=100")
    for cut in range(0, len(data), 3):
        with s.connect() as c:
            c.send_raw(data[:cut])
    s.honest(2)


def row_P36h(s):
    """neither does one whose web server stops sending half-way"""
    data = s.bytes("count", body=b"quantity=100")
    for cut in (1, 9, 20, 40, len(data) - 12):
        with s.connect() as c:
            c.send_raw(data[:cut])
            c.shutdown_write()
            want(not c.closes_within(3), "an answer to nothing")
    s.honest(2)


def row_P37(s):
    """HTTP, TLS, SSH, zeroes and noise are closed, and change nothing"""
    random.seed(37)
    for data in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                 bytes.fromhex("16030100c8010000c40303") + bytes(200),
                 b"SSH-2.0-OpenSSH_9.2p1\r\n", bytes(4096), b"\xff" * 4096):
        s.closes(data)
    for _ in range(100):
        with s.connect() as c:
            try:
                c.send_raw(random.randbytes(random.randrange(1, 300)))
            except OSError:
                pass
    s.honest(2)


def row_K01(s):
    """connections that bring nothing do not hold a worker"""
    silent = [s.connect() for _ in range(8)]
    time.sleep(0.1)
    try:
        s.honest(1)
    finally:
        for c in silent:
            c.close()


def gone_within_limit(c):
    want(not c.closes_within(LIMIT), "an answer to half a request")


def row_K02(s):
    """half a head, then silence: closed within 15 s"""
    with s.connect() as c:
        c.send_raw(s.bytes()[:60])
        gone_within_limit(c)
    s.honest(1)


def row_K03(s):
    """half a body, then silence: ended within 15 s"""
    with s.connect() as c:
        c.begin()
        c.params(s.params("count", CONTENT_LENGTH="100"))
        c.send(fcgi.STDIN, 1, b"half")
        begun = time.monotonic()
        while c.next(max(0.1, LIMIT - time.monotonic() + begun)) is not None:
            pass
    s.honest(1)


def row_K04(s):
    """a web server that stops reading is given up within 15 s"""
    with s.connect() as c:
        c.send_request(s.params("flood", 50 << 20))
        c.read_raw(100)
        end = time.monotonic() + LIMIT
        while True:
            try:
                s.honest(1)
                return
            except (TimeoutError, OSError):
                want(time.monotonic() < end, "still held after 15 s")


def row_K05(s):
    """kept connections that are idle do not hold a worker"""
    kept = [s.connect() for _ in range(10)]
    try:
        for c in kept:
            s.serves(c)
            want(not c.eof, "not kept")
        s.honest(1)
        for c in kept:
            s.serves(c)
    finally:
        for c in kept:
            c.close()


def row_K07(s):
    """without KEEP_CONN it closes after the end, at once"""
    with s.connect() as c:
        c.send_request(s.params())
        complete(c.finish())
        c.wait_closed(1)


def row_K08(s):
    """a web server that does not close after the end holds nobody"""
    left = [s.connect() for _ in range(3)]
    try:
        for c in left:
            c.send_request(s.params())
            complete(c.finish())
        s.honest(1.5)
    finally:
        for c in left:
            c.close()


def row_K10(s):
    """a half-close is not a close: the answer comes"""
    with s.connect() as c:
        c.send_request(s.params("sleep", 1))
        c.shutdown_write()
        complete(c.finish(), b"slept\n")


def alive(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def program(s, seconds=3):
    """Pid of the program that wrote its proof."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with open(s.proof) as f:
                return int(f.read())
        except (FileNotFoundError, ValueError):
            time.sleep(0.01)
    raise NotApplicable("it tells no pid")


def ended(pid, seconds):
    end = time.monotonic() + seconds
    while alive(pid):
        want(time.monotonic() < end, "the program runs on")
        time.sleep(0.02)


def row_C08(s):
    """the web server closes: the program is ended"""
    s.only("cgi")
    with s.connect() as c:
        c.send_request(s.params("sleep", 30))
        pid = program(s)
    ended(pid, 7)
    s.honest()


def row_C08k(s):
    """even one that ignores TERM"""
    s.only("cgi")
    with s.connect() as c:
        c.send_request(s.params("ignore"))
        pid = program(s)
    ended(pid, 12)
    s.honest()


def row_C10(s):
    """FCGI_ABORT_REQUEST ends the program, the connection goes on"""
    with s.connect(8) as c:
        c.send_request(s.params("sleep", 30), keep=True)
        pid = program(s) if s.kind == "cgi" else None
        c.abort()
        want(c.finish(seconds=7).ended, "no END_REQUEST")
        if pid:
            ended(pid, 1)
        s.serves(c)


def row_C33(s):
    """100 requests on one kept connection"""
    with s.connect() as c:
        for n in range(100):
            body = os.urandom(n) if n % 2 else b""
            complete(c.request(s.params("count", body=body), body),
                     b"%d\n" % len(body))
