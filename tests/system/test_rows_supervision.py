"""Rows M01 to M15: what becomes of workers, and of those they served."""

import os
import random
import signal
import socket
import time

import pytest

import fcgi
import procs


def params(run_files, program, query=""):
    return {"SCRIPT_FILENAME": run_files.program(program),
            "REQUEST_METHOD": "GET", "QUERY_STRING": str(query)}


def kill(pid, number=signal.SIGKILL):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def two_idle_workers(pool, wanted):
    """ON demand they come with two requests at once."""
    with fcgi.Conn(pool.address) as a, fcgi.Conn(pool.address) as b:
        a.send_request(wanted)
        b.send_request(wanted)
        assert a.finish().status == 200 and b.finish().status == 200
    return pool.workers()


@pytest.mark.plain_only
def test_m01_who_was_woken_for_a_connection_may_die(start, run_files):
    """An idle worker is killed just when it may have been woken, on demand,
    where nobody takes its place; no next connection wakes the others."""
    pool = start("-o", "pm=ondemand", "-o", "pm.max_children=4",
                 "--root", run_files.root).wait_ready()
    pool.keeps_workers = False
    wanted = params(run_files, "sleep.cgi", "0.02")
    served = 0
    for _ in range(60):
        workers = two_idle_workers(pool, wanted)
        began = time.monotonic()
        with fcgi.Conn(pool.address) as c:
            for pid in workers[:-1]:
                kill(pid)
            try:
                c.send_request(wanted)
                served += not c.finish(seconds=5).eof
            except (BrokenPipeError, ConnectionResetError, fcgi.Closed):
                pass
        assert time.monotonic() - began < 0.3
    assert served > 0
