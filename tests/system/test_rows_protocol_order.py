"""P24 to P32: what comes in another order, another time, another number."""

import itertools
import os

import pytest

import fcgi


# --- P24 to P27 ---

def busy(target, c, count):
    """Requests 1..COUNT which run until their connection closes."""
    for id in range(1, count + 1):
        c.send_request(target.params("sleep.cgi", 30), id=id, keep=True)


def test_P24_requests_side_by_side_up_to_the_limit(target):
    with target.connect() as c:
        busy(target, c, 7)
        target.serves(c, id=8)
        c.send_request(target.params("sleep.cgi", 30), id=8, keep=True)
        for id in (9, 10, 65535):
            answer = c.request(target.params(), id=id)
            assert answer.status == 503 and answer.stdout_closed, answer
            assert answer.protocol_status == fcgi.OVERLOADED
    target.idle()
    target.honest()


@pytest.mark.parametrize("when", ["before its parameters", "before its body",
                                  "within its body", "when all was sent"])
def test_P24_another_request_changes_nothing_for_the_first(target, when):
    body = os.urandom(100)
    pairs = target.pairs("echo.cgi", body=body)
    with target.connect() as c:
        c.begin(1, keep=True)
        parts = [("before its parameters", fcgi.stream_records(
                    fcgi.PARAMS, 1, pairs)),
                 ("before its body", fcgi.encode(fcgi.STDIN, 1, body[:50])),
                 ("within its body", fcgi.stream_records(
                     fcgi.STDIN, 1, body[50:])),
                 ("when all was sent", b"")]
        for name, data in parts:
            if name == when:
                target.serves(c, id=2)
            c.send_raw(data)
        assert c.finish(1).body == body


def test_P24_without_multiplexing_the_second_is_refused(make_target):
    target = make_target("-o", "fastcgi.max_reqs=1")
    body = os.urandom(100)
    with target.connect() as c:
        c.begin(1, keep=True)
        for data in (
                fcgi.stream_records(fcgi.PARAMS, 1, target.pairs(
                    "echo.cgi", body=body)),
                fcgi.encode(fcgi.STDIN, 1, body[:50]),
                fcgi.stream_records(fcgi.STDIN, 1, body[50:])):
            answer = c.request(target.params(), id=2)
            assert answer.protocol_status == fcgi.CANT_MPX_CONN
            assert answer.stdout == b""
            c.send_raw(data)
        assert c.finish(1).body == body
        target.serves(c, id=2)


@pytest.mark.parametrize("phase", ["parameters", "body", "output"])
def test_P25_an_id_that_is_in_use_closes(target, phase):
    with target.connect() as c:
        c.begin(1, keep=True)
        if phase != "parameters":
            c.params(target.params("sleep.cgi", 30))
        if phase == "output":
            c.stdin()
        target.closes(fcgi.begin_record(1, keep=True), c)
    target.idle()
    target.honest()


@pytest.mark.plain_only
@pytest.mark.parametrize("limit, status", [(8, fcgi.OVERLOADED),
                                           (1, fcgi.CANT_MPX_CONN)])
def test_P26_all_ids_begun_and_none_finished(make_target, limit, status):
    target = make_target("-o", "fastcgi.max_reqs=%d" % limit,
                         "-o", "request_head_timeout=60s")
    target.honest()
    before, ended = target.memory(), 0
    with target.connect(20) as c:
        for first in range(1, 65536, 1000):
            c.send_raw(b"".join(
                fcgi.begin_record(id, keep=True)
                for id in range(first, min(first + 1000, 65536))))
        for _ in range(65535 - limit):
            c.read_until(lambda: any(a.ended for a in c.answers.values()))
            for id in [i for i, a in c.answers.items() if a.ended]:
                assert c.answers.pop(id).protocol_status == status
                ended += 1
            if ended == 65535 - limit:
                break
        assert not c.answers and target.memory() - before < 512
    target.honest()


def test_P27_records_for_requests_that_are_not_there_are_ignored(target):
    strangers = b"".join(
        fcgi.encode(type, id, content, 3)
        for type in (fcgi.STDIN, fcgi.PARAMS, fcgi.ABORT_REQUEST, fcgi.DATA)
        for content in (b"", b"\xff" * 40) for id in (1, 2, 65535))
    with target.connect() as c:
        c.send_raw(strangers)
        target.serves(c)
        c.send_raw(strangers)
        target.serves(c)


# --- P28, P29 ---

@pytest.mark.parametrize("role", [0, fcgi.FILTER, 4, 7, 255, 256, 65535])
def test_P28_an_unknown_role_costs_its_request_only(target, role):
    with target.connect(5) as c:
        answer = c.request(target.params(), role=role)
        assert answer.protocol_status == fcgi.UNKNOWN_ROLE
        assert answer.order == [(fcgi.END_REQUEST, 8)]
        target.serves(c)
        c.send_request(target.params(), role=role, keep=False, id=5)
        assert c.finish(5).protocol_status == fcgi.UNKNOWN_ROLE
        c.wait_closed()


def test_P28_an_authorizer_is_served(target, env_of):
    with target.connect() as c:
        c.begin(1, fcgi.AUTHORIZER, keep=True)
        c.params(target.params("env.cgi"))
        # Section 6.3: it gets no stdin, so none has to come.
        answer = c.finish()
        assert env_of(answer.body)["FCGI_ROLE"] == "AUTHORIZER"
        target.serves(c)


@pytest.mark.parametrize("length", [n for n in range(17) if n != 8])
def test_P29_a_begin_of_a_wrong_size_closes(target, length):
    target.closes(fcgi.encode(fcgi.BEGIN_REQUEST, 1,
                              (bytes([0, 1, 1]) + bytes(14))[:length]))
    target.honest()


def test_P29_flags_that_mean_nothing_are_ignored(target):
    for flags in range(0, 256, 5):
        keep = flags & fcgi.KEEP_CONN
        with target.connect() as c:
            c.begin(flags=flags)
            c.params(target.params())
            c.stdin()
            assert c.finish().body == b"hello\n"
            if keep:
                target.serves(c)
            else:
                c.wait_closed()


# --- P30 ---

RECORDS = ["BEGIN", "PARAMS", "PARAMS end", "STDIN", "STDIN end"]


def verdict(order):
    """What section 6.1 makes of an order: "closes", "served" with so much
    of the body, or "waits" for what is missing."""
    phase, body, named = "none", b"", False
    for record in order:
        if record == "BEGIN":
            phase = "params"  # it comes once
        elif phase == "none":
            continue  # nobody's
        elif record == "PARAMS" and phase == "params":
            named = True
        elif record == "PARAMS end" and phase == "params":
            phase = "stdin"
            if not named:
                phase = "refused"  # nothing says what to run
        elif phase == "refused":
            continue
        elif record == "STDIN" and phase == "stdin":
            body += b"body"
        elif record == "STDIN end" and phase == "stdin":
            phase = "output"
        elif record == "STDIN end" and phase == "output":
            continue
        else:
            return "closes", b""
    return {"output": "served", "refused": "refused"}.get(
        phase, "waits"), body


def test_P30_all_orders_of_five_records(target):
    params = target.params("sha256.cgi", body=b"body")
    del params["CONTENT_LENGTH"]
    data = {
        "BEGIN": fcgi.begin_record(1, keep=True),
        "PARAMS": fcgi.encode(fcgi.PARAMS, 1, fcgi.encode_pairs(params)),
        "PARAMS end": fcgi.encode(fcgi.PARAMS, 1),
        "STDIN": fcgi.encode(fcgi.STDIN, 1, b"body"),
        "STDIN end": fcgi.encode(fcgi.STDIN, 1),
    }
    seen = set()
    for order in itertools.permutations(RECORDS):
        want, body = verdict(order)
        seen.add(want)
        with target.connect() as c:
            c.send_raw(b"".join(data[name] for name in order))
            if want == "closes":
                c.closes_within(5)
            elif want == "served":
                assert c.finish().body.startswith(b"%d " % len(body)), order
            elif want == "refused":
                assert c.finish().status == 404, order
            else:
                # It waits for the rest; management goes on meanwhile.
                assert c.get_values() == {}, order
    assert seen == {"closes", "served", "refused", "waits"}
    target.idle()
    target.honest()


# --- P31, P32 ---

@pytest.mark.parametrize("length, sent, got", [
    (100, 100, 100), (60, 100, 60), (100, 60, 60), ("", 100, 100),
    (0, 100, 0), (0, 0, 0), (100, 0, 0), ("000100", 100, 100),
    (1 << 62, 10, 10)])
def test_P31_a_program_reads_what_was_announced_and_came(target, length, sent,
                                                         got):
    answer = target.ask("sha256.cgi", body=b"x" * sent,
                        CONTENT_LENGTH=str(length))
    assert answer.body.startswith(b"%d " % got) and answer.complete, answer


@pytest.mark.parametrize("length", [
    "-1", "+5", "1,000", "1e3", " 5", "5 ", "0x10", "5\n", "5;", "-",
    str(1 << 63), str(1 << 64), "9" * 400])
def test_P31_a_content_length_that_is_none_is_refused(target, length):
    with target.connect() as c:
        answer = c.request(target.params("sha256.cgi", body=b"12345",
                                         CONTENT_LENGTH=length), b"12345")
        assert answer.status == 400 and answer.complete, answer
        target.serves(c)


@pytest.mark.plain_only
@pytest.mark.parametrize("keep", [True, False])
def test_P32_a_million_records_of_one_byte(target, keep):
    target.honest()
    before = target.memory()
    piece = fcgi.encode(fcgi.STDIN, 1, b"x") * 1000
    with target.connect(20) as c:
        c.begin(keep=keep)
        c.params(target.params("sleep.cgi", "0.7",
                               CONTENT_LENGTH="1000000"))
        try:
            for _ in range(1000):
                c.send_raw(piece)
            c.stdin()
        except (BrokenPipeError, ConnectionResetError):
            assert not keep  # it is closed a while after the answer
        assert target.memory() - before < 256
        assert c.finish().body == b"slept\n"
    assert target.memory() - before < 256
    target.honest()
