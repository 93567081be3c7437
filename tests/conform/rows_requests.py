"""Parameters and bodies: what a program is told, and what it is not."""

import fcgi
from check import complete, status, want


def environ(s, extra=()):
    """The environment as (name, value) pairs, as the program has it."""
    s.only("cgi")
    with s.connect() as c:
        a = complete(c.request(s.pairs("env") + fcgi.encode_pairs(extra)))
        return [tuple(e.split(b"=", 1)) if b"=" in e else (e, None)
                for e in a.body.split(b"\0") if e]


def row_P11(s):
    """no parameters at all: an error, not a crash"""
    with s.connect() as c:
        c.begin()
        c.params(b"")
        c.stdin()
        a = c.finish()
        want(a.ended, "no END_REQUEST")
        want(a.status is not None and a.status >= 400, "status %s", a.status)
    s.honest()


def row_P12(s):
    """100,000 empty STDIN records cost nothing"""
    with s.connect() as c:
        s.serves(c)
        for _ in range(100):
            c.send_raw(fcgi.encode(fcgi.STDIN, 1) * 1000)
        s.serves(c)


def row_P13(s):
    """a length of 2^31-1 is refused at once, without memory for it"""
    s.honest()
    before = s.memory() if s.process else 0
    for lie in (b"\xff\xff\xff\xff\1", b"\1\xff\xff\xff\xff",
                b"\xff\xff\xff\xff\xff\xff\xff\xff"):
        with s.connect(3) as c:
            c.begin()
            c.send(fcgi.PARAMS, 1, s.pairs() + lie + b"x")
            try:
                c.finish()
            except ConnectionResetError:
                pass
    if s.process:
        want(s.memory() - before < 4096, "%d KiB", s.memory() - before)
    s.honest()


def row_P14(s):
    """half a name-value pair runs nothing"""
    for half in (b"\x32\x32" + b"01234567", b"\5\5abc", b"\200\0", b"\7"):
        with s.connect(3) as c:
            c.send_raw(fcgi.begin_record(1) + fcgi.stream_records(
                fcgi.PARAMS, 1, s.pairs("mark") + half)
                + fcgi.encode(fcgi.STDIN, 1))
            c.read_until(lambda: c.answer().ended)
        want(not s.ran(), "it ran")


def row_P15(s):
    """a pair may be cut by records at every byte"""
    pairs = s.pairs("query", "some=query", HTTP_X="y" * 130)
    for cut in list(range(1, len(pairs), 9)) + [1, 2, 3]:
        with s.connect() as c:
            c.begin()
            c.send(fcgi.PARAMS, 1, pairs[:cut])
            c.params(pairs[cut:])
            c.stdin()
            complete(c.finish(), b"some=query\n" + b"y" * 130 + b"\n")


def row_P16(s):
    """lengths in four bytes where one would do"""
    with s.connect() as c:
        complete(c.request(fcgi.encode_pairs(
            s.params("query", "q", HTTP_X="long"), long=True)), b"q\nlong\n")


def row_P17(s):
    """an empty name is dropped, an empty value is kept"""
    env = environ(s, [("", "value"), ("", ""), ("HTTP_X", "")])
    want(not [e for e in env if e[0] == b""], "an entry without a name")
    want((b"HTTP_X", b"") in env, "HTTP_X is gone")


def row_P18(s):
    """names that are no variables' names are dropped"""
    names = (b"A=B", b"A B", b"A\nB", b"BASH_FUNC_x%%", b"9A", b"A-B")
    env = environ(s, [(n, "() { :; }; x") for n in names])
    left = [n for n, v in env if v is not None and b"() {" in v]
    want(not left, "%r came through", left[:3])


def row_P19(s):
    """a value with a NUL is refused or left out, never cut"""
    with s.connect() as c:
        a = c.request(s.params("query", HTTP_X=b"ab\0cd"))
        want(a.complete, "no complete answer")
        want(a.status >= 400 or b"ab\n" not in a.body, "it was cut")


def row_P20(s):
    """of a name given twice there is one entry"""
    for count in (2, 100):
        env = environ(s, [("HTTP_X", "v%d" % n) for n in range(count)])
        got = [v for n, v in env if n == b"HTTP_X"]
        want(len(got) == 1, "%d entries", len(got))


def row_P21(s):
    """parameters without end are refused"""
    record = fcgi.encode(fcgi.PARAMS, 1, fcgi.encode_pair(
        "HTTP_X", "x" * 1000) * 60)
    sent = 0
    with s.connect() as c:
        c.begin()
        try:
            while not c.eof and not c._data and sent < 64 << 20:
                c.send_raw(record)
                sent += len(record)
        except (BrokenPipeError, ConnectionResetError):
            pass
    want(sent < 64 << 20, "64 MiB were taken")
    s.honest()


def row_P22(s):
    """a variable too long for the system is refused cleanly"""
    a = s.ask("query", HTTP_X="x" * 200000)
    want(a.complete and a.status is not None, "no complete answer: %r", a)
    want(a.status >= 400 or len(a.body) > 200000, "status %s, %d bytes",
         a.status, len(a.body))
    s.honest()


def row_P23(s):
    """a header of 70,000 bytes is passed intact"""
    complete(s.ask("query", HTTP_X="ab" * 35000), b"\n" + b"ab" * 35000
             + b"\n")


def row_P31(s):
    """the body that came is passed; a CONTENT_LENGTH that is none is a 400"""
    complete(s.ask("count", body=b"x" * 100), b"100\n")
    complete(s.ask("count", body=b"x" * 60, CONTENT_LENGTH="100"), b"60\n")
    for length in ("-1", "+5", "1,000", str(1 << 63)):
        status(s.ask("count", body=b"12345", CONTENT_LENGTH=length), 400)


def row_C32(s):
    """no variable of a request is seen by the next"""
    complete(s.ask("query", HTTP_X="secret"), b"\nsecret\n")
    complete(s.ask("query"), b"\n\n")
    with s.connect() as c:
        a = c.request(s.params("query", HTTP_X="secret"))
        if a.complete and not c.eof:
            b = c.request(s.params("query"))
            want(b"secret" not in b.body, "it was")


def row_X04(s):
    """HTTP_PROXY is never passed on (httpoxy)"""
    env = dict(environ(s, [("HTTP_PROXY", "evil")]))
    want(b"HTTP_PROXY" not in env, "it was")


STEER = ("LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT GLIBC_TUNABLES BASH_ENV ENV IFS "
         "PERL5OPT PERL5LIB PYTHONSTARTUP PYTHONPATH RUBYOPT NODE_OPTIONS "
         "PATH").split()


def row_X05(s):
    """names that steer a loader or an interpreter are not passed on"""
    # Without an effect where they are: the program must still start.
    env = environ(s, [(name, "/nonexistent") for name in STEER])
    left = [n.decode() for n, v in env if v == b"/nonexistent"]
    want(not left, "%s came through", " ".join(left[:4]))


def row_X06(s):
    """the query string never becomes arguments"""
    s.only("cgi")
    for query in ("-s", "-d+x", "a+b", "%AD"):
        a = complete(s.ask("state", query))
        want(b"args 0\n" in a.body, "%s did", query)
