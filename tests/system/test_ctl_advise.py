"""test_ctl_advise.py - how many workers a pool needs."""

import fcgi
import procs
from test_ctl_restart import Load


def test_without_data_it_refuses(root_pool):
    pool = root_pool()
    err = pool.ctl("advise", expect=75)
    assert "not enough data: 0 requests in " in err
    assert err.endswith(", of 100 in 5 s that are needed\n")
    assert err.count("\n") == 1


def test_each_pool_without_data_is_told_so(start, run_files, tmp_path):
    path = tmp_path / "two.conf"
    path.write_text("".join(
        'pool "%s" {\nlisten = "%s"\ncgi.root = "%s"\n}\n' % (
            name, tmp_path / name, run_files.root) for name in ("a", "b")))
    pool = start("-y", str(path), listen=None)
    pool.address = str(tmp_path / "a")
    pool.wait_ready()
    err = pool.ctl("advise", expect=75)
    assert [line.split(": ")[1] for line in err.splitlines()] == [
        "pool a", "pool b"]


def test_the_arithmetic_is_shown_and_adds_up(start, run_files):
    pool = start("-o", "pm=dynamic", "-o", "pm.max_children=6", "--root",
                 run_files.root).wait_ready()
    pool.keeps_workers = False
    with Load(pool, threads=2):
        procs.wait_for(lambda: pool.try_ctl("advise").returncode == 0, 30)
    (earlier,) = pool.ctl_json("advise")["advice"]
    text = pool.ctl("advise")
    for words in ("arrivals", "service time", "offered load", "Erlang C",
                  "memory", "what binds today", "pm.max_children="):
        assert words in text, text
    (a,) = pool.ctl_json("advise")["advice"]
    assert a["enough_data"] is True
    load = a["arrivals"] * a["service_time"]
    assert abs(a["offered_load"] - load) < 1e-6 * (1 + load)
    assert a["waiting"] < 0.01
    assert a["max_children"] > a["offered_load"]
    # What it says can be typed as it is.
    line = text.strip().split("\n")[-1].split()
    assert line[:2] == ["cgi-fpmctl", "set"]
    pool.ctl(*line[1:])
    # None arrives any more, so the need sinks from one look to the next.
    most = pool.status()["workers"]["max"]
    assert "pm.max_children=%d" % most in line
    assert earlier["max_children"] >= most >= a["max_children"]
    assert fcgi.request(pool.address, {
        "SCRIPT_FILENAME": pool.files.program("hello.cgi")}).status == 200
