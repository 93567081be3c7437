"""The master and its workers: replaced, stopped, never orphaned."""

import os
import signal
import time

import pytest

import fcgi
import procs


def run_program(pool, run_files, name, query=""):
    return fcgi.request(pool.address, {
        "SCRIPT_FILENAME": run_files.program(name), "QUERY_STRING": query})


def begin(pool, run_files, name, query=""):
    """A connection on which a program was asked for."""
    c = fcgi.Conn(pool.address)
    c.send_request({"SCRIPT_FILENAME": run_files.program(name),
                    "QUERY_STRING": query})
    return c


def test_a_killed_worker_is_replaced(root_pool, run_files):
    pool = root_pool(workers=2)
    pool.keeps_workers = False
    for _ in range(5):
        assert run_program(pool, run_files, "hello.cgi").status == 200
        before = pool.workers()
        os.kill(before[0], signal.SIGKILL)
        procs.wait_for(
            lambda: len(pool.workers()) == 2 and
            before[0] not in pool.workers(), 5, "a new worker")
    assert run_program(pool, run_files, "hello.cgi").body == b"hello\n"


def test_a_killed_worker_takes_its_program_along(root_pool, run_files):
    pool = root_pool()
    pool.keeps_workers = False
    with begin(pool, run_files, "ignoreterm.cgi", "30") as c:
        c.read_until(lambda: b"pid" in c.answer().body)
        program = int(c.answer().body.split()[1])
        os.kill(pool.workers()[0], signal.SIGKILL)
        procs.wait_for(lambda: not procs.alive(program), 5,
                       "the program is gone")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT,
                                    signal.SIGQUIT])
def test_a_stop_is_orderly(root_pool, number):
    pool = root_pool(workers=3)
    assert pool.stop(number) == 0
    assert not os.path.exists(pool.address), "the socket is removed"


def test_a_stop_lets_a_request_end(root_pool, run_files):
    pool = root_pool()
    pool.keeps_workers = False
    with begin(pool, run_files, "drip.cgi", "5,0.1") as c:
        c.read_until(lambda: b"line 1" in c.answer().body)
        pool.send(signal.SIGTERM)
        answer = c.finish()
    assert answer.complete and answer.body.endswith(b"line 5\n")
    assert pool.stop() == 0


def test_a_second_signal_does_not_wait(root_pool, run_files):
    pool = root_pool("-o", "request_kill_timeout=1s")
    pool.keeps_workers = False
    with begin(pool, run_files, "ignoreterm.cgi", "30") as c:
        c.read_until(lambda: b"pid" in c.answer().body)
        program = int(c.answer().body.split()[1])
        pool.send(signal.SIGTERM)
        procs.wait_for(lambda: "stop" in pool.log(), 5, "it began to stop")
        pool.send(signal.SIGTERM)
        assert pool.stop(signal.SIGTERM, seconds=5) == 0
    procs.wait_for(lambda: not procs.alive(program), 5, "no program left")


def test_a_killed_master_leaves_nothing(root_pool, run_files):
    pool = root_pool(workers=3)
    pool.keeps_workers = False
    pool.expect_exit = -signal.SIGKILL
    workers = pool.workers()
    pool.process.kill()
    procs.wait_for(lambda: not any(map(procs.alive, workers)), 5,
                   "no worker is left")
    for pid in workers:
        procs.reap(pid)


def assert_follows_killed(first, start, run_files):
    """FIRST is killed, and another serves at its address."""
    first.keeps_workers = False
    first.expect_exit = -signal.SIGKILL
    first.process.kill()
    first.process.wait()
    second = start("-F", "1", "-s", first.address, "--root", run_files.root,
                   listen=None)
    second.address = first.address
    second.wait_ready(1)
    assert run_program(second, run_files, "hello.cgi").body == b"hello\n"


def test_after_a_killed_master_a_new_one_starts(root_pool, start, run_files):
    first = root_pool()
    assert_follows_killed(first, start, run_files)


def test_after_a_killed_master_a_busy_worker_is_in_nobodys_way(
        root_pool, start, run_files):
    first = root_pool()
    busy = begin(first, run_files, "sleep.cgi", "1.5")
    procs.wait_for(first.programs, 5, "its program runs")
    assert_follows_killed(first, start, run_files)
    assert busy.finish().body == b"slept\n"


def test_workers_killed_a_hundred_times_are_replaced(root_pool, run_files):
    """Kills from outside are no failures of ours: no pause, little log."""
    pool = root_pool()
    pool.keeps_workers = False
    began = time.monotonic()
    for _ in range(100):
        pid = procs.wait_for(pool.workers, 5, "a worker")[0]
        os.kill(pid, signal.SIGKILL)
        procs.wait_for(lambda: pid not in pool.workers(), 5, "it is gone")
    assert run_program(pool, run_files, "hello.cgi").body == b"hello\n"
    seconds = time.monotonic() - began
    assert pool.log().count("\n") < 25 + 2 * seconds


def test_fifty_requests_at_once_of_four_workers(root_pool, run_files):
    pool = root_pool(workers=4)
    conns = [begin(pool, run_files, "sleep.cgi", "0.05") for _ in range(50)]
    for c in conns:
        answer = c.finish()
        assert answer.body == b"slept\n" and answer.complete
        c.close()


def test_a_kept_connection_carries_many_requests(root_pool, run_files):
    pool = root_pool()
    params = {"SCRIPT_FILENAME": run_files.program("hello.cgi")}
    with fcgi.Conn(pool.address) as c:
        for n in range(1, 21):
            assert c.request(params, id=n, keep=True).body == b"hello\n"


def test_idle_kept_connections_cost_no_worker(root_pool, run_files):
    pool = root_pool()
    params = {"SCRIPT_FILENAME": run_files.program("hello.cgi")}
    kept = [fcgi.Conn(pool.address) for _ in range(20)]
    for c in kept:
        assert c.request(params, keep=True).body == b"hello\n"
    assert run_program(pool, run_files, "hello.cgi").body == b"hello\n"
    for c in kept:
        assert c.request(params, keep=True).body == b"hello\n"
        c.close()


def test_a_client_that_goes_away_ends_the_program(root_pool, run_files):
    pool = root_pool()
    with begin(pool, run_files, "tree.cgi", "3") as c:
        c.read_until(lambda: c.answer().body.endswith(b"\n"))
        pids = [int(p) for p in c.answer().body.split()]
        assert all(map(procs.alive, pids))
    procs.wait_for(lambda: not any(map(procs.alive, pids)), 5,
                   "the program and its children are gone")


def test_an_aborted_request_ends_and_the_connection_goes_on(root_pool,
                                                            run_files):
    pool = root_pool()
    params = {"SCRIPT_FILENAME": run_files.program("sleep.cgi"),
              "QUERY_STRING": "30"}
    with fcgi.Conn(pool.address) as c:
        c.send_request(params, keep=True)
        procs.wait_for(pool.programs, 5, "the program runs")
        c.abort()
        assert c.finish(seconds=5).ended
        params["SCRIPT_FILENAME"] = run_files.program("hello.cgi")
        assert c.request(params, keep=True).body == b"hello\n"


def test_a_stopped_program_can_be_ended(root_pool, run_files):
    pool = root_pool()
    with begin(pool, run_files, "stopself.cgi") as c:
        c.read_until(lambda: b"stopping" in c.answer().body)
    procs.wait_for(lambda: not pool.programs(), 5, "it is gone")
