"""The access log: its formats by name, and the names of requests."""

import json
import re
import time

import pytest

import fcgi
import procs

HOSTILE = '/x"\\\n\x1b[31m</script>é'.encode() + b"\xff"


def lines(path):
    with open(path, "rb") as log:
        return log.read().splitlines()


@pytest.fixture
def logged(asker, tmp_path):
    """logged(format): an asker and a function for the lines so far."""

    def make(*args):
        path = tmp_path / "access.log"
        return (asker("-o", "access.log=%s" % path, *args),
                lambda: lines(path))

    return make


def test_json_is_an_object_a_line_whatever_was_asked(logged):
    ask, log = logged("-o", "access.format=json")
    ask.get("sleep.cgi", 0.01, REQUEST_URI="/hello.cgi?a=b",
            REMOTE_ADDR="192.0.2.1")  # for long enough to see it
    ask.get("exit.cgi", 3)
    ask.get("silent.cgi", 7)
    ask.get("signal.cgi", 9)
    ask.get("nothing.cgi")
    ask.get("hello.cgi", REQUEST_URI=HOSTILE, HTTP_USER_AGENT=HOSTILE,
        HTTP_REFERER=HOSTILE, REMOTE_USER=HOSTILE)
    rows = [json.loads(line) for line in log()]
    assert len(rows) == 6
    assert [r["status"] for r in rows] == [200, 200, 502, 502, 404, 200]
    assert [r["exit"] for r in rows] == [0, 3, 7, 137, 0, 0]
    assert [r["ended"] for r in rows] == [
        "exit:0", "exit:3", "exit:7", "sig:9", "refused", "exit:0"]
    assert rows[0]["uri"] == "/hello.cgi?a=b"
    assert rows[0]["remote"] == "192.0.2.1"
    assert rows[0]["queue_wait"] is None
    assert rows[4]["first_byte"] is None
    assert rows[0]["seconds"] >= rows[0]["first_byte"] > 0
    assert rows[5]["uri"].startswith('/x"\\\n\x1b[31m</script>é')
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}$",
                    rows[0]["time"])


def test_a_page_of_ours_is_answered_and_not_refused(start, tmp_path):
    log = tmp_path / "access.log"
    pool = start("-F", "1", "-o", "ping.path=/ping", "-o", "pm.status_path=/s",
                 "-o", "access.log=%s" % log, "-o", "access.format=%s %x %X",
                 tail=["--", "/bin/false"]).wait_ready(2)
    for path in ("/ping", "/s", "/other"):
        fcgi.request(pool.address, {"REQUEST_METHOD": "GET",
                                    "SCRIPT_NAME": path})
    assert lines(log) == [b"200 0 answered"] * 2 + [b"502 1 exit:1"]


def test_combined_is_the_web_servers_line(logged):
    ask, log = logged("-o", "access.format=combined")
    ask.get("hello.cgi", REQUEST_URI="/h?x", SERVER_PROTOCOL="HTTP/1.1",
        REMOTE_ADDR="192.0.2.1", HTTP_USER_AGENT='a "quoted" agent')
    line, = log()
    assert re.fullmatch(
        rb'192\.0\.2\.1 - - \[[^]]+\] "GET /h\?x HTTP/1\.1" 200 \d+ '
        rb'"-" "a \\x22quoted\\x22 agent"', line)


def test_what_a_request_waited_is_taken_from_the_web_server(logged):
    ask, log = logged("-o", "access.format=%{milli}w")
    ask.get("hello.cgi")
    ask.get("hello.cgi", HTTP_X_REQUEST_START="t=nonsense")
    now = time.time() - 0.5
    ask.get("hello.cgi", HTTP_X_REQUEST_START="t=%.6f" % now)
    none, nonsense, waited = log()
    assert (none, nonsense) == (b"-", b"-")
    assert 500 <= float(waited) < (time.time() - now) * 1000


def test_a_request_has_one_name_in_all_logs_and_in_its_program(logged, env_of):
    ask, log = logged("-o", "access.format=%i", "-o", "cgi.stderr=log")
    ours = env_of(ask.get("env.cgi").body)["REQUEST_ID"]
    assert re.fullmatch("[0-9a-f]{16}", ours)
    assert env_of(ask.get("env.cgi", HTTP_X_REQUEST_ID="its-own.1").body)[
        "REQUEST_ID"] == "its-own.1"
    ask.get("stderr.cgi", REQUEST_ID="from-nginx")
    ask.get("hello.cgi", REQUEST_ID='not\na name"')
    named = log()
    assert named[:3] == [ours.encode(), b"its-own.1", b"from-nginx"]
    assert re.fullmatch(rb"[0-9a-f]{16}", named[3]) and named[3] != named[0]
    procs.wait_for(
        lambda: "request from-nginx said into stderr: a complaint" in
        ask.pool.log(), 5, "stderr is in the log, with the name")
