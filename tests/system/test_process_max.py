"""process.max: the workers of all pools together."""

import os
import signal
import threading
import time

import pytest

import fcgi
import procs
from asker import sleepers
from configured import pool_text
from test_ctl_restart import Load

REACHED = "the maximum number of processes has been reached (process.max = "


def pools(most, *names, lines=("pm = static", "pm.max_children = 6")):
    return "process.max = %d\n" % most + "".join(
        pool_text(n, *lines) for n in names)


def workers(conf, name):
    """Those of the pool that serve or will."""
    w = conf.pool.status(name)["workers"]
    return w["idle"] + w["busy"] + w["starting"]


class Watch(threading.Thread):
    """How many workers there were at most."""

    def __init__(self, pool):
        super().__init__(daemon=True)
        self.pool, self.most, self.over = pool, 0, threading.Event()

    def run(self):
        while not self.over.wait(0.002):
            self.most = max(self.most, len(self.pool.workers()))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()


def cpu_seconds(pid):
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_pools_that_want_more_get_what_there_is_and_each_one(conf):
    pool = conf.run(pools(8, "a", "b", "c"))
    procs.wait_for(lambda: len(pool.workers()) == 8, 5, "eight workers")
    have = [workers(conf, n) for n in "abc"]
    assert sum(have) == 8 and min(have) >= 1, have
    assert 1 <= pool.log().count(REACHED + "8)") <= 3
    said = [p["workers"]["process_max_reached"]
            for p in pool.ctl_json("status")["pools"]]
    assert said == [n < 6 for n in have]
    assert "process.max keeps it from starting more" in pool.ctl("status")
    for n in "abc":
        assert fcgi.request(conf.sock(n), {
            "SCRIPT_FILENAME": conf.files.program("hello.cgi")}).status == 200
    time.sleep(0.3)
    assert pool.log().count(REACHED) <= 3, "once for each that needs more"


@pytest.mark.parametrize("pm", ["dynamic", "ondemand"])
def test_a_pool_under_load_grows_up_to_the_bound_and_all_are_served(conf, pm):
    lines = ("pm.max_children = 20", "pm.process_idle_timeout = 300ms")
    pool = conf.run(pools(6, "a", "b", lines=lines), "-o", "pm=%s" % pm)
    with Watch(pool) as watch:
        with sleepers(conf.sock("a"), conf.files, 12, 0.8):
            procs.wait_for(lambda: conf.pool.status("a")["workers"]
                           ["process_max_reached"], 5, "it binds")
            # The other pool is not kept from serving by that.
            with sleepers(conf.sock("b"), conf.files, 2, 0.1):
                pass
    assert watch.most <= 6
    if pm == "ondemand":  # what one has no use for the other can have
        procs.wait_for(lambda: workers(conf, "a") == 0, 10, "a is idle")
        with sleepers(conf.sock("b"), conf.files, 6, 1.5):
            procs.wait_for(lambda: workers(conf, "b") == 6, 5, "b has all")
    assert pool.ctl_json("status")["pools"][0]["workers"]["max_reached"] == 0


def test_it_does_not_spin_while_it_binds(conf):
    pool = conf.run(pools(2, "a", lines=("pm.max_children = 9",)),
                    "-o", "pm=ondemand")
    with sleepers(conf.sock("a"), conf.files, 6, 0.5):
        procs.wait_for(lambda: REACHED in pool.log(), 5, "it binds")
        before = cpu_seconds(pool.pid)
        time.sleep(0.4)
        assert cpu_seconds(pool.pid) - before < 0.1


def test_a_reload_at_the_bound_is_not_kept_from_going_on(conf):
    text = pools(4, "a", "b", lines=("pm = static", "pm.max_children = 2"))
    pool = conf.run(text)
    old = set(pool.workers())
    with Watch(pool) as watch:
        # All are busy for longer than the reload is to take.
        with sleepers(conf.sock("a"), conf.files, 2, 2.5), \
                sleepers(conf.sock("b"), conf.files, 2, 2.5):
            procs.wait_for(lambda: sum(p["workers"]["busy"] for p in
                                       pool.ctl_json("status")["pools"]) == 4,
                           5, "all busy")
            begun = time.monotonic()
            conf.reload(text + "# other\n")
            assert procs.within(1.2, begun)
    assert watch.most <= 4 + 2
    procs.wait_for(lambda: not old & set(pool.workers()), 5, "all new")
    procs.wait_for(lambda: len(pool.workers()) == 4, 5, "and as many")


def test_so_are_a_restart_and_an_upgrade(conf):
    pool = conf.run(pools(3, "a", lines=("pm = static",
                                         "pm.max_children = 3")))
    for again in (lambda: pool.ctl("restart", "a"),
                  lambda: pool.send(signal.SIGUSR2)):
        old = set(pool.workers())
        with Watch(pool) as watch:
            again()
            procs.wait_for(lambda o=old: not o & set(pool.workers()), 10,
                           "all new")
            procs.wait_for(lambda: workers(conf, "a") == 3, 10, "three")
        assert watch.most <= 3 + 2  # the new program is tried by a child


def test_it_can_be_set_on_a_living_master(conf):
    pool = conf.run(pools(3, "a", "b"))
    procs.wait_for(lambda: len(pool.workers()) == 3, 5, "three")
    pool.ctl("set", "a", "process.max=9")
    procs.wait_for(lambda: len(pool.workers()) == 9, 5, "nine")
    pool.ctl("set", "a", "process.max=0")
    procs.wait_for(lambda: len(pool.workers()) == 12, 5, "all")
    assert not any(p["workers"]["process_max_reached"]
                   for p in pool.ctl_json("status")["pools"])
    err = pool.ctl("set", "a", "process.max=1", expect=78)
    assert "the pools need 2 workers" in err
    conf.reload(pools(3, "a", "b"))
    procs.wait_for(lambda: len(pool.workers()) == 3, 10, "three again")
    assert min(workers(conf, "a"), workers(conf, "b")) >= 1


def test_advise_names_it_as_what_binds(conf):
    pool = conf.run(pools(1, "a"))
    with Load(pool, threads=2):
        time.sleep(5.5)
        procs.wait_for(lambda: pool.try_ctl("advise").returncode == 0, 20,
                       "enough data")
    assert "what binds today  process.max: " in pool.ctl("advise")


def test_recycled_workers_come_back_at_the_bound(conf):
    pool = conf.run(pools(2, "a", "b", lines=(
        "pm = static", "pm.max_children = 1", "pm.max_requests = 2")))
    for _ in range(10):
        for n in "ab":
            assert fcgi.request(conf.sock(n), {
                "SCRIPT_FILENAME":
                conf.files.program("hello.cgi")}).body == b"hello\n"
    procs.wait_for(lambda: len(pool.workers()) == 2, 5, "both")
