"""idle_exit with mode = fastcgi: programs do not tell what they do."""

import os
import select
import time

import pytest

import fcgi
import native
import procs

LIMIT = 2
SHORT = 0.05


@pytest.fixture
def idling(handed, listener, tmp_path):
    """idling(program...): a service that leaves after LIMIT seconds."""

    def make(*command, limit=LIMIT, options=()):
        p = handed([listener("a")], "-F", "1", "-o", "mode=fastcgi", "-o",
                   "idle_exit=%dms" % (limit * 1000), *options, "--",
                   *command)
        p.address = str(tmp_path / "a")
        return p

    return make


def leaves(p, limit=LIMIT):
    procs.wait_for(lambda: p.poll() is not None, 3 * limit + 3, "it leaves")
    assert p.poll() == 0, p.said()
    assert "idle for " in p.said()


@pytest.mark.plain_only
@pytest.mark.parametrize("name", native.NAMES)
def test_short_requests_are_noticed_and_their_end_is_too(idling, kinds, name):
    kind = kinds[name]
    p = idling(*kind.command, options=kind.options)
    for n in range(6):
        asked = time.monotonic()
        native.ask(p.address, kind, "n=%d" % n)
        time.sleep(LIMIT / 4)
        if "idle for " in p.said():  # were we kept for longer than that?
            assert time.monotonic() - asked > LIMIT
            return
    leaves(p)


def test_who_has_a_connection_is_needed(idling, zoo):
    p = idling(zoo, limit=0.4)
    with fcgi.Conn(p.address):
        time.sleep(1)
        assert p.poll() is None
    leaves(p)


def test_who_waits_for_a_program_needs_it(idling, zoo):
    p = idling(zoo, "sleep", "1200", limit=0.4)
    conns = [fcgi.Conn(p.address) for _ in range(2)]
    try:
        for c in conns:
            c.send_request({"QUERY_STRING": ""})
        for c in conns:
            assert c.finish().complete
            c.close()
    finally:
        for c in conns:
            c.close()
    leaves(p)


def test_a_program_that_wakes_up_by_itself_is_not_idle(idling, zoo):
    # A tick may come between TERM and the program that it interrupts.
    p = idling(zoo, "ticks", "50", limit=1,
               options=["-o", "process_control_timeout=1s"])
    assert fcgi.request(p.address, {"QUERY_STRING": ""}).complete
    time.sleep(2.2)
    assert p.poll() is None


def test_no_request_is_lost_to_leaving(idling, handed, listener, zoo,
                                       tmp_path):
    """Requests come about when it wants to leave, again and again."""
    held, started = listener("a"), []

    def come():
        if not started or started[-1].poll() is not None:
            started.append(handed([held], "-F", "2", "-o", "mode=fastcgi",
                                  "-o", "idle_exit=50ms", "--", zoo))

    for i in range(90):  # the pauses grow where it leaves late
        come()
        with fcgi.Conn(str(tmp_path / "a")) as c:
            c.send_request({"QUERY_STRING": ""})
            while not select.select([c.sock], [], [], SHORT)[0]:
                come()  # as whoever has the socket does
            assert c.finish().complete
        if i >= 30 and len(started) > 3:
            break
        time.sleep(SHORT + i % 10 * 0.006 + i // 30 * 0.05)
    assert len(started) > 3, "it left now and then"
    assert all(p.poll() in (None, 0) for p in started)


def test_an_idle_pool_costs_next_to_nothing(idling, zoo):
    p = idling(zoo, limit=60)
    assert fcgi.request(p.address, {"QUERY_STRING": ""}).complete
    before = procs.cpu_seconds(p.pid)
    time.sleep(1)
    assert procs.cpu_seconds(p.pid) - before < 0.05
    assert os.path.exists(p.address)
