"""The table of what the web server gets, byte for byte: every row, with
nothing sent yet and with output under way."""

import os
import signal
import struct

import pytest

import fcgi
import procs

TEXTS = {
    400: ("400 Bad Request", "", "Bad request."),
    403: ("403 Forbidden", "", "Forbidden."),
    404: ("404 Not Found", "", "Not found."),
    408: ("408 Request Timeout", "", "The request did not arrive in time."),
    413: ("413 Payload Too Large", "", "The request body is too large."),
    431: ("431 Request Header Fields Too Large", "",
          "The request's parameters are too large."),
    500: ("500 Internal Server Error", "", "The program cannot be run."),
    502: ("502 Bad Gateway", "", "The program ended without an answer."),
    503: ("503 Service Unavailable", "Retry-After: 1\r\n",
          "Overloaded, please try again."),
    504: ("504 Gateway Timeout", "", "The program did not answer in time."),
}
PLAIN = b"Content-Type: text/plain\r\n\r\n"


def out(data, id=1):
    return fcgi.encode(fcgi.STDOUT, id, data)


def ended(app=0, status=fcgi.REQUEST_COMPLETE, id=1):
    return fcgi.encode(fcgi.END_REQUEST, id,
                       struct.pack("!IB3x", app, status))


def end(app=0, status=fcgi.REQUEST_COMPLETE, id=1):
    return out(b"", id) + ended(app, status, id)


def page(body, app=0):
    return out(PLAIN + body) + end(app)


def error(code, app=0, status=fcgi.REQUEST_COMPLETE):
    line, more, text = TEXTS[code]
    return out(("Status: %s\r\nContent-Type: text/plain\r\n%s\r\n%s\n"
                % (line, more, text)).encode()) + end(app, status)


def everything(conn):
    """All that comes until the connection ends."""
    return conn.read_raw(1 << 24)


def gets(a, expected, name, query="", body=b"", **more):
    """Without KEEP_CONN exactly EXPECTED comes and then the end; with it the
    same and the next request is answered on the same connection."""
    data = a.params(name, query, body, **more)
    with a.conn() as c:
        c.send_request(data, body)
        assert everything(c) == expected
        assert not c.reset
    with a.conn() as c:
        c.send_request(data, body, keep=True)
        assert c.read_raw(len(expected)) == expected
        c.send_request(a.params("hello.cgi"), keep=True)
        hello = page(b"hello\n")
        assert c.read_raw(len(hello)) == hello


def gets_cut(a, expected, name, query="", **more):
    """EXPECTED and then no end of anything, with KEEP_CONN or not."""
    for keep in (False, True):
        with a.conn() as c:
            c.send_request(a.params(name, query, **more), keep=keep)
            assert everything(c) == expected
    a.all_idle()


@pytest.mark.parametrize("code", [0, 1, 3, 127, 255])
def test_a_program_exits_with_n(asker, code):
    gets(asker(), page(b"exit %d\n" % code, code), "exit.cgi", code)


@pytest.mark.parametrize("code", [0, 1, 255])
def test_it_exits_without_any_output(asker, code):
    gets(asker(), error(502, code), "silent.cgi", code)


@pytest.mark.parametrize("name,number", [("KILL", 9), ("SEGV", 11),
                                         ("TERM", 15)])
def test_it_dies_of_a_signal_before_output(asker, name, number):
    gets(asker("-o", "rlimit_core=0"), error(502, 128 + number),
         "signal.cgi", name)


def make_dying(run_files):
    path = run_files.program("dying.cgi")
    with open(path, "w") as f:
        f.write("#!/bin/sh\nprintf 'A: b\\n\\ntext'\nkill -9 $$\n")
    os.chmod(path, 0o755)


def test_it_dies_of_a_signal_while_output_is_under_way(asker, run_files):
    make_dying(run_files)
    gets_cut(asker(), out(b"A: b\n\ntext"), "dying.cgi")
    gets(asker("-o", "cgi.cut_on_crash=no"), out(b"A: b\n\ntext")
         + end(137), "dying.cgi")


def test_a_cut_waits_for_what_else_runs_on_the_connection(asker, run_files):
    make_dying(run_files)
    a = asker()
    with a.conn() as c:
        a.send(c, "sleep.cgi", 1, id=2)
        a.send(c, "dying.cgi", id=1)
        assert everything(c) == (out(b"A: b\n\ntext") + out(
            PLAIN + b"slept\n", 2) + end(id=2))


@pytest.mark.parametrize("limit", [
    "request_first_byte_timeout", "request_terminate_timeout"])
def test_a_time_limit_passes_before_output(asker, limit):
    gets(asker("-o", limit + "=600ms"), error(504, 143), "sleep.cgi", 20)
    gets(asker("-o", limit + "=600ms", "-o", "request_kill_timeout=100ms"),
         error(504, 137), "deaf.cgi", 20)


@pytest.mark.parametrize("limit", ["request_idle_timeout",
                                   "request_terminate_timeout"])
def test_a_time_limit_passes_while_output_is_under_way(asker, limit):
    gets_cut(asker("-o", limit + "=600ms"), out(PLAIN + b"line 1\n"),
             "once.cgi", 20)


def test_the_web_server_stalls_in_the_head(asker):
    a = asker("-o", "request_head_timeout=600ms")
    with a.conn() as c:
        c.begin(keep=True)
        assert everything(c) == b""


def test_the_web_server_stalls_in_the_body(asker):
    a = asker("-o", "request_body_timeout=600ms")
    for keep in (False, True):
        with a.conn() as c:
            c.begin(keep=keep)
            c.params(a.params("sha256.cgi", CONTENT_LENGTH="10"))
            assert everything(c) == error(408, 143)
    with a.conn() as c:  # with output under way: cut
        c.begin(keep=True)
        c.params(a.params("once.cgi", "20", CONTENT_LENGTH="10"))
        assert everything(c) == out(PLAIN + b"line 1\n")
    a.all_idle()


@pytest.mark.parametrize("name,code", [
    ("nothing.cgi", 404), ("no/where.cgi", 404), ("plain.txt", 403),
    ("../../../bin/true", 403), ("badinterp.cgi", 500)])
def test_there_is_no_such_program_or_it_must_not_run(asker, name, code):
    gets(asker(), error(code), name)


def test_overload(asker):
    a = asker("-o", "fastcgi.max_reqs=2")
    with a.conn() as c:
        for id in (2, 3):
            a.send(c, "sleep.cgi", 1, id=id)
        a.send(c, "hello.cgi", id=1)
        expected = error(503, 0, fcgi.OVERLOADED)
        assert c.read_raw(len(expected)) == expected
        for id in (2, 3):
            assert c.finish(id).body == b"slept\n"
    a = asker("-o", "fastcgi.max_reqs=1")
    with a.conn() as c:
        a.send(c, "sleep.cgi", 1, id=2)
        a.send(c, "hello.cgi", id=1)
        expected = ended(0, fcgi.CANT_MPX_CONN)
        assert c.read_raw(len(expected)) == expected
        assert c.finish(2).body == b"slept\n"


@pytest.mark.parametrize("more", [
    {"HTTP_X": "a\0b"}, {"CONTENT_LENGTH": "-1"}, {"CONTENT_LENGTH": "1x"}])
def test_parameters_are_bad(asker, more):
    gets(asker(), error(400), "hello.cgi", **more)


def test_parameters_or_body_are_too_large(asker):
    a = asker("-o", "request_params_max=8K", "-o", "request_body_max=1K")
    for keep in (False, True):  # what follows may be endless: it closes
        with a.conn() as c:
            c.send_request(a.params("hello.cgi", HTTP_X="x" * 9000),
                           keep=keep)
            assert everything(c) == error(431)
    gets(a, error(413), "hello.cgi", body=b"x" * 1025)
    with a.conn() as c:  # without a CONTENT_LENGTH it shows late
        c.begin(keep=True)
        c.params(a.params("count.cgi"))
        c.stdin(b"x" * 1025, end=False)
        assert c.read_raw(len(error(413, 143))) == error(413, 143)


@pytest.mark.parametrize("role", [0, fcgi.FILTER, 4, 65535])
def test_a_role_is_not_supported(asker, role):
    a = asker()
    with a.conn() as c:
        c.begin(role=role, keep=True)
        expected = ended(0, fcgi.UNKNOWN_ROLE)
        assert c.read_raw(len(expected)) == expected
        assert a.ask(c, "hello.cgi").complete


def test_an_abort(asker):
    a = asker("-o", "request_kill_timeout=200ms")
    for name, query, before, app in (
            ("sleep.cgi", 20, b"", 143),
            ("deaf.cgi", 20, b"", 137),
            ("once.cgi", 20, out(PLAIN + b"line 1\n"), 143)):
        with a.conn() as c:
            a.send(c, name, query)
            procs.wait_for(lambda n=name: [
                p for p in a.pool.programs() if n != "deaf.cgi" or
                procs.ignores(p.pid, signal.SIGTERM)], 5, "it runs")
            assert c.read_raw(len(before)) == before
            c.abort()
            expected = end(app) if before else ended(app)
            assert c.read_raw(len(expected)) == expected
            assert a.ask(c, "hello.cgi").complete, "it goes on"


def test_the_web_server_closes(asker):
    a = asker()
    for name in ("once.cgi", "sleep.cgi"):
        c = a.conn()
        a.send(c, name, 20)
        procs.wait_for(a.pool.programs, 5, "it runs")
        c.close()
        a.all_idle()


@pytest.mark.parametrize("name,text", [("noread.cgi", b"not read\n"),
                                       ("closein.cgi", None)])
def test_a_body_that_is_not_read(asker, name, text):
    a = asker()
    if text is None:
        text = a.get(name).body
    gets(a, page(text), name, body=b"x" * 300000)


def test_a_background_job_keeps_stdout(asker):
    a = asker("-o", "cgi.linger=100ms")
    answer = a.get("daemonise.cgi", 30)
    procs.kill(int(answer.body.split()[1]))
    assert answer.stdout == PLAIN + answer.body
    kinds = [(type, n > 0) for type, n in answer.order]
    assert kinds[-2:] == [(fcgi.STDOUT, False), (fcgi.END_REQUEST, True)]
    assert answer.app_status == 0 and answer.closed


def test_a_program_closes_stdout_and_runs_on(asker):
    a = asker()
    with a.conn() as c:
        a.send(c, "closeout.cgi", "0.4,7", keep=False)
        c.read_until(lambda: c.answer().stdout_closed)
        assert everything(c) == ended(7)


@pytest.mark.parametrize("data", [
    b"\2\1\0\1\0\10\0\0\0\1\0\0\0\0\0\0", b"GET / HTTP/1.0\r\n\r\n",
    fcgi.encode(fcgi.BEGIN_REQUEST, 0, bytes(8)),
    fcgi.encode(fcgi.BEGIN_REQUEST, 1, bytes(7))])
def test_an_impossible_record(asker, data):
    a = asker()
    with a.conn() as c:
        c.send_raw(data)
        assert everything(c) == b""
    a.probe(1)
