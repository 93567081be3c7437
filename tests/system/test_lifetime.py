"""pm.max_lifetime: workers are replaced by age, and nothing is lost."""

import os
import threading
import time

import procs


def ages_out(pool, seconds=6):
    """All workers of now are replaced within SECONDS."""
    first = set(pool.workers())
    procs.wait_for(lambda: not first & set(pool.workers()), seconds,
                   "others have taken their places")


def test_workers_go_by_age_and_no_request_is_lost(asker):
    ask = asker("-o", "pm.max_lifetime=700ms", workers=3)
    ask.pool.keeps_workers = False
    lost, done = [], threading.Event()

    def load():
        while not done.is_set():
            try:
                answer = ask.get("hello.cgi")
                assert answer.body == b"hello\n" and answer.complete, answer
            except Exception as e:
                lost.append(repr(e))

    threads = [threading.Thread(target=load, daemon=True) for _ in range(2)]
    for t in threads:
        t.start()
    try:
        for _ in range(3):
            ages_out(ask.pool)
    finally:
        done.set()
        for t in threads:
            t.join()
    assert lost == []
    assert "exited" not in ask.pool.log()


def test_a_request_under_way_is_not_cut_by_age(asker):
    ask = asker("-o", "pm.max_lifetime=300ms")
    ask.pool.keeps_workers = False
    begun = time.monotonic()
    assert ask.get("sleep.cgi", 1.2).body == b"slept\n"
    assert procs.within(3, begun)


def test_without_a_limit_workers_stay(asker):
    ask = asker(workers=2)
    first = ask.pool.workers()
    time.sleep(0.4)
    assert ask.pool.workers() == first


def test_who_works_stays_while_new_ones_cannot(start, tmp_path):
    """The program is replaced by one that ends at once."""
    program = str(tmp_path / "serve")

    def put(text):
        with open(program + ".new", "w") as f:
            f.write("#!/bin/sh\n" + text)
        os.chmod(program + ".new", 0o755)
        os.rename(program + ".new", program)

    put("exec sleep 1000\n")
    pool = start("-F", "3", "-o", "mode=fastcgi", "-o", "pm.max_lifetime=2s",
                 tail=["--", program])
    pool.wait_ready(3)
    pool.keeps_workers = False
    put("exit 1\n")
    procs.wait_for(lambda: "die young" in pool.log(), 10, "a crash loop")
    time.sleep(1)  # for those that had been told to go before
    left = {p.pid for p in procs.children(pool.pid)
            if p.name == "sleep" and p.state != "Z"}
    assert left, pool.log()
    time.sleep(1)
    assert left <= set(pool.workers())
    put("exec sleep 1000\n")
    procs.wait_for(lambda: not left & set(pool.workers()), 30, "all new")
