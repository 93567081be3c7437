"""cgi-fpmctl get, against an application of twenty lines."""

import contextlib
import hashlib
import os
import socket
import subprocess
import threading

import pytest

import fcgi

HEAD = b"Content-Type: text/plain\r\n\r\n"


class App(threading.Thread):
    """Listens, takes one connection, reads a request as far as it is told,
    and sends the bytes of STEPS; a callable step gets the connection."""

    def __init__(self, path, steps):
        super().__init__(daemon=True)
        self.path = path
        self.steps = steps
        self.received = b""
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(1)
        self.listener.settimeout(10)

    def run(self):
        conn, _ = self.listener.accept()
        conn.settimeout(10)
        # Who asked may have left before it has all.
        with conn, self.listener, contextlib.suppress(
                BrokenPipeError, ConnectionResetError):
            for step in self.steps:
                if callable(step):
                    step(self, conn)
                else:
                    conn.sendall(step)

    def read(self, conn):
        data = conn.recv(1 << 16)
        self.received += data
        return data

    def records(self, type):
        return b"".join(r.content for r in fcgi.decode_all(self.received)
                        if r.type == type)

    def params(self):
        return {n.decode(): v.decode()
                for n, v in fcgi.decode_pairs(self.records(fcgi.PARAMS))}


def whole_request(app, conn):
    """Until the empty STDIN record."""
    while not app.received.endswith(fcgi.encode(fcgi.STDIN, 1)):
        if not app.read(conn):
            return


def until_closed(app, conn):
    while app.read(conn):
        pass


def out(data, padding=0):
    return fcgi.encode(fcgi.STDOUT, 1, data, padding)


def err(data, padding=0):
    return fcgi.encode(fcgi.STDERR, 1, data, padding)


def end(app=0, status=0):
    return fcgi.encode(fcgi.END_REQUEST, 1,
                       app.to_bytes(4, "big") + bytes([status, 0, 0, 0]))


@pytest.fixture
def get(build_tree, tmp_path):
    """get(args..., steps=[...]): the finished process; its .app is what the
    application saw."""

    def run(*args, steps=(), **kw):
        path = str(tmp_path / "s")
        app = App(path, steps) if steps else None
        if app:
            app.start()
        done = subprocess.run(
            [build_tree.program("cgi-fpmctl"), "get", path, *args],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20,
            env=build_tree.environ(), **{"input": b"", **kw})
        if app:
            app.join(10)
            assert not app.is_alive()
        done.app = app
        return done

    return run


def plain(*middle, app=0, status=0):
    return [whole_request, *middle, out(b"") + end(app, status),
            until_closed]


def test_the_body_is_printed(get):
    done = get(steps=plain(out(HEAD + b"hello\n", 5)))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"hello\n", b"")
    params = done.app.params()
    assert params["REQUEST_METHOD"] == "GET"
    assert params["GATEWAY_INTERFACE"] == "CGI/1.1"
    assert "CONTENT_LENGTH" not in params
    assert done.app.records(fcgi.STDIN) == b""


def test_include_prints_head_and_body(get):
    done = get("-i", steps=plain(out(HEAD + b"hello\n")))
    assert (done.returncode, done.stdout) == (0, HEAD + b"hello\n")


def test_parameters_are_sent_as_given(get):
    done = get("SCRIPT_NAME=/ping", "X=a=b c", "REQUEST_METHOD=HEAD",
               "QUERY_STRING=q", steps=plain(out(HEAD)))
    params = done.app.params()
    assert (params["X"], params["REQUEST_METHOD"]) == ("a=b c", "HEAD")
    assert params["REQUEST_URI"] == "/ping?q"


def test_records_may_be_cut_anywhere(get):
    data = (out(HEAD[:9], 3) + err(b"one\n", 9) + out(HEAD[9:] + b"bo")
            + err(b"two\n") + out(b"dy", 255) + out(b"") + err(b"")
            + end(3))

    def drip(_app, conn):
        for i in range(len(data)):
            conn.sendall(data[i:i + 1])

    done = get(steps=[whole_request, drip])
    assert (done.returncode, done.stdout, done.stderr) == (
        3, b"body", b"one\ntwo\n")


@pytest.mark.parametrize("app,code", [
    (0, 0), (1, 1), (143, 143), (255, 255), (256, 255), (938, 255),
    (0xffffffff, 255)])
def test_the_exit_status_is_the_applications(get, app, code):
    done = get(steps=plain(out(HEAD), app=app))
    assert (done.returncode, done.stderr) == (code, b"")


@pytest.mark.parametrize("status,code,word", [
    (fcgi.CANT_MPX_CONN, 76, b"refused"), (fcgi.OVERLOADED, 75, b"overload"),
    (fcgi.UNKNOWN_ROLE, 76, b"responder"), (9, 76, b"refused")])
def test_a_refused_request_is_no_success(get, status, code, word):
    done = get(steps=plain(status=status))
    assert done.returncode == code
    assert word in done.stderr and done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("stdout", [b"", b"no head at all", b"A: b\n"])
def test_an_answer_without_a_head_is_no_success(get, stdout):
    parts = [out(stdout)] if stdout else []
    done = get(steps=plain(*parts))
    assert done.returncode == 76
    assert b"no CGI head" in done.stderr


def test_a_silent_application_is_given_up(get):
    done = get("--timeout", "100ms", steps=[until_closed])
    assert done.returncode == 75
    assert b"in time" in done.stderr


def test_an_endless_answer_is_given_up(get):
    def babble(_app, conn):
        try:
            while True:
                conn.sendall(out(HEAD + bytes(30000)))
        except OSError:
            pass

    done = get("--timeout=200ms", steps=[whole_request, babble])
    assert done.returncode == 75


@pytest.mark.parametrize("garbage", [
    b"HTTP/1.1 400 Bad Request\r\n\r\n", bytes(16), b"\xff" * 100,
    fcgi.encode(fcgi.STDIN, 1, b"x"), fcgi.encode(fcgi.STDOUT, 2, b"x"),
    fcgi.encode(fcgi.END_REQUEST, 1, bytes(7)),
    out(b"") + out(b"x"), out(HEAD)[:-1], out(HEAD), b"\1"])
def test_garbage_and_an_early_close_are_protocol_errors(get, garbage):
    done = get(steps=[whole_request, garbage])
    assert done.returncode == 76
    assert done.stderr.count(b"\n") == 1
    assert done.stderr.startswith(b"cgi-fpmctl get: ")


def test_a_cut_answer_is_printed_as_far_as_it_came(get):
    done = get(steps=[whole_request, out(HEAD + b"half")])
    assert (done.returncode, done.stdout) == (76, b"half")
    assert b"closed before" in done.stderr


def test_nobody_listens(get, tmp_path):
    assert get().returncode == 69
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(tmp_path / "s"))
    done = get()
    assert done.returncode == 69
    assert done.stderr.startswith(b"cgi-fpmctl get: ")


@pytest.mark.parametrize("args", [
    ["NOVALUE"], ["=x"], ["--timeout=soon"], ["--timeout=-1"], ["--nonsense"],
    ["A=1", "B"]])
def test_usage_errors(get, args):
    done = get(*args)
    assert done.returncode == 64
    assert done.stderr and not done.stdout


@pytest.mark.parametrize("args", [
    ["get"], [], ["fetch"], ["--nonsense"], ["get", "tcp:127.0.0.1:99999"]])
def test_usage_errors_of_the_program(build_tree, args):
    done = subprocess.run([build_tree.program("cgi-fpmctl"), *args],
                          stderr=subprocess.PIPE, env=build_tree.environ())
    assert done.returncode == 64 and done.stderr


@pytest.mark.parametrize("args", [["--help"], ["get", "--help"],
                                  ["--version"]])
def test_help_goes_to_stdout(build_tree, args):
    done = subprocess.run([build_tree.program("cgi-fpmctl"), *args],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=build_tree.environ())
    assert done.returncode == 0 and done.stdout and not done.stderr


def test_a_file_is_sent_with_its_length(get, tmp_path):
    body = os.urandom(100000)
    (tmp_path / "body").write_bytes(body)
    done = get("--body", str(tmp_path / "body"), steps=plain(out(HEAD)))
    assert done.returncode == 0
    assert done.app.records(fcgi.STDIN) == body
    params = done.app.params()
    assert params["CONTENT_LENGTH"] == str(len(body))
    assert params["REQUEST_METHOD"] == "POST"


def test_the_rest_of_standard_input_is_sent_with_its_length(get, tmp_path):
    (tmp_path / "body").write_bytes(b"0123456789")
    with open(tmp_path / "body", "rb", buffering=0) as f:
        f.read(4)
        done = get("--body=-", steps=plain(out(HEAD)), stdin=f, input=None)
    assert done.app.records(fcgi.STDIN) == b"456789"
    assert done.app.params()["CONTENT_LENGTH"] == "6"


def test_a_pipe_has_no_length(get):
    done = get("--body=-", steps=plain(out(HEAD)), input=b"x=1")
    assert done.app.records(fcgi.STDIN) == b"x=1"
    assert "CONTENT_LENGTH" not in done.app.params()


def test_a_missing_body_is_named(get):
    done = get("--body=/nonexistent/body")
    assert done.returncode == 66
    assert b"/nonexistent/body" in done.stderr


def test_a_body_that_cannot_be_read_is_named(get, tmp_path):
    done = get("--body", str(tmp_path), steps=[until_closed])
    assert done.returncode == 74
    assert str(tmp_path).encode() in done.stderr


def test_an_answer_before_the_body_was_read_is_enough(get):
    def answer(app, conn):
        app.read(conn)
        conn.sendall(out(HEAD + b"too large") + out(b"") + end())

    done = get("--body=-", steps=[answer], input=bytes(1 << 20))
    assert (done.returncode, done.stdout) == (0, b"too large")


def test_both_directions_stream_at_once(get):
    """Each STDIN record is echoed before the next is read: whoever held a
    body back, or read only after writing all, would stand still."""
    body = os.urandom(2 << 20)

    def echo(app, conn):
        data, sent = b"", False
        while True:
            got = fcgi.decode(data)
            if got is None:
                data += conn.recv(1 << 16)
                continue
            data = data[got[1]:]
            if got[0].type == fcgi.STDIN:
                if not got[0].content:
                    return
                conn.sendall((b"" if sent else out(HEAD))
                             + out(got[0].content))
                sent = True

    done = get("--body=-", steps=[echo, out(b"") + end()], input=body)
    assert done.returncode == 0
    assert hashlib.sha256(done.stdout).digest() == hashlib.sha256(
        body).digest()


def test_a_reader_that_stops_does_not_stop_the_clock(build_tree, tmp_path):
    def flood(_app, conn):
        try:
            conn.sendall(out(HEAD))
            while True:
                conn.sendall(out(bytes(60000)))
        except OSError:
            pass

    path = str(tmp_path / "s")
    app = App(path, [whole_request, flood])
    app.start()
    r, w = os.pipe()
    try:
        done = subprocess.run(
            [build_tree.program("cgi-fpmctl"), "get", path,
             "--timeout=300ms"], stdout=w, stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL, timeout=20, env=build_tree.environ())
    finally:
        os.close(r)
        os.close(w)
    app.join(10)
    assert done.returncode == 75


def test_a_full_output_is_told(build_tree, tmp_path):
    path = str(tmp_path / "s")
    app = App(path, plain(out(HEAD + b"x")))
    app.start()
    with open("/dev/full", "wb") as full:
        done = subprocess.run([build_tree.program("cgi-fpmctl"), "get", path],
                              stdout=full, stderr=subprocess.PIPE,
                              timeout=20, env=build_tree.environ())
    app.join(10)
    assert done.returncode == 74
    assert b"output" in done.stderr


@pytest.mark.parametrize("name", ["s", "./s", "../{}/s", "unix:s", "unix:./s"])
def test_a_path_may_be_relative(build_tree, tmp_path, name):
    app = App(str(tmp_path / "s"), plain(out(HEAD + b"here\n")))
    app.start()
    done = subprocess.run(
        [build_tree.program("cgi-fpmctl"), "get", name.format(tmp_path.name)],
        capture_output=True, cwd=tmp_path, env=build_tree.environ(), timeout=10)
    assert (done.returncode, done.stdout) == (0, b"here\n"), done.stderr
    app.join(10)
