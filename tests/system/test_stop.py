"""Nobody is lost to a stop who has connected, or whose request is there."""

import os
import signal
import time

import pytest

import fcgi
import procs

REQUEST = {"REQUEST_METHOD": "GET"}
BOTH = pytest.mark.parametrize("listen", ["unix", "tcp"])
MOMENT = 0.25  # for those who have connected and say nothing
TRIES = 5


def ended(pool):
    """It stopped as it should: to be called when all have their answers."""
    pool.stopped = True
    assert pool.process.wait(10) == 0


def send_late(c, request):
    """When it was sent, to whom may have closed by then."""
    try:
        c.send_request(request)
    except (BrokenPipeError, ConnectionResetError):
        pass
    return time.monotonic()


def in_time(once):
    """ONCE() says whether it was served, and how long after the stop it
    asked; again when that was too late, which is our fault."""
    for _ in range(TRIES):
        served, after = once()
        if served:
            return
        assert after > MOMENT, "it asked after %g s" % after
    raise AssertionError("too late, each time")


@BOTH
def test_who_was_silent_for_a_while_is_served_while_it_stops(
        command_pool, listen):
    def once():
        pool = command_pool("hello.cgi", listen=listen)
        with fcgi.Conn(pool.address) as c, fcgi.Conn(pool.address) as never:
            time.sleep(0.1)  # both are with the master by now
            told = time.monotonic()
            pool.send(signal.SIGTERM)
            time.sleep(0.05)
            sent = send_late(c, REQUEST)
            served = c.finish().complete
            began = time.monotonic()
            never.wait_closed()
            assert procs.within(2, began), "it had its moment"
        ended(pool)
        return served, sent - told

    in_time(once)


@BOTH
def test_who_connects_as_it_stops_is_served(command_pool, listen):
    """The order to go and the connection come at the same time, and the
    request a little later."""
    def once():
        pool = command_pool("hello.cgi", listen=listen)
        worker = pool.workers()[0]
        os.kill(worker, signal.SIGSTOP)
        procs.wait_for(lambda: procs.state(worker) == "T", 5, "it is stopped")
        with fcgi.Conn(pool.address) as c:
            told = time.monotonic()
            pool.send(signal.SIGTERM)
            procs.wait_for(lambda: "stopping" in pool.log(), 5, "it was told")
            time.sleep(0.05)
            os.kill(worker, signal.SIGCONT)
            time.sleep(0.05)
            sent = send_late(c, REQUEST)
            served = c.finish().complete
        ended(pool)
        return served, sent - told

    in_time(once)


@BOTH
def test_K06_a_request_that_waits_is_served_before_it_stops(
        root_pool, run_files, listen):
    """The only worker is busy, and stays so after it was told to go."""
    pool = root_pool(listen=listen)

    def params(name, query=""):
        return {"REQUEST_METHOD": "GET", "QUERY_STRING": query,
                "SCRIPT_NAME": "/" + name,
                "SCRIPT_FILENAME": run_files.program(name)}

    with fcgi.Conn(pool.address) as busy, fcgi.Conn(pool.address) as kept, \
            fcgi.Conn(pool.address) as idle:
        for c in (kept, idle):
            assert c.request(params("hello.cgi")).complete
        busy.send_request(params("sleep.cgi", "0.7"))
        procs.wait_for(pool.programs, 5, "it runs")
        for n in (2, 3):
            kept.send_request(params("hello.cgi"), id=n, keep=n == 2)
        time.sleep(0.1)
        pool.send(signal.SIGTERM)
        idle.wait_closed()  # between requests it may be
        assert busy.collect(1)[1].complete
        both = kept.collect(2, 3)
        assert both[2].complete and both[3].complete
    ended(pool)
