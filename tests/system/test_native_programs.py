"""Row N09: programs that nobody here wrote the FastCGI of, mode = fastcgi."""

import os

import pytest

import native
import procs
from native import NAMES

REQUESTS = 1000


@pytest.fixture
def pool_of(start, kinds):
    def make(name, *options, workers=2):
        kind = kinds[name]
        pool = start("-F", str(workers), "-o", "mode=fastcgi", *kind.options,
                     *options, tail=["--", *kind.command])
        pool.kind = kind
        pool.keeps_workers = False
        procs.wait_for(pool.accepts, 5, "the socket accepts")
        return pool

    return make


def ask(pool, query, body=b""):
    return native.ask(pool.address, pool.kind, query, body)


@pytest.mark.parametrize("name", NAMES)
def test_n09_serves_a_thousand_requests(pool_of, name):
    pool = pool_of(name)
    pids = {ask(pool, "n=%d" % n)[0] for n in range(REQUESTS)}
    assert len(pids) >= 2 or name == "Go"
    assert "die young" not in pool.log()


@pytest.mark.parametrize("name", [n for n in NAMES if n != "libfcgi"])
def test_n09_reads_a_body(pool_of, name):
    pool = pool_of(name)
    assert ask(pool, "q", b"x" * 100000)[2] == b"100000"


@pytest.mark.parametrize("name", NAMES)
def test_n09_stops_with_all_it_started(pool_of, name):
    pool = pool_of(name)
    ask(pool, "first")
    pids = [p.pid for p in procs.descendants(pool.pid)]
    assert pids
    assert pool.stop() == 0
    procs.wait_for(lambda: not any(map(procs.alive, pids)), 2, "all ended")


@pytest.mark.parametrize("name", ["libfcgi", "php-cgi"])
def test_n09_behind_nginx(pool_of, serve, run_files, name):
    pool = pool_of(name, "-M", "0666")
    nginx = serve("nginx", pool)
    path = "/cgi-bin/hello.cgi"
    if name == "php-cgi":
        source = os.path.join(run_files.root, "serve.php")
        with open(source, "w") as f:
            f.write("<?php echo getmypid(), ' ', $_SERVER['QUERY_STRING'];")
        path = "/cgi-bin/serve.php"
    for n in range(20):
        status, body = nginx.get("%s?n=%d" % (path, n))
        assert status == 200 and b"n=%d" % n in body
    nginx.stop()
