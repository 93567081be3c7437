"""Kept connections of real web servers: K05, K06, C08 and C14 behind nginx
and HAProxy, which keep many and, HAProxy, put many requests on one."""

import http.client
import os
import random
import threading
import time

import pytest

import procs
import web
from asker import Clock, together

pytestmark = [pytest.mark.plain_only, pytest.mark.seconds(90)]

MPXS = web.HAPROXY.replace("\tmaxconn 100", "\tmaxconn 100\n\tnbthread 1") + """
fcgi-app app
	docroot @WWW@
	option keep-conn
	option mpxs-conns
	option get-values
	option max-reqs 8
backend app
	mode http
	http-reuse always
	use-fcgi-app app
	server pool unix@@SOCKET@ proto fcgi maxconn 100 @REUSE@
frontend front
	mode http
	bind 127.0.0.1:@PORT@
	use_backend app
"""

CACHE = web.NGINX.replace("include @SNIPPET@;", """
fastcgi_cache_path @DIR@/cache keys_zone=c:1m;
server {
	listen 127.0.0.1:@PORT@;
	location / {
		include /etc/nginx/fastcgi_params;
		fastcgi_param SCRIPT_FILENAME @WWW@$fastcgi_script_name;
		fastcgi_pass unix:@SOCKET@;
		fastcgi_keep_conn on;
		fastcgi_cache c;
		fastcgi_cache_key $request_uri;
		fastcgi_cache_valid any 1h;
		add_header X-Cache $upstream_cache_status;
	}
}
""")


def haproxy_main():
    """The whole file: web.py adds the snippet behind it, which is ours."""
    return MPXS.replace("@REUSE@", "pool-max-conn 32")


def fetch(server, path, body=None, timeout=30):
    conn = http.client.HTTPConnection("127.0.0.1", server.port,
                                      timeout=timeout)
    try:
        conn.request("POST" if body else "GET", path, body)
        response = conn.getresponse()
        return response.status, response.read()
    finally:
        conn.close()


def fetch_shared(server, path, body=None):
    """HAProxy 2.6 refuses a request now and then when it puts it on a shared
    connection, before it has sent anything (its log: "IH"), whatever the
    server behind it is.  Such a request is made again."""
    for _ in range(8):
        status, content = fetch(server, path, body)
        if status != 500 or not content.startswith(b"<html>"):
            break
        time.sleep(0.01)
    return status, content


def hammer(server, seed, count, fetch=fetch):
    """COUNT requests, a body with every other one; all must be right."""
    rng = random.Random(seed)
    for i in range(count):
        if i % 2:
            body = rng.randbytes(rng.randrange(1, 30000))
            assert fetch(server, "/cgi-bin/echo.cgi", body) == (200, body)
        else:
            assert fetch(server, "/cgi-bin/hello.cgi") == (200, b"hello\n")
    return True


@pytest.mark.parametrize("name", ["nginx", "haproxy"])
def test_K05_more_kept_connections_than_workers(root_pool, serve, name):
    pool = root_pool(workers=2)
    server = serve(name, pool)
    assert all(together(*[lambda n=n: hammer(server, n, 40)
                          for n in range(12)]))
    clock = Clock()
    for _ in range(20):
        assert fetch(server, "/cgi-bin/hello.cgi") == (200, b"hello\n")
    clock.between(0, 2)


@pytest.mark.parametrize("name", ["nginx", "haproxy"])
def test_K06_recycled_workers_lose_nothing(root_pool, serve, name):
    pool = root_pool("-o", "pm.max_requests=7", workers=3)
    pool.keeps_workers = False
    server = serve(name, pool)
    assert all(together(*[lambda n=n: hammer(server, n, 60)
                          for n in range(4)]))


def test_K05_requests_share_connections_behind_haproxy(root_pool, serve):
    pool = root_pool("-o", "fastcgi.max_reqs=8", workers=4)
    server = serve("haproxy", pool, main=haproxy_main())
    assert all(together(*[lambda n=n: hammer(server, n, 40, fetch_shared)
                          for n in range(8)]))

    ended = []

    def slow():
        assert fetch_shared(server, "/cgi-bin/sleep.cgi?3") == (
            200, b"slept\n")
        ended.append("slow")

    def fast():
        time.sleep(0.2)
        for _ in range(10):
            assert fetch_shared(server, "/cgi-bin/hello.cgi")[0] == 200
        ended.append("fast")

    together(slow, slow, fast)
    assert ended == ["fast", "slow", "slow"]


def test_K05_fewer_workers_than_requests_behind_haproxy(root_pool, serve):
    pool = root_pool("-o", "fastcgi.max_reqs=8", workers=2)
    server = serve("haproxy", pool, main=haproxy_main())
    assert fetch(server, "/cgi-bin/hello.cgi") == (200, b"hello\n")
    shared = threading.Event()

    def slow():
        """HAProxy may open a connection for each at first, and share those
        only later."""
        for _ in range(10):
            assert fetch_shared(server, "/cgi-bin/sleep.cgi?0.7") == (
                200, b"slept\n")
            if shared.is_set():
                break

    def watch():
        try:
            procs.wait_for(lambda: len(pool.programs()) >= 3, 15,
                           "they run side by side on one connection")
        finally:
            shared.set()

    together(*[slow] * 8, watch)


def test_C08_a_client_that_leaves_behind_a_web_server(root_pool, serve):
    """nginx closes then; HAProxy waits for the answer all the same."""
    pool = root_pool(workers=2)
    server = serve("nginx", pool)
    conn = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    conn.request("GET", "/cgi-bin/sleep.cgi?60")
    procs.wait_for(pool.programs, 5, "it runs")
    conn.close()
    procs.wait_for(lambda: not pool.programs(), 5, "it was ended")
    assert fetch(server, "/cgi-bin/hello.cgi") == (200, b"hello\n")


TORSO = """#!/bin/sh
printf 'Content-Type: text/plain\\n\\nthe first half'
kill -SEGV $$
"""


def test_C14_a_torso_is_never_cached(root_pool, serve, run_files):
    """With fastcgi_keep_conn on: without it, nginx takes any end of the
    connection for the end of a page that has no Content-Length."""
    pool = root_pool("-o", "rlimit_core=0")
    server = serve("nginx", pool, main=CACHE)
    with open(run_files.program("torso.cgi"), "w") as f:
        f.write(TORSO)
    os.chmod(run_files.program("torso.cgi"), 0o755)

    def get(path):
        response = server.request("GET", path)
        with response:
            try:
                body, whole = response.read(), True
            except (http.client.IncompleteRead, ConnectionError):
                body, whole = b"", False
            return response.headers["X-Cache"], body, whole

    assert get("/cgi-bin/hello.cgi") == ("MISS", b"hello\n", True)
    assert get("/cgi-bin/hello.cgi") == ("HIT", b"hello\n", True)
    for name in ("crash.cgi", "torso.cgi"):
        for _ in range(3):
            state, _, whole = get("/cgi-bin/" + name)
            assert (state, whole) == ("MISS", False), name
