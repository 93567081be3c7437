"""The tests' own client, against recorded bytes and a server of ten lines."""

import contextlib
import os
import socket
import threading

import pytest

import fcgi
import flows

FLOWS = flows.load()
PARAMS = [(b"SERVER_PORT", b"80"), (b"SERVER_ADDR", b"199.170.183.42")]


@contextlib.contextmanager
def replying(*steps, close=True):
    """A connection whose other end sends STEPS (bytes), each after the last;
    a number is that many bytes it reads first."""
    ours, theirs = socket.socketpair()

    def serve():
        for step in steps:
            if isinstance(step, int):
                left = step
                while left > 0:
                    got = theirs.recv(left)
                    if not got:
                        return
                    left -= len(got)
            else:
                theirs.sendall(step)
        if close:
            theirs.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with fcgi.Conn(sock=ours, seconds=5) as c:
        yield c
    thread.join(5)
    theirs.close()


def end(id=1, app=0, status=0):
    return fcgi.encode(fcgi.END_REQUEST, id,
                       app.to_bytes(4, "big") + bytes([status, 0, 0, 0]))


def out(data, id=1, padding=0):
    return fcgi.encode(fcgi.STDOUT, id, data, padding)


@pytest.mark.parametrize("flow", FLOWS, ids=lambda f: "flow%d" % f["flow"])
@pytest.mark.parametrize("padding", [0, 7, 255])
def test_a_recorded_conversation_is_taken_apart(flow, padding):
    ids = sorted({r["id"] for r in flow["records"]})
    with replying(flows.side(flow, "server", padding)) as c:
        answers = c.collect(*ids)
        c.wait_closed()
    for i in ids:
        mine = [r for r in flow["records"]
                if r["id"] == i and r["to"] == "server"]
        a = answers[i]
        assert [t for t, _ in a.order] == [
            getattr(fcgi, r["type"]) for r in mine]
        for stream in ("STDOUT", "STDERR"):
            assert getattr(a, stream.lower()) == b"".join(
                flows.content(r) for r in mine if r["type"] == stream)
        assert a.app_status == mine[-1]["appStatus"]
        assert a.complete and a.stdout_closed and not a.eof
        assert a.status == 200
        assert a.headers == {"content-type": "text/html"}
        assert a.body == b"<html>\n<head> ... "
    assert a.stderr_closed == (flow["flow"] == 3)


def test_records_may_be_cut_anywhere():
    data = flows.side(FLOWS[2], "server")
    whole = [fcgi.decode_all(data)]
    for cut in range(1, len(data)):
        with replying(data[:cut], data[cut:]) as c:
            got = []
            while (record := c.read()) is not None:
                got.append(record)
        assert [got] == whole


@pytest.mark.parametrize("flow", FLOWS[:2], ids=lambda f: str(f["flow"]))
def test_a_request_is_written_as_the_specification_shows(flow):
    data = flows.side(flow, "app")
    body = b"quantity=100&item=3047936" if flow["flow"] == 2 else b""
    ours = fcgi.request_bytes(PARAMS, body)
    if flow["flow"] == 1:
        assert ours == data

    def joined(raw, type):
        return b"".join(r.content for r in fcgi.decode_all(raw)
                        if r.type == type)

    for type in (fcgi.BEGIN_REQUEST, fcgi.PARAMS, fcgi.STDIN):
        assert joined(ours, type) == joined(data, type)
    assert fcgi.decode_pairs(joined(data, fcgi.PARAMS)) == PARAMS


def test_multiplexed_answers_come_apart_by_id():
    flow = FLOWS[3]
    app = flows.side(flow, "app")
    with replying(len(app), flows.side(flow, "server"), close=False) as c:
        c.send_raw(app)
        c.read_until(lambda: c.answer(2).ended)
        assert c.answer(1).stdout and not c.answer(1).ended
        assert c.collect(1, 2).keys() == {1, 2}
        c.silent_for(0.01)


BROKEN = {
    "version": b"\2" + out(b"x")[1:],
    "version, one byte": b"HTTP",
    "reserved byte": out(b"")[:7] + b"\1",
    "padding": fcgi.encode(fcgi.STDOUT, 1, b"x", b"\0\0\1"),
    "id 0 for a stream": out(b"x", id=0),
    "a type that only clients send": fcgi.encode(fcgi.STDIN, 1, b"x"),
    "an unknown type": fcgi.encode(99, 1),
    "after the end of stdout": out(b"") + out(b"x"),
    "stdout ended twice": out(b"") + out(b""),
    "stdout not ended": out(b"x") + end(),
    "END_REQUEST of 7 bytes": fcgi.encode(fcgi.END_REQUEST, 1, bytes(7)),
    "END_REQUEST reserved": fcgi.encode(fcgi.END_REQUEST, 1,
                                        bytes(5) + b"abc"),
    "protocolStatus 4": end(status=4),
    "closed within a record": out(b"abc")[:-1],
    "UNKNOWN_TYPE with an id": fcgi.encode(fcgi.UNKNOWN_TYPE, 1, bytes(8)),
}


@pytest.mark.parametrize("label", BROKEN)
def test_a_broken_server_is_found_out(label):
    with replying(BROKEN[label]) as c:
        with pytest.raises(fcgi.ProtocolError):
            c.collect(1)


def test_a_record_after_the_end_is_found_out():
    with replying(out(b"") + end() + out(b"x")) as c:
        assert c.finish().complete
        with pytest.raises(fcgi.ProtocolError):
            c.wait_closed()


def test_a_cut_answer_says_so():
    with replying(out(b"Status: 500\n\nhalf")) as c:
        a = c.finish()
    assert a.eof and not a.ended and not a.stdout_closed
    assert (a.status, a.body) == (500, b"half")


def test_nothing_in_time_is_a_timeout():
    with replying(close=False) as c:
        with pytest.raises(TimeoutError):
            c.finish(seconds=0.05)


def test_a_large_body_and_its_echo_cross_each_other():
    body = os.urandom(3 << 20)
    size = len(fcgi.request_bytes({}, body))
    echo = [step for i in range(0, len(body), 60000)
            for step in (min(60000, size - i), out(body[i:i + 60000],
                                                   padding=3))]
    rest = size - sum(s for s in echo if isinstance(s, int))
    with replying(*echo, rest, out(b"") + end(app=7)) as c:
        a = c.request({}, body)
    assert a.stdout == body
    assert (a.app_status, a.protocol_status) == (7, 0)


def test_an_answer_before_the_body_was_read_is_kept():
    with replying(16, out(b"Status: 413\n\n") + out(b"") + end()) as c:
        a = c.request({}, bytes(1 << 20))
    assert a.status == 413 and a.complete


def test_management_records_are_kept_apart():
    values = fcgi.encode_pairs({"FCGI_MPXS_CONNS": "1"})
    result = fcgi.encode(fcgi.GET_VALUES_RESULT, 0, values, 2)
    unknown = fcgi.encode(fcgi.UNKNOWN_TYPE, 0, bytes([99]) + bytes(7))
    ask = len(fcgi.encode(fcgi.GET_VALUES, 0, fcgi.encode_pairs(
        {"FCGI_MPXS_CONNS": ""})))
    with replying(ask, out(b"x") + result, 8, unknown, out(b"") + end()) as c:
        assert c.get_values("FCGI_MPXS_CONNS") == {"FCGI_MPXS_CONNS": "1"}
        assert c.unknown(99) == 99
        assert c.finish().stdout == b"x"


@pytest.mark.parametrize("n,raw", [
    (0, b"\0"), (127, b"\x7f"), (128, b"\x80\0\0\x80"),
    (0x7fffffff, b"\xff\xff\xff\xff")])
def test_lengths_are_the_specifications(n, raw):
    assert fcgi.encode_length(n) == raw


@pytest.mark.parametrize("long", [False, True])
def test_pairs_go_both_ways(long):
    pairs = [(b"A", b""), (b"", b"x"), (b"A", b"y" * 70000), (b"n" * 200, b"")]
    data = fcgi.encode_pairs(pairs, long)
    assert fcgi.decode_pairs(data) == pairs
    for cut in (1, 2, 5, len(data) - 1):
        with pytest.raises(fcgi.ProtocolError):
            fcgi.decode_pairs(data[:cut])


def test_connections_reach_tcp_and_unix(tmp_path):
    path = str(tmp_path / "s")
    for family, address in ((socket.AF_UNIX, path),
                            (socket.AF_INET, ("127.0.0.1", 0))):
        with socket.socket(family) as listener:
            listener.bind(address)
            listener.listen()
            with fcgi.Conn(listener.getsockname()) as c:
                peer, _ = listener.accept()
                c.shutdown_write()
                assert peer.recv(1) == b""
                peer.sendall(out(b"") + end())
                assert c.finish().complete
                peer.close()
                c.wait_closed()
