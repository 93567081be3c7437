"""Who has connected is served, also when no worker has accepted it yet and
its listener goes: with the service, with its pool, or with its address."""

import contextlib
import os
import signal
import socket
import threading
import time

import pytest

import fcgi
import manager
import pool as pools
import procs
from configured import pool_text
from test_stop import in_time, send_late

BOTH = pytest.mark.parametrize("listen", ["unix", "tcp"])
REFUSED = (ConnectionRefusedError, FileNotFoundError)


def params(run_files, name, query=""):
    return {"REQUEST_METHOD": "GET", "QUERY_STRING": query,
            "SCRIPT_NAME": "/" + name,
            "SCRIPT_FILENAME": run_files.program(name)}


class Crowd:
    """The only worker is busy until open(); whoever comes after it waits in
    the backlog."""

    def __init__(self, address, run_files):
        self.address = address
        self.files = run_files
        self.gate = os.path.join(run_files.dir, "gate-%d" % time.time_ns())
        self.stack = contextlib.ExitStack()
        self.busy = self.connect()
        self.busy.send_request(params(run_files, "gate.cgi", self.gate))
        self.busy.read_until(lambda: b"first" in self.busy.answer().stdout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.open()
        self.stack.close()

    def connect(self):
        return self.stack.enter_context(fcgi.Conn(self.address))

    def ask(self, n=1):
        """So many requests."""
        waiting = [self.connect() for _ in range(n)]
        for c in waiting:
            c.send_request(params(self.files, "hello.cgi"))
        return waiting

    def open(self):
        open(self.gate, "w").close()

    def first_is_served(self):
        assert b"second" in self.busy.collect(1)[1].stdout

    def are_served(self, waiting):
        for c in waiting:
            answer = c.collect(1)[1]
            assert answer.complete and b"hello" in answer.stdout


def says(pool, text):
    procs.wait_for(lambda: text in pool.log(), 5, text)


def ended(pool):
    pool.stopped = True
    assert pool.process.wait(15) == 0


def nobody_comes_in(address):
    def refused():
        try:
            fcgi.connect(address, 3).close()
        except REFUSED:
            return True
        return False

    procs.wait_for(refused, 5, "new connections are refused")


# --- a stop ---

@BOTH
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT])
def test_a_stop_serves_who_waits(root_pool, run_files, listen, number):
    pool = root_pool(listen=listen)
    with Crowd(pool.address, run_files) as crowd:
        waiting = crowd.ask(5)
        pool.send(number)
        says(pool, "stopping")
        nobody_comes_in(pool.address)
        crowd.open()
        crowd.first_is_served()
        crowd.are_served(waiting)
    ended(pool)


@BOTH
def test_who_says_nothing_has_its_moment(root_pool, run_files, listen):
    """And who speaks up within it is served."""
    def once():
        pool = root_pool(listen=listen)
        with Crowd(pool.address, run_files) as crowd:
            late, never = crowd.connect(), crowd.connect()
            told = time.monotonic()
            pool.send(signal.SIGTERM)
            sent = send_late(late, params(run_files, "hello.cgi"))
            never.wait_closed(10)
            crowd.open()
            served = late.finish().complete
        ended(pool)
        return served, sent - told

    in_time(once)


def test_more_wait_than_the_master_has_room_for(root_pool, run_files):
    pool = root_pool("-o", "keepalive_max=1", "-o",
                     "process_control_timeout=30s")
    with Crowd(pool.address, run_files) as crowd:
        waiting = crowd.ask(200)
        pool.send(signal.SIGTERM)
        says(pool, "stopping")
        crowd.open()
        crowd.are_served(waiting)
    ended(pool)


@pytest.mark.parametrize("pm", ["static", "ondemand"])
def test_nobody_is_there_to_serve_who_waits(start, run_files, pm):
    """The pool was drained, and its workers have gone."""
    pool = start("-o", "pm=" + pm, "-o", "pm.max_children=2", "--root",
                 run_files.root)
    pool.wait_ready()
    pool.keeps_workers = False
    pool.ctl("drain")
    procs.wait_for(lambda: not pool.workers(), 5, "all have gone")
    with contextlib.ExitStack() as stack:
        waiting = [stack.enter_context(fcgi.Conn(pool.address))
                   for _ in range(4)]
        for c in waiting[:3]:
            c.send_request(params(run_files, "hello.cgi"))
        pool.send(signal.SIGTERM)
        for c in waiting[:3]:
            assert c.collect(1)[1].complete
        waiting[3].wait_closed(10)
    ended(pool)


def test_a_drained_pool_ends_with_those_it_still_serves(root_pool, run_files):
    """Its only worker was told to go before they came."""
    pool = root_pool()
    with Crowd(pool.address, run_files) as crowd:
        pool.ctl("drain")
        waiting = crowd.ask(3)
        pool.send(signal.SIGTERM)
        says(pool, "stopping")
        crowd.open()
        crowd.first_is_served()
        crowd.are_served(waiting)
    ended(pool)


def test_who_stops_it_twice_does_not_wait(root_pool, run_files):
    pool = root_pool()
    with Crowd(pool.address, run_files) as crowd:
        crowd.ask(3)
        pool.send(signal.SIGTERM)
        says(pool, "stopping")
        began = time.monotonic()
        pool.send(signal.SIGTERM)
        ended(pool)
        assert procs.within(2, began)


def test_without_a_grace_nobody_is_waited_for(root_pool, run_files):
    pool = root_pool("-o", "process_control_timeout=0")
    with Crowd(pool.address, run_files) as crowd:
        waiting = crowd.ask(3)
        began = time.monotonic()
        pool.send(signal.SIGTERM)
        ended(pool)
        assert procs.within(2, began)
        for c in waiting:
            c.wait_closed(10)


def test_the_grace_is_the_limit(root_pool, run_files):
    pool = root_pool("-o", "process_control_timeout=500ms")
    with Crowd(pool.address, run_files) as crowd:
        waiting = crowd.ask(3)
        began = time.monotonic()
        pool.send(signal.SIGTERM)
        ended(pool)
        assert procs.within(3, began)
        for c in waiting:
            c.wait_closed(10)


def test_a_socket_that_is_not_ours_keeps_who_waits(start, run_files):
    """On descriptor 0: the next one who has it serves them."""
    path = os.path.join(run_files.dir, "lent-%d" % time.time_ns())
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(16)
        pool = start("-F", "1", "--root", run_files.root, listen=None,
                     stdin=listener)
        pool.keeps_workers = False
        says(pool, "ready to handle")
        with Crowd(path, run_files) as crowd:
            waiting = crowd.ask(3)
            pool.send(signal.SIGTERM)
            says(pool, "stopping")
            crowd.open()
            crowd.first_is_served()
            ended(pool)
            for c in waiting:
                c.silent_for(0)
            pool = start("-F", "1", "--root", run_files.root, listen=None,
                         stdin=listener)
            pool.keeps_workers = False
            crowd.are_served(waiting)


@pytest.fixture
def notify(tmp_path):
    n = manager.NotifySocket(str(tmp_path / "notify"))
    yield n
    n.close()


def stored_pool(start, run_files, notify, **env):
    """Over TCP, and its listener as the service manager has it."""
    pool = start("-F", "1", "--root", run_files.root, listen="tcp",
                 env=dict(env, NOTIFY_SOCKET=notify.path)).wait_ready(1)
    pool.keeps_workers = False
    notify.wait_for("FDSTORE", "1")
    return pool, socket.socket(fileno=os.dup(notify.fds[0]))


def test_a_socket_that_systemd_keeps_keeps_who_waits(
        start, run_files, notify):
    pool, kept = stored_pool(start, run_files, notify, FDSTORE="16")
    with kept, Crowd(pool.address, run_files) as crowd:
        waiting = crowd.ask(3)
        pool.send(signal.SIGTERM)
        says(pool, "stopping")
        waiting += crowd.ask(2)
        crowd.open()
        crowd.first_is_served()
        ended(pool)
        for c in waiting:
            c.silent_for(0)
        kept.setblocking(False)
        for _ in waiting:
            kept.accept()[0].close()


def test_a_socket_that_systemd_may_keep_is_not_spoilt(
        start, run_files, notify):
    """Version 252 does not say whether it does."""
    pool, kept = stored_pool(start, run_files, notify)
    with kept, Crowd(pool.address, run_files) as crowd:
        waiting = crowd.ask(3)
        pool.send(signal.SIGTERM)
        says(pool, "stopping")
        crowd.open()
        crowd.are_served(waiting)
        ended(pool)
        later = crowd.ask(1)
        kept.settimeout(5)
        kept.accept()[0].close()
        later[0].close_with_reset()


class Load:
    """Web servers that go on connecting until they are refused."""

    def __init__(self, address, run_files, n=4):
        self.address = address
        self.params = params(run_files, "hello.cgi")
        self.served = 0
        self.lost = []
        self.threads = [threading.Thread(target=self.run) for _ in range(n)]
        for t in self.threads:
            t.start()

    def run(self):
        while True:
            try:
                c = fcgi.Conn(self.address)
            except REFUSED:
                return
            except BlockingIOError:  # the backlog is full
                continue
            with c:
                try:
                    assert c.request(self.params, keep=False).complete
                    self.served += 1
                except Exception as e:
                    self.lost.append(repr(e))

    def join(self):
        for t in self.threads:
            t.join(20)


@BOTH
def test_a_stop_under_load_ends_soon_and_loses_nobody(
        root_pool, run_files, listen):
    pool = root_pool(listen=listen)
    load = Load(pool.address, run_files)
    procs.wait_for(lambda: load.served > 20, 10, "they are served")
    began = time.monotonic()
    pool.send(signal.SIGTERM)
    ended(pool)
    took = procs.within(3, began)
    load.join()
    assert took
    assert not load.lost


@BOTH
def test_programs_that_accept_themselves_take_who_waits(
        start, zoo, listen):
    """mode = fastcgi: none is told to go before."""
    pool = start("-F", "1", "-o", "mode=fastcgi", listen=listen,
                 tail=["--", zoo, "sleep", "300"]).wait_ready(1)
    with contextlib.ExitStack() as stack:
        all_of_them = [stack.enter_context(fcgi.Conn(pool.address))
                       for _ in range(4)]
        for c in all_of_them:
            c.send_request({"REQUEST_METHOD": "GET", "QUERY_STRING": ""})
        pool.send(signal.SIGTERM)
        for c in all_of_them:
            assert c.collect(1)[1].complete
            c.close()  # libfcgi waits for that, for up to two seconds
    ended(pool)


# --- a reload ---

@BOTH
def test_a_pool_that_is_removed_serves_who_waits(conf, run_files, listen):
    address = conf.sock("b") if listen == "unix" else (
        "127.0.0.1", pools.free_port())
    text = address if listen == "unix" else "%s:%d" % address
    one = ('listen = "%s"' % text, "pm = static", "pm.max_children = 1")
    pool = conf.run(pool_text("a") + pool_text("b", *one))
    with Crowd(address, run_files) as crowd:
        waiting = crowd.ask(5)
        conf.reload(pool_text("a"))
        nobody_comes_in(address)
        assert "pool b: gone" not in pool.log()
        crowd.open()
        crowd.first_is_served()
        crowd.are_served(waiting)
    says(pool, "pool b: gone")


@BOTH
def test_an_address_that_is_removed_serves_who_waits(conf, run_files, listen):
    address = conf.sock("b") if listen == "unix" else (
        "127.0.0.1", pools.free_port())
    text = address if listen == "unix" else "%s:%d" % address
    one = ("pm = static", "pm.max_children = 1", "keepalive_max = 1")
    grace = "process_control_timeout = 30s\n"  # eighty take a while
    conf.run(grace + pool_text(
        "a", 'listen = {"@DIR@/a.sock", "%s"}' % text, *one))
    with Crowd(address, run_files) as crowd:
        waiting = crowd.ask(80)
        conf.reload(grace + pool_text("a", *one))
        crowd.are_served(waiting)  # by the new worker
        nobody_comes_in(address)


def test_an_address_that_stays_keeps_who_waits(conf, run_files):
    """Another pool has it now, and this one goes."""
    one = ("pm = static", "pm.max_children = 1")
    pool = conf.run(pool_text("a", *one) + pool_text("b", *one))
    with Crowd(conf.sock("b"), run_files) as crowd:
        waiting = crowd.ask(5)
        conf.reload(pool_text(
            "a", 'listen = {"@DIR@/a.sock", "@DIR@/b.sock"}', *one))
        crowd.are_served(waiting)
        crowd.are_served(crowd.ask(2))
        crowd.open()
        crowd.first_is_served()
    says(pool, "pool b: gone")
    with Crowd(conf.sock("b"), run_files) as crowd:
        waiting = crowd.ask(2)
        pool.send(signal.SIGTERM)
        says(pool, "stopping")
        crowd.open()
        crowd.are_served(waiting)
    ended(pool)


def test_a_reload_that_fails_leaves_them_where_they_wait(conf, run_files):
    one = ("pm = static", "pm.max_children = 1")
    conf.run(pool_text("a", *one))
    with Crowd(conf.sock("a"), run_files) as crowd:
        waiting = crowd.ask(3)
        conf.refuse(pool_text("c", 'listen = "@DIR@/a.sock"', *one)
                    + pool_text("d", 'listen = "@DIR@/none/d.sock"', *one))
        crowd.open()
        crowd.are_served(waiting)
        crowd.are_served(crowd.ask(2))
