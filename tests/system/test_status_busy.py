"""The status page while all workers are busy, and its own listener."""

import os
import signal
import threading
import time

import pytest

import fcgi
import native
import procs
import statuspage
from statuspage import comes_promptly, params, prompt, quickest


def test_M16_status_and_ping_come_at_once_though_all_are_busy(status):
    pool = status()
    with pool.fill(2):
        assert comes_promptly(pool.ping)
        assert comes_promptly(pool.json)
        page = pool.json("json&full")
    assert (page["active processes"], page["idle processes"]) == (2, 0)
    assert len(page["processes"]) == 2


def test_M16_behind_a_hundred_that_wait_as_well(status):
    pool = status()
    with pool.fill(2):
        waiting = [pool.conn() for _ in range(100)]
        for c in waiting:
            pool.send(c, "hello.cgi")
        pool.ping()
        assert comes_promptly(pool.ping)
        assert pool.json()["requests"]["running"] <= 3
    for c in waiting:
        assert c.finish().body == b"hello\n"
        c.close()


def test_M16_on_a_connection_that_was_kept(status):
    pool = status()
    with pool.conn() as kept:
        assert pool.ask(kept, "hello.cgi").body == b"hello\n"
        with pool.fill(2):
            assert comes_promptly(
                lambda: kept.request(params(path="/ping")), 3)
        assert pool.ask(kept, "hello.cgi").body == b"hello\n"


def test_over_tcp(status):
    pool = status(listen="tcp")
    with pool.fill(2):
        assert comes_promptly(pool.ping)


def test_nothing_is_lost_and_nothing_twice(status, run_files):
    pool = status()
    count = os.path.join(run_files.dir, "count-%d" % os.getpid())
    failures = []

    def ask(i):
        for _ in range(10):
            answer = pool.get("sleep.cgi", "0.02")
            if answer.body != b"slept\n":
                failures.append(answer)
            if i % 2 == 0 and pool.ping().body != b"pong":
                failures.append("no pong")

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not failures and not os.path.exists(count)
    requests = pool.json()["requests"]
    assert requests["completed"] == 8 * 10 + 4 * 10
    assert requests["accepted"] == requests["completed"] + 1


def test_the_wait_for_a_worker_is_no_slow_head(status):
    pool = status("-o", "request_head_timeout=1s", workers=1)
    large = {"HTTP_X_%d" % i: "x" * 1000 for i in range(150)}
    with pool.fill(1, 2) as busy, pool.conn() as waiting:
        pool.send(waiting, "hello.cgi", **large)
        assert waiting.finish().body == b"hello\n"
        assert busy.conns[0].finish().body == b"slept\n"


def ping_bytes(**more):
    return fcgi.request_bytes(params(path="/ping", **more), b"",
                              fcgi.RESPONDER, False, 1, fcgi.CONTENT_MAX, 0)


@pytest.mark.parametrize("listen", ["unix", "tcp"])
@pytest.mark.parametrize("cuts", [(3,), (8, 16), (30,), (20, 21, 22, 40)])
def test_M16_a_head_that_comes_in_pieces_is_as_good(status, listen, cuts):
    pool = status(listen=listen)
    data = ping_bytes()
    parts = [data[a:b] for a, b in zip((0,) + cuts, cuts + (len(data),))]

    def ask():
        with pool.conn() as slow:
            for part in parts[:-1]:
                slow.send_raw(part)
                time.sleep(0.05)
            slow.send_raw(parts[-1])
            begun = time.monotonic()
            assert slow.finish().body == b"pong"
            return time.monotonic() - begun

    with pool.fill(2):
        assert any(prompt(sorted(ask() for _ in range(3))[1])
                   for _ in range(4))


def test_byte_by_byte_it_costs_its_sender_alone(status):
    """No more than a few looks; then it waits for a worker."""
    pool = status(workers=1)
    large = {"HTTP_X": "x" * 1000}
    with pool.fill(1, 1) as busy, pool.conn() as slow:
        sender = threading.Thread(target=slow.send_slowly,
                                  args=(ping_bytes(**large), 1, 0.0005))
        sender.start()
        assert comes_promptly(pool.ping)
        assert busy.conns[0].finish().body == b"slept\n"
        sender.join()
        assert slow.finish().body == b"pong"


def test_what_never_gets_whole_waits_for_a_worker_as_all_others(status):
    """And is neither lost nor anybody's loss: half a head, half a head of
    somebody who has gone, and a head that turns out to be another's."""
    pool = status("-o", "request_head_timeout=1s", workers=1)
    with pool.fill(1, 3) as busy, pool.conn() as half, pool.conn() as other:
        gone = pool.conn()
        gone.send_raw(ping_bytes()[:30])
        gone.close()
        half.send_raw(ping_bytes()[:30])
        data = fcgi.request_bytes(pool.params("hello.cgi"), b"",
                                  fcgi.RESPONDER, False, 1, fcgi.CONTENT_MAX,
                                  0)
        other.send_raw(data[:30])
        assert comes_promptly(pool.ping)
        other.send_raw(data[30:])
        assert comes_promptly(pool.ping)
        assert other.finish().body == b"hello\n"
        assert busy.conns[0].finish().body == b"slept\n"
        half.wait_closed(8)


def test_a_worker_that_becomes_idle_takes_what_is_not_whole(status):
    pool = status(workers=1)
    with pool.fill(1, 0.5) as busy, pool.conn() as half:
        half.send_raw(ping_bytes()[:30])
        assert busy.conns[0].finish().body == b"slept\n"
        procs.wait_for(lambda: pool.json()["connections"]["waiting"] == 0, 5)
        half.send_raw(ping_bytes()[30:])
        assert half.finish().body == b"pong"


def test_M16_a_worker_is_counted_on_once(status):
    """It is idle until it has taken what was handed over to it."""
    pool = status(workers=1)
    aide = pool.aide()
    worker, = [w for w in pool.pool.workers() if w != aide]
    with pool.conn() as half, pool.conn() as whole:
        for c in half, whole:
            assert pool.ask(c, "hello.cgi").body == b"hello\n"
        procs.wait_for(lambda: pool.pool.status()["connections"]["kept"] == 2,
                       5, "both are parked")
        os.kill(worker, signal.SIGSTOP)
        try:
            half.send_raw(ping_bytes()[:30])
            procs.wait_for(lambda: pool.pool.status()["connections"]["kept"]
                           == 1, 5, "one was handed over")
            pong = whole.request(params(path="/ping"), seconds=5)
        finally:
            os.kill(worker, signal.SIGCONT)
        assert pong.body == b"pong"
        half.send_raw(ping_bytes()[30:])
        assert half.finish().body == b"pong"


def test_a_status_worker_that_dies_takes_nothing_with_it(status):
    pool = status()
    pool.pool.keeps_workers = False
    aide = pool.aide()
    with pool.fill(2):
        waiting = [pool.conn() for _ in range(5)]
        os.kill(aide, signal.SIGSTOP)
        for c in waiting:
            pool.send(c, "hello.cgi")
        time.sleep(0.1)
        os.kill(aide, signal.SIGKILL)
        procs.wait_for(lambda: len(set(pool.pool.workers()) - {aide}) == 3, 5,
                       "a new one")
        procs.wait_for(lambda: prompt(quickest(pool.ping, 1)), 5, "a pong")
    for c in waiting:
        assert c.finish().body == b"hello\n"
        c.close()


def test_a_status_worker_that_hangs_is_replaced(status):
    pool = status()
    pool.pool.keeps_workers = False
    aide = pool.aide()
    os.kill(aide, signal.SIGSTOP)
    with pool.fill(2), pool.conn() as waiting:
        pool.send(waiting, "hello.cgi")
        procs.wait_for(lambda: aide not in pool.pool.workers(), 5, "killed")
        procs.wait_for(lambda: prompt(quickest(pool.ping, 1)), 5, "a pong")
    assert "does not answer" in pool.pool.log()


def test_a_new_binary_loses_nothing_of_what_is_looked_at(status):
    pool = status()
    pool.pool.keeps_workers = False
    aide = pool.aide()
    with pool.fill(2):
        os.kill(aide, signal.SIGSTOP)
        waiting = [pool.conn() for _ in range(5)]
        for c in waiting:
            pool.send(c, "hello.cgi")
        time.sleep(0.1)
        pool.pool.send(signal.SIGUSR2)
        procs.wait_for(lambda: "took over: generation" in pool.pool.log(), 10,
                       "the new one took over")
    for c in waiting:
        assert c.finish().body == b"hello\n"
        c.close()
    assert pool.ping().body == b"pong"


def test_a_pool_on_demand_answers_without_a_worker(start, run_files):
    pool = start("-o", "pm=ondemand", "-o", "pm.max_children=2", "-o",
                 "ping.path=/ping", "--root", run_files.root)
    pool.wait_ready(1)
    pool.keeps_workers = False
    assert fcgi.request(pool.address, params(path="/ping")).body == b"pong"


# --- pm.status_listen ---

def listening(pool):
    return os.path.join(pool.pool.dir, "status.sock")


def test_its_own_listener_answers_these_paths_and_no_other(status):
    pool = status("-o", "pm.status_listen=@DIR@/status.sock")
    own = listening(pool)
    assert pool.ping(address=own).body == b"pong"
    assert pool.json(address=own)["pool"] == "www"
    answer = fcgi.request(own, pool.params("hello.cgi"))
    assert answer.status == 404 and not pool.pool.programs()
    assert pool.ping().body == b"pong"  # there as well
    with pool.fill(2):
        assert comes_promptly(lambda: pool.ping(address=own))


def test_a_silent_client_there_keeps_nobody_waiting_for_long(status):
    pool = status("-o", "pm.status_listen=@DIR@/status.sock")

    def behind_one():
        with fcgi.Conn(listening(pool)):
            return quickest(lambda: pool.ping(address=listening(pool)), 1)

    assert any(behind_one() < 1 for _ in range(3))


def test_a_native_pool_has_its_status_there(start, run_files):
    program = native.compile_c(run_files.dir, "zoo")
    pool = start("-F", "2", "-o", "mode=fastcgi", "-o",
                 "pm.status_path=/status", "-o",
                 "pm.status_listen=@DIR@/status.sock", "--name", "zoo",
                 tail=["--", program])
    pool.wait_ready(3)
    page = statuspage.StatusPool(pool, run_files)
    got = page.json("json&full",
                    address=os.path.join(pool.dir, "status.sock"))
    assert got["pool"] == "zoo" and got["total processes"] == 2


@pytest.mark.plain_only
def test_a_native_pool_without_it_is_refused(start, run_files):
    program = native.compile_c(run_files.dir, "zoo")
    pool = start("-o", "mode=fastcgi", "-o", "ping.path=/ping",
                 tail=["--", program])
    pool.expect_exit = 78
    assert pool.process.wait(15) == 78
    assert "set pm.status_listen as well" in pool.log()


def test_a_setting_that_changes_reaches_the_status_worker(status):
    pool = status()
    pool.pool.keeps_workers = False
    with pool.fill(2) as busy:
        pool.pool.ctl("set", "www", "ping.response=changed")
        procs.wait_for(lambda: pool.ping().body == b"changed", 5, "it did")
        assert not any(c.eof for c in busy.conns)
        assert comes_promptly(pool.ping)
    assert pool.ping().body == b"changed"
