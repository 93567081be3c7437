"""The four conversations of the specification's appendix B.

The programs are CGI programs, so flow 3's 938 becomes what an exit code can
be: 938 modulo 256.
"""

import os

import pytest

import fcgi
import flows

FLOWS = {flow["flow"]: flow for flow in flows.load()}


def sent_by_server(flow, id):
    return [r for r in flow["records"]
            if r["to"] == "server" and r["id"] == id]


def stream(flow, type, id):
    return b"".join(flows.content(r) for r in sent_by_server(flow, id)
                    if r["type"] == type)


def quote(data):
    return "'" + data.decode("latin-1").replace("'", "'\\''") + "'"


def script(flow, id, folder=None):
    """A shell script that sends what the flow's application sends; with
    FOLDER each record but the first when there is a file of its number."""
    lines = ["#!/bin/sh", "cat >/dev/null"]
    for n, record in enumerate(sent_by_server(flow, id)):
        if folder and n > 0:
            lines.append("while ! [ -e %s/%d ]; do sleep 0.01; done" % (
                folder, n))
        if record["type"] == "END_REQUEST":
            lines.append("exit %d" % (record["appStatus"] % 256))
        elif record["content"]:
            to = ">&2" if record["type"] == "STDERR" else ""
            lines.append("printf %%s %s %s" % (
                quote(flows.content(record)), to))
    return "\n".join(lines) + "\n"


@pytest.fixture
def play(start, run_files):
    """play(text): a pool whose one program is this script."""

    def make(text):
        program = os.path.join(run_files.dir, "flow.cgi")
        with open(program, "w") as f:
            f.write(text)
        os.chmod(program, 0o755)
        return start("-F", "1", tail=["--", program]).wait_ready(1)

    return make


def check(flow, answer):
    """The streams and the end, however they were cut."""
    id = answer.id
    assert answer.stdout == stream(flow, "STDOUT", id)
    assert answer.stderr == stream(flow, "STDERR", id)
    assert answer.protocol_status == fcgi.REQUEST_COMPLETE
    assert answer.app_status == sent_by_server(
        flow, id)[-1]["appStatus"] % 256


def check_records(flow, answer):
    """Record for record as the specification has them."""
    check(flow, answer)
    assert answer.order == [
        (getattr(fcgi, r["type"]), len(flows.content(r)))
        for r in sent_by_server(flow, answer.id)]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_flow_is_answered_record_for_record(play, number, tmp_path):
    flow = FLOWS[number]
    with fcgi.Conn(play(script(flow, 1, tmp_path)).address) as c:
        c.send_raw(flows.side(flow, "app"))
        for n, record in enumerate(sent_by_server(flow, 1)):
            if record.get("content"):
                c.read_until(lambda: len(c.answer().order) > n)
            (tmp_path / str(n + 1)).touch()
        check_records(flow, c.finish())
        c.wait_closed()


def check_all(flow, c):
    ids = {r["id"] for r in flow["records"]}
    for answer in c.collect(*ids).values():
        check(flow, answer)


# Both programs of flow 4 send the same, so that it does not matter here
# which one answers which request.

@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_flow_survives_every_cut(play, number):
    flow = FLOWS[number]
    pool = play(script(flow, 1))
    data = flows.side(flow, "app")
    for cut in range(1, len(data)):
        with fcgi.Conn(pool.address) as c:
            c.send_raw(data[:cut])
            c.send_raw(data[cut:])
            check_all(flow, c)


@pytest.mark.parametrize("number", [1, 2, 3, 4])
@pytest.mark.parametrize("padding", [0, 1, 255])
def test_a_flow_survives_single_bytes(play, number, padding):
    flow = FLOWS[number]
    with fcgi.Conn(play(script(flow, 1)).address) as c:
        c.send_slowly(flows.side(flow, "app", padding))
        check_all(flow, c)


def multiplexed(flow, folder):
    """The program that starts first sends its head and waits for a file;
    the other one answers at once."""
    whole = stream(flow, "STDOUT", 1)
    head, rest = whole[:whole.index(b"<")], whole[whole.index(b"<"):]
    return """#!/bin/sh
if ! mkdir %(folder)s/first 2>/dev/null; then
	printf %%s %(whole)s
	exit
fi
printf %%s %(head)s
while ! [ -e %(folder)s/second-ended ]; do sleep 0.01; done
printf %%s %(rest)s
""" % {"folder": folder, "whole": quote(whole), "head": quote(head),
       "rest": quote(rest)}


def test_of_two_multiplexed_requests_the_second_ends_first(play, tmp_path):
    flow = FLOWS[4]
    pool = play(multiplexed(flow, tmp_path))
    play_flow_4(flow, pool, tmp_path, 0)


@pytest.mark.parametrize("padding", [1, 255])
def test_and_so_do_they_with_padding(play, tmp_path, padding):
    flow = FLOWS[4]
    play_flow_4(flow, play(multiplexed(flow, tmp_path)), tmp_path, padding)


def play_flow_4(flow, pool, tmp_path, padding):
    with fcgi.Conn(pool.address) as c:
        for record in flow["records"]:
            if record["to"] == "app":
                c.send_raw(flows.encode(record, padding))
            elif record["id"] == 1 and not (tmp_path / "first").exists():
                c.read_until(lambda: c.answer(1).stdout)
        c.read_until(lambda: c.answer(2).ended)
        assert not c.answer(1).ended
        (tmp_path / "second-ended").touch()
        for answer in c.collect(1, 2).values():
            check_records(flow, answer)
