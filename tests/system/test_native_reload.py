"""mode = fastcgi under reloads: programs are replaced, requests are not lost."""

import os
import select
import signal
import threading
import time

import pytest

import fcgi
import pool as pools
import procs

SETTLE = 0.5  # how long an order waits for programs to end


def text(zoo, *what, lines=(), listen="@DIR@/a.sock"):
    command = ", ".join('"%s"' % word for word in (zoo,) + what)
    return 'pool "a" {\n%s\n}\n' % "\n".join((
        "mode = fastcgi", 'listen = "%s"' % listen, "listen.mode = 0666",
        "command = {%s}" % command, "pm = static", "pm.max_children = 4")
        + tuple(lines))


def ask(address):
    answer = fcgi.request(address, {"QUERY_STRING": ""})
    assert answer.complete and answer.app_status == 0, answer
    return int(answer.body.split()[0])


def accepted(old):
    """One of the programs has a connection."""
    procs.wait_for(lambda: any(len(procs.fds(pid)) > 3 for pid in old), 5,
                   "a program has accepted")


class Askers:
    """N clients that ask one request after the other."""

    def __init__(self, address, n):
        self.address = address
        self.answered, self.lost, self.pids = 0, [], set()
        self.end = threading.Event()
        self.threads = [threading.Thread(target=self._ask, daemon=True)
                        for _ in range(n)]
        for t in self.threads:
            t.start()

    def _ask(self):
        while not self.end.is_set():
            try:
                self.pids.add(ask(self.address))
                self.answered += 1
            except Exception as e:
                self.lost.append(repr(e))

    def stop(self):
        self.end.set()
        for t in self.threads:
            t.join()


@pytest.mark.plain_only
@pytest.mark.parametrize("sleep", ["0", "20"])
def test_reloads_under_load_lose_nothing(conf, zoo, sleep):
    pool = conf.run(text(zoo, "sleep", sleep))
    askers = Askers(conf.sock(), 3)
    try:
        for n in range(15):
            conf.reload(text(zoo, "sleep", sleep, lines=[
                "pm.max_children = %d" % (4 + n % 3)]))
        time.sleep(0.5)
    finally:
        askers.stop()
    assert askers.lost == []
    assert askers.answered > 40
    assert len(askers.pids) > 5
    assert pool.process.poll() is None


def test_a_reload_brings_another_program(conf, zoo):
    pool = conf.run(text(zoo))
    old = pool.workers()
    conf.reload(text(zoo, "sleep", "1", lines=["env { A = b }"]))
    procs.wait_for(lambda: not set(old) & set(pool.workers()), 5,
                   "the old programs are gone")
    assert ask(conf.sock()) not in old
    for pid in pool.workers():
        with open("/proc/%d/cmdline" % pid) as f:
            assert f.read().split("\0")[1:3] == ["sleep", "1"]
        with open("/proc/%d/environ" % pid) as f:
            assert "A=b" in f.read().split("\0")


def test_a_program_that_cannot_be_executed_refuses_the_reload(conf, zoo,
                                                              run_files):
    pool = conf.run(text(zoo))
    old = pool.workers()
    why = conf.refuse(text(run_files.program("badinterp.cgi")))
    assert "No such file" in why
    procs.wait_for(lambda: pool.workers() == old, 5, "the old ones are left")
    assert ask(conf.sock()) in old


def test_a_busy_program_of_the_old_ones_ends_its_request(conf, zoo):
    conf.run(text(zoo, "sleep", "700"))
    old = conf.pool.workers()
    with fcgi.Conn(conf.sock()) as c:
        c.send_request({"QUERY_STRING": ""})
        accepted(old)
        conf.reload(text(zoo))
        answer = c.finish()
    assert answer.complete and int(answer.body.split()[0]) in old
    procs.wait_for(lambda: not set(old) & set(conf.pool.workers()), 5,
                   "the old programs are gone")


def test_the_answer_comes_when_no_old_program_is_idle(conf, zoo):
    pool = conf.run(text(zoo))
    for n in range(6):
        old = pool.workers()
        began = time.monotonic()
        if n % 2 == 0:
            pool.ctl("restart")
        else:
            pool.ctl("set", "env.N=%d" % n)
        late = time.monotonic() - began > SETTLE
        assert ask(conf.sock()) not in old or late
        assert not set(old) & set(pool.workers()) or late


def test_the_answer_does_not_wait_for_a_busy_program(conf, zoo):
    pool = conf.run(text(zoo, "sleep", "4000"))
    with fcgi.Conn(conf.sock()) as c:
        c.send_request({"QUERY_STRING": ""})
        procs.wait_for(lambda: pool.status()["workers"]["busy"] == 1, 3,
                       "one is busy")
        old = pool.workers()
        pool.ctl("restart")
        assert not select.select([c.sock], [], [], 0)[0]
        assert int(c.finish().body.split()[0]) in old


def test_a_program_that_ignores_term_does_not_hold_the_answer_up(conf, zoo):
    pool = conf.run("process_control_timeout = 300ms\n" + text(zoo, "deaf"))
    began = time.monotonic()
    pool.ctl("restart")
    assert procs.within(2, began)
    assert ask(conf.sock())


def test_a_pool_of_programs_comes_and_goes(conf, zoo):
    pool = conf.run(text(zoo))
    port = pools.free_port()
    conf.reload(text(zoo) + text(
        zoo, listen="127.0.0.1:%d" % port).replace('"a"', '"b"', 1))
    procs.wait_for(lambda: len(pool.workers()) == 8, 5, "two pools of four")
    assert ask(("127.0.0.1", port))
    conf.reload(text(zoo))
    procs.wait_for(lambda: len(pool.workers()) == 4, 5, "one pool is left")
    procs.wait_for(lambda: not procs.listens(("127.0.0.1", port)), 5,
                   "its listener is closed")
    with pytest.raises(OSError):
        ask(("127.0.0.1", port))


@pytest.mark.plain_only
def test_upgrades_under_load_lose_nothing(upgraded, zoo):
    pool = upgraded.run(text(zoo, "sleep", "5"))
    askers = Askers(upgraded.sock(), 3)
    try:
        for _ in range(8):
            old = pool.workers()
            upgraded.upgrade()
            procs.wait_for(lambda: not set(old) & set(pool.workers()), 10,
                           "the old programs are gone")
    finally:
        askers.stop()
    assert askers.lost == []
    assert askers.answered > 40
    assert pool.process.poll() is None


def test_what_programs_say_is_logged_after_an_upgrade(upgraded, zoo):
    pool = upgraded.run(text(zoo, "sleep", "700"))
    with fcgi.Conn(upgraded.sock()) as c:
        c.send_request({"QUERY_STRING": "q=say"})
        accepted(pool.workers())
        upgraded.upgrade()
        pid = int(c.finish().body.split()[0])
    procs.wait_for(lambda: "program %d: it was asked" % pid in pool.log(), 5,
                   "the old program's line")


def test_stopped_in_a_reload_it_leaves_nothing(conf, zoo):
    pool = conf.run(text(zoo))
    pool.send(signal.SIGHUP)
    pool.send(signal.SIGTERM)
    assert pool.process.wait(10) == 0
    assert not os.path.exists(conf.sock())
