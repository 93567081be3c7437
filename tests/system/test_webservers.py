"""The five web servers, with the snippets of etc/, in front of a pool."""

import hashlib
import http.client
import os

import pytest

import files
import procs
import web

MIB = 1 << 20

pytestmark = pytest.mark.plain_only


@pytest.fixture(params=web.NAMES)
def server(request, root_pool, serve):
    pool = root_pool("-o", "cgi.stderr=both", "-o",
                     "request_body_timeout=10s", workers=3)
    started = serve(request.param, pool)
    started.pool = pool
    return started


def test_a_page_is_fetched(server):
    assert server.get("/cgi-bin/hello.cgi") == (200, b"hello\n")


def test_a_posted_body_comes_back(server):
    """The program answers while it reads.  That waits until nginx, which
    sends no more of a body then, has sent all; but if nginx is without a
    processor for too long, it is taken to have stopped."""
    body = bytes(range(256)) * (16 << 10)
    for left in (2, 1, 0) if server.name == "nginx" else (0,):
        with server.request("POST", "/cgi-bin/echo.cgi", body) as answer:
            assert answer.status == 200
            try:
                got = answer.read()
            except http.client.IncompleteRead:
                if left == 0:
                    raise
                continue
        assert got == body
        break


@pytest.mark.seconds(120)
def test_an_upload_of_64_mib_arrives_whole(server):
    body = os.urandom(MIB) * 64
    with server.request("POST", "/cgi-bin/sha256.cgi", body) as answer:
        length, digest = answer.read().split()
    assert int(length) == len(body)
    assert digest.decode() == hashlib.sha256(body).hexdigest()


@pytest.mark.seconds(120)
def test_a_download_of_64_mib_arrives_whole(server):
    path = "/cgi-bin/floodout.cgi?%d" % (64 * MIB)
    with server.request("GET", path) as answer:
        got = answer.read()
    assert len(got) == 64 * MIB
    assert hashlib.sha256(got).digest() == hashlib.sha256(
        files.flood(64 * MIB)).digest()


def test_the_program_learns_path_and_query(server, env_of):
    with server.request("GET", "/cgi-bin/env.cgi/some/path?a=b&c") as answer:
        env = env_of(answer.read())
    assert env["PATH_INFO"] == "/some/path"
    assert env["SCRIPT_NAME"] == "/cgi-bin/env.cgi"
    assert env["SCRIPT_FILENAME"].endswith("/cgi-bin/env.cgi")
    assert env["QUERY_STRING"] == "a=b&c"
    assert env["REQUEST_METHOD"] == "GET"
    assert env["GATEWAY_INTERFACE"] == "CGI/1.1"


def test_a_request_header_reaches_the_program_but_for_proxy(server, env_of):
    headers = {"X-Thing": "some value", "Proxy": "http://evil.test/"}
    with server.request("GET", "/cgi-bin/env.cgi", None, headers) as answer:
        env = env_of(answer.read())
    assert env["HTTP_X_THING"] == "some value"
    assert "HTTP_PROXY" not in env


def test_a_redirect_is_passed_on(server):
    with server.request("GET", "/cgi-bin/redirect.cgi") as answer:
        assert answer.status == 302
        assert answer.headers["Location"] == "http://example.test/there?a=b"


def test_the_programs_own_404_is_passed_on(server):
    assert server.get("/cgi-bin/notfound.cgi") == (404, b"no such page\n")


def test_a_program_that_is_not_there_is_a_404(server):
    assert server.get("/cgi-bin/nothing.cgi")[0] == 404


def test_stderr_reaches_the_logs(server):
    assert server.get("/cgi-bin/stderr.cgi") == (200, b"complained\n")
    line = "a complaint of the program"
    procs.wait_for(lambda: line in server.pool.log(), 5, "it is in our log")
    if server.name != "caddy":  # 2.6.2 drops it; etc/Caddyfile says so
        procs.wait_for(lambda: line in server.log(), 5,
                       "it is in the log of " + server.name)


def test_an_answer_with_a_non_zero_exit_arrives_whole(server):
    assert server.get("/cgi-bin/exit.cgi?3") == (200, b"exit 3\n")


def test_a_program_that_says_nothing_is_a_502(server):
    assert server.get("/cgi-bin/silent.cgi?3")[0] == 502


def test_an_answer_arrives_while_the_program_runs(server, run_files):
    gate = os.path.join(run_files.dir, "gate-%d" % os.getpid())
    with server.request("GET", "/cgi-bin/gate.cgi?" + gate) as answer:
        assert answer.readline() == b"first\n"
        open(gate, "w").close()
        assert answer.read() == b"second\n"
    os.unlink(gate)


def test_a_cut_answer_is_not_taken_for_a_whole_one(server):
    with server.request("GET", "/cgi-bin/crash.cgi") as answer:
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            answer.read()


def test_a_kept_connection_serves_many_requests(server):
    for _ in range(20):
        assert server.get("/cgi-bin/hello.cgi") == (200, b"hello\n")
