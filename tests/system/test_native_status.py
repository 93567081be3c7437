"""What is told of a pool whose programs have the requests for themselves:
nothing that is not known looks like a number."""

import os
import types

import pytest

import fcgi
import procs
import statuspage
from test_status_page import Browser


@pytest.fixture
def page(start, zoo, run_files):
    """page(program's arguments...): a native pool of two with a status
    page."""

    def make(*what, options=()):
        pool = start("-F", "2", "-o", "mode=fastcgi", "-o",
                     "pm.status_path=/status", "-o",
                     "pm.status_listen=@DIR@/status.sock", "--name", "zoo",
                     "-M", "0666", *options, tail=["--", zoo, *what])
        pool.wait_ready(3)
        p = statuspage.StatusPool(pool, run_files)
        p.own = os.path.join(pool.dir, "status.sock")
        return p

    return make


def served(page, n=3):
    for _ in range(n):
        assert fcgi.request(page.pool.address, {"QUERY_STRING": ""}).complete


def test_no_format_of_the_page_counts_what_it_cannot(page):
    p = page()
    served(p)
    for _ in range(2):  # its own requests are none of the pool's
        got = p.json("json&full", address=p.own)
    assert got["accepted conn"] == got["slow requests"] == 0
    assert {"accepted conn", "requests", "request duration"} < set(
        got["not_known"])
    for name in "miscounted", "bytes", "programs", "latency":
        assert got[name] is None, name
    assert set(got["requests"].values()) == {0}
    assert got["connections"]["accepted"] is None
    assert got["connections"]["waiting"] == 0
    text = p.page(address=p.own).body.decode()
    assert "not known:            accepted conn, " in text
    assert "completed requests" not in text
    assert b"cgifpm_requests" not in p.page("prometheus", address=p.own).body


def test_status_requests_and_top_say_so(page):
    p = page()
    served(p)
    text = p.pool.ctl("status")
    assert "requests     not known: the programs have them" in text
    assert "0 accepted" not in text and "mode fastcgi" in text
    assert "not known" in p.pool.ctl("requests")
    got = p.pool.ctl_json("status")["pools"][0]
    assert got["not_known"] == ["requests"]
    assert got["requests"]["accepted"] == got["requests"]["running"] == 0
    assert p.pool.ctl_json("requests") == {"requests": [],
                                           "not_known": ["zoo"]}
    assert "requests/s" not in p.pool.ctl("top", "-n", "1")
    got = p.pool.ctl_json("top", "-n", "1")["pools"]
    assert got[0]["requests_per_second"] is None


def test_busy_programs_are_told(page):
    p = page("sleep", "4000")
    with fcgi.Conn(p.pool.address) as c:
        c.send_request({"QUERY_STRING": ""})
        procs.wait_for(lambda: p.pool.status()["workers"]["busy"] == 1, 3,
                       "one is busy")
        assert p.pool.status()["workers"]["max_busy"] == 1
        states = [w["state"] for w in p.json("json&full",
                                             address=p.own)["processes"]]
        assert sorted(states) == ["Idle", "Running"]
        assert c.finish().complete


def test_advise_refuses_and_says_what_to_look_at(page):
    p = page()
    served(p)
    err = p.pool.ctl("advise", expect=69)
    assert "mode = fastcgi" in err and "cgi-fpmctl status" in err
    assert err.count("\n") == 1


def test_advise_for_all_pools_leaves_them_out(conf, zoo, run_files):
    pool = conf.run("""
pool "a" { listen = "@DIR@/a.sock" mode = fastcgi pm.max_children = 1
           command = {"%s"} }
pool "b" { listen = "@DIR@/b.sock" pm.max_children = 1
           command = {"%s"} }
""" % (zoo, run_files.program("hello.cgi")))
    assert "not enough data" in pool.ctl("advise", expect=75)
    assert "pool a: with mode = fastcgi" in pool.ctl("advise", "a", expect=69)


@pytest.mark.plain_only
@pytest.mark.seconds(120)
def test_a_browser_shows_what_is_known(page, serve):
    p = page()
    nginx = serve("nginx", types.SimpleNamespace(address=p.own))
    dom = Browser(nginx.url("/status?html")).run("--dump-dom")
    assert 'class="good">' in dom and dom.count("<svg ") == 2
    assert "known to themselves alone" in dom
    assert dom.count(" hidden=") == 3
