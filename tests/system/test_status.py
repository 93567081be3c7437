"""The status page: its formats, and who may read them."""

import json
import os
import re
import signal
import xml.etree.ElementTree as ElementTree

import pytest

import fcgi
import procs
import statuspage
import web
from statuspage import HOSTILE, params

POOL_FIELDS = [
    "pool", "process manager", "start time", "start since", "accepted conn",
    "listen queue", "max listen queue", "listen queue len", "idle processes",
    "active processes", "total processes", "max active processes",
    "max children reached", "slow requests"]
PROCESS_FIELDS = [
    "pid", "state", "start time", "start since", "requests",
    "request duration", "request method", "request uri", "content length",
    "user", "script", "last request cpu", "last request memory"]


@pytest.fixture(scope="module")
def php(tmp_path_factory, known_children):
    server = statuspage.PhpFpm(str(tmp_path_factory.mktemp("php")))
    yield server
    server.stop()


# --- ping ---

def test_a_ping_is_answered_with_pong(status):
    answer = status().ping()
    assert answer.body == b"pong"
    assert answer.headers["content-type"] == "text/plain;charset=UTF-8"
    assert "no-store" in answer.headers["cache-control"]


def test_the_answer_to_a_ping_can_be_chosen(status):
    pool = status("-o", "ping.response=I am here")
    assert pool.ping().body == b"I am here"


def test_a_head_request_gets_no_body(status):
    pool = status()
    for path in "/ping", "/status":
        answer = pool.page(path=path, REQUEST_METHOD="HEAD")
        assert answer.body == b""
        assert "content-type" in answer.headers


# --- which request is meant ---

@pytest.mark.plain_only
@pytest.mark.parametrize("more, ours", [
    ({}, True),
    ({"PATH_INFO": ""}, True),
    ({"SCRIPT_NAME": "/sta", "PATH_INFO": "tus"}, True),
    ({"SCRIPT_NAME": "", "PATH_INFO": "/status"}, True),
    ({"SCRIPT_NAME": None, "PATH_INFO": "/status"}, True),
    ({"SCRIPT_NAME": None, "REQUEST_URI": "/status?json"}, True),
    ({"SCRIPT_NAME": "/hello.cgi", "REQUEST_URI": "/status"}, False),
    ({"SCRIPT_NAME": "/status/"}, False),
    ({"SCRIPT_NAME": "//status"}, False),
    ({"SCRIPT_NAME": "/status", "PATH_INFO": "/x"}, True),
    ({"SCRIPT_NAME": None, "REQUEST_URI": "/status/../x"}, False),
    ({"SCRIPT_NAME": None, "REQUEST_URI": None}, False),
])
def test_the_path_is_what_the_web_server_made_of_it(status, run_files, more,
                                                    ours):
    pool = status()
    answer = fcgi.request(pool.pool.address, params(
        DOCUMENT_ROOT=run_files.root, **more))
    assert answer.body.startswith(b"pool:") == ours


@pytest.mark.plain_only
@pytest.mark.parametrize("name", web.NAMES)
def test_it_is_found_through_each_web_server(start, serve, run_files, name):
    pool = start("-F", "1", "-o", "pm.status_path=/cgi-bin/status", "-o",
                 "ping.path=/cgi-bin/ping", "--root", run_files.root)
    pool.wait_ready(2)
    server = serve(name, pool)
    assert server.get("/cgi-bin/ping") == (200, b"pong")
    code, text = server.get("/cgi-bin/status?json&full")
    assert code == 200 and json.loads(text)["processes"]
    assert server.get("/cgi-bin/hello.cgi") == (200, b"hello\n")


# --- formats ---

def test_text_has_php_fpms_fields_in_their_order(status):
    text = status().page("full").body.decode()
    head, process = text.split("\n************************\n")[:2]
    labels = [line.split(":")[0] for line in head.splitlines()]
    assert labels[:14] == POOL_FIELDS
    assert re.search(r"^pool:                 www$", head, re.M)
    assert re.search(r"^start time:           \d\d/\w{3}/\d{4}:[\d:]{8} "
                     r"[+-]\d{4}$", head, re.M)
    labels = [line.split(":")[0].lower() for line in process.splitlines()]
    assert labels == PROCESS_FIELDS + [""] * (len(labels) - 13)


def test_json_has_php_fpms_fields_first_and_more(status):
    page = status().json("json&full")
    assert list(page)[:14] == POOL_FIELDS
    assert (page["pool"], page["process manager"]) == ("www", "static")
    assert page["total processes"] == 2 == len(page["processes"])
    assert page["active processes"] == 1  # the one that answers
    assert page["requests"]["accepted"] == page["accepted conn"]
    assert page["latency"]["duration"]["buckets"]
    for process in page["processes"]:
        assert list(process)[:13] == PROCESS_FIELDS
    busy = [p for p in page["processes"] if p["state"] == "Running"]
    assert [p["request uri"] for p in busy] == ["/status?json&full"]


def test_every_field_of_a_real_php_fpm_is_there(status, php, build_tree):
    pool = status()
    theirs = json.loads(php.page("json&full", build_tree)[1])
    ours = pool.json("json&full")
    for mine, other in [(ours, theirs),
                        (ours["processes"][0], theirs["processes"][0])]:
        for name, value in other.items():
            if name != "processes":
                assert type(mine[name]) is type(value), name
    theirs = ElementTree.fromstring(php.page("xml&full", build_tree)[1])
    ours = ElementTree.fromstring(pool.page("xml&full").body)
    tags = [e.tag for e in theirs if e.tag != "processes"]
    assert [e.tag for e in ours][:len(tags)] == tags
    assert ([e.tag for e in ours.find("processes")[0]]
            == [e.tag for e in theirs.find("processes")[0]])
    texts = [php.page("full", build_tree)[1], pool.page("full").body]
    theirs, ours = [[line.split(":")[0] for line in t.decode().splitlines()]
                    for t in texts]
    assert [name for name in theirs if name not in ours] == []


def test_the_headers_are_those_of_a_real_php_fpm(status, php, build_tree):
    pool = status()
    for query in "", "json", "xml", "openmetrics":
        ours = pool.page(query).headers
        for line in php.page(query, build_tree)[0].splitlines():
            name, value = line.lower().split(": ", 1)
            if name != "x-powered-by":
                assert ours[name].lower() == value


# --- hostile requests ---

@pytest.fixture
def attacked(status, run_files):
    """A pool with a request under way whose texts are hostile."""
    pool = status()
    conn = pool.conn()
    pool.send(conn, "sleep.cgi", "30", REQUEST_URI=HOSTILE,
              REMOTE_USER=HOSTILE, REMOTE_ADDR=HOSTILE,
              HTTP_X_REQUEST_ID=HOSTILE)
    procs.wait_for(lambda: pool.pool.programs(), 5, "it runs")
    yield pool
    conn.close()
    pool.all_idle()


def running(page):
    return [p for p in page["processes"]
            if p["request uri"].startswith("/a")][0]


def test_M18_json_stays_json(attacked):
    body = attacked.page("json&full").body
    assert b"\x1b" not in body and b"\n" not in body.strip()
    process = running(json.loads(body.decode("utf-8", "strict")))
    assert process["request uri"] == (
        HOSTILE.decode("utf-8", "replace") + "?30")


def test_M18_xml_stays_xml(attacked):
    page = ElementTree.fromstring(
        attacked.page("xml&full").body.decode("utf-8", "strict"))
    uris = [e.text for e in page.iter("request-uri")]
    assert "/a</script>\ufffd\ufffd[31m\ufffd\"'&]]>%s?30" in uris


def test_M18_a_line_of_text_stays_a_line(attacked):
    text = attacked.page("full").body.decode("ascii", "strict")
    assert "request URI:          /a</script>\\x0a\\x1b[31m\\xff" in text
    assert not re.search(r"[^\x20-\x7e\n]", text)


# --- metrics ---

def test_promtool_has_nothing_to_say(status):
    pool = status()
    pool.get("exit.cgi", "3")
    pool.get("signal.cgi", "9")
    text = pool.page("prometheus").body
    assert statuspage.run(["promtool", "check", "metrics"],
                          text) == (0, "")


def test_openmetrics_are_read_by_a_strict_parser(status):
    parser = pytest.importorskip("prometheus_client.openmetrics.parser")
    pool = status()
    pool.get("exit.cgi", "3")
    text = pool.page("openmetrics").body.decode()
    families = {f.name: f for f in
                parser.text_string_to_metric_families(text)}
    assert all(name.startswith("cgifpm_") for name in families)
    assert all(s.labels["pool"] == "www" and f.documentation
               for f in families.values() for s in f.samples)
    outcomes = {s.labels["outcome"]: s.value
                for s in families["cgifpm_requests"].samples}
    assert outcomes["completed"] == 1
    codes = {s.labels["code"]: s.value
             for s in families["cgifpm_program_exits"].samples}
    assert codes["3"] == 1
    duration = families["cgifpm_request_duration_seconds"]
    assert (duration.type, duration.unit) == ("histogram", "seconds")


def test_M17_counters_never_go_backwards(status):
    pool = status()
    pool.pool.keeps_workers = False

    def counters():
        text = pool.page("prometheus").body.decode()
        return {m[1]: float(m[2]) for m in
                re.finditer(r"^(\S+_(?:total|count|bucket)\S*) (\S+)$", text,
                            re.M)}

    for _ in range(3):
        before = counters()
        old = {p["pid"] for p in pool.json("json&full")["processes"]}
        for pid in old:
            os.kill(pid, signal.SIGKILL)
        procs.wait_for(lambda: len(set(pool.pool.workers()) - old) == 3, 5,
                       "new ones")
        pool.get("hello.cgi")
        after = counters()
        assert [n for n in before if after[n] < before[n]] == []
