"""P01 to P10: records, whatever their type, length and cut."""

import hashlib
import os
import time

import pytest

import fcgi


# --- P01 ---

@pytest.mark.parametrize("version", [0, 2, 255])
def test_P01_wrong_version_costs_one_connection(target, version):
    wrong = fcgi.encode(fcgi.BEGIN_REQUEST, 1, bytes([0, 1, 0, 0, 0, 0, 0, 0]),
                        version=version)
    for _ in range(100):
        target.closes(wrong)
    target.honest()


def test_P01_wrong_version_shows_in_the_first_byte(target):
    target.closes(b"\2")


@pytest.mark.parametrize("version", [0, 2, 255])
def test_P01_wrong_version_ends_the_request_under_way(target, version):
    with target.connect() as c:
        c.send_request(target.params("sleep.cgi", 30), keep=True)
        c.send_raw(fcgi.encode(fcgi.STDIN, 1, b"", version=version))
        c.wait_closed()
    target.idle()
    target.honest()


# --- P02 ---

def test_P02_unknown_management_types_are_named(target):
    with target.connect() as c:
        for type in range(12, 256):
            assert c.unknown(type) == type
        target.serves(c)


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 255, 4096, 65535])
def test_P02_their_content_is_skipped_whatever_its_length(target, length):
    with target.connect() as c:
        for type, padding in ((12, 0), (99, 1), (255, 255)):
            # A record in the content must not be taken for one.
            content = (fcgi.encode(100, 0) * 8192)[:length]
            assert c.unknown(type, content, padding) == type
        target.serves(c)
        assert len(c.management) == 3


def test_P02_any_padding_is_skipped(target):
    with target.connect() as c:
        for padding in range(256):
            assert c.unknown(200, b"x" * padding, padding) == 200
        target.serves(c)


# --- P03 ---

PHASES = ["before", "parameters", "body", "output", "after"]
SAMPLE = sorted({0, 12, 13, 127, 128, 254, 255} | set(range(1, 12)))


def expected(type, id, phase):
    """What the specification asks of a record without content: "ignored",
    "answered", "closes", or "another" for what begins something else."""
    active = id == 1 and phase in ("parameters", "body", "output")
    if id == 0:
        if type in (fcgi.GET_VALUES_RESULT, fcgi.UNKNOWN_TYPE):
            return "ignored"
        if type == fcgi.GET_VALUES or type == 0 or type > 11:
            return "answered"
        return "closes"
    if type == fcgi.BEGIN_REQUEST:
        return "closes"  # its body has eight bytes
    if not active:
        return "ignored"
    if type in (fcgi.ABORT_REQUEST, fcgi.PARAMS, fcgi.STDIN):
        return "another"
    return "closes"


def in_phase(target, c, phase, gate):
    """Bring request 1 so far.  Its program waits there for its body, or for
    the file GATE, so that it does not end before its time."""
    if phase == "after":
        target.serves(c)
    if phase in ("before", "after"):
        return
    c.begin(1, keep=True)
    if phase == "body":
        c.params(target.params("sha256.cgi"))
    if phase == "output":
        c.params(target.params("gate.cgi", gate))
        c.stdin()
        c.read_until(lambda: c.answer().stdout)


def finish(target, c, phase, gate):
    """And to its end from there."""
    if phase == "parameters":
        c.params(target.params())
    if phase in ("parameters", "body"):
        c.stdin()
    if phase == "output":
        gate.touch()
    if phase in ("parameters", "body", "output"):
        assert c.finish().complete
    target.serves(c)


@pytest.mark.parametrize("phase", PHASES)
def test_P03_every_kind_of_record_at_every_time(target, phase, tmp_path):
    gate = tmp_path / "gate"
    for id in (0, 1, 2):
        for type in SAMPLE:
            want = expected(type, id, phase)
            if want == "another":
                continue
            with target.connect() as c:
                in_phase(target, c, phase, gate)
                if want == "answered":
                    c.manage(type)
                else:
                    c.send(type, id)
                if want == "closes":
                    c.closes_within(5)
                else:
                    finish(target, c, phase, gate)
                    assert len(c.management) == (want == "answered")
            gate.unlink(missing_ok=True)
    target.idle()
    target.honest()


# --- P04 ---

@pytest.mark.parametrize("type", range(fcgi.BEGIN_REQUEST, fcgi.DATA + 1))
def test_P04_application_record_with_id_0_closes(target, type):
    target.closes(fcgi.encode(type, 0, bytes([0, 1, 1, 0, 0, 0, 0, 0])))
    with target.connect() as c:
        c.send_request(target.params("sleep.cgi", 30), keep=True)
        target.closes(fcgi.encode(type, 0), c)
    target.idle()
    target.honest()


# --- P05, P06 ---

KNOWN = {"FCGI_MAX_CONNS": "1", "FCGI_MAX_REQS": "8", "FCGI_MPXS_CONNS": "1"}


def raw_values(c, content):
    """The whole answer to a GET_VALUES record, byte for byte."""
    c.send(fcgi.GET_VALUES, 0, content)
    head = c.read_raw(8)
    return head + c.read_raw(int.from_bytes(head[4:6], "big") + head[6])


def test_P05_values_are_answered_byte_for_byte(target):
    names = fcgi.encode_pairs([(n, "") for n in KNOWN])
    want = fcgi.encode(fcgi.GET_VALUES_RESULT, 0, fcgi.encode_pairs(KNOWN))
    with target.connect() as c:
        assert raw_values(c, names) == want
        target.serves(c)
        assert raw_values(c, names) == want


ONE = fcgi.encode(fcgi.GET_VALUES_RESULT, 0,
                  fcgi.encode_pair("FCGI_MPXS_CONNS", "1"))
NONE = fcgi.encode(fcgi.GET_VALUES_RESULT, 0)
ASKED = fcgi.encode_pair("FCGI_MPXS_CONNS", "")


@pytest.mark.parametrize("content, want", [
    (b"", NONE),
    (ASKED, ONE),
    (ASKED * 100, ONE),
    (fcgi.encode_pair("FCGI_MPXS_CONNS", "a value"), ONE),
    (fcgi.encode_pair("FCGI_MPXS_CONNS", "", long=True), ONE),
    (fcgi.encode_pair("FCGI_MPXS_CONNSX", ""), NONE),
    (fcgi.encode_pair("fcgi_mpxs_conns", ""), NONE),
    (fcgi.encode_pair("", ""), NONE),
    (fcgi.encode_pair("X" * 300, "y" * 300) + ASKED, ONE),
    (b"".join(fcgi.encode_pair("%04d" % n, "") for n in range(10000)) + ASKED,
     ONE),
    (ASKED[:-1], NONE),
    (ASKED + b"\xff\xff\xff\xff\xff\xff\xff\xff", ONE),
], ids=["no name", "one", "often", "with a value", "long lengths", "longer",
        "small letters", "empty", "after a large pair", "10000 names", "cut",
        "then a lie"])
def test_P05_of_what_is_asked_what_is_known_is_answered(target, content,
                                                        want):
    with target.connect() as c:
        assert raw_values(c, content) == want
        target.serves(c)


def test_P05_without_multiplexing_it_says_so(make_target):
    target = make_target("-o", "fastcgi.max_reqs=1")
    with target.connect() as c:
        assert c.get_values(*KNOWN) == {
            "FCGI_MAX_CONNS": "1", "FCGI_MAX_REQS": "1",
            "FCGI_MPXS_CONNS": "0"}


def test_P06_values_are_answered_in_the_middle_of_a_request(target):
    body = os.urandom(3000)
    with target.connect() as c:
        c.begin(keep=True)
        pairs = target.pairs("sha256.cgi", body=body)
        for part in (pairs[:20], pairs[20:]):
            c.send(fcgi.PARAMS, 1, part)
            assert c.get_values("FCGI_MPXS_CONNS") == {"FCGI_MPXS_CONNS": "1"}
        c.send(fcgi.PARAMS, 1)
        for at in range(0, 3000, 1000):
            c.send(fcgi.STDIN, 1, body[at:at + 1000])
            assert c.get_values("FCGI_MAX_REQS") == {"FCGI_MAX_REQS": "8"}
            assert c.unknown(77) == 77
        c.send(fcgi.STDIN, 1)
        digest = hashlib.sha256(body).hexdigest()
        assert c.finish().body.decode() == "3000 %s\n" % digest


# --- P07, P08 ---

def test_P07_the_longest_legal_records_are_taken(target):
    forged = target.bytes("exit.cgi", 66, id=7)
    body = (forged * (65535 // len(forged) + 1))[:65535] * 2
    pairs = target.pairs("sha256.cgi", body=body)
    pairs += fcgi.encode_pair("HTTP_X", "x" * (65535 - len(pairs) - 11))
    assert len(pairs) in (65534, 65535, 65536)
    with target.connect() as c:
        c.begin(keep=True)
        c.params(pairs, padding=255)
        c.stdin(body, padding=255)
        answer = c.finish()
        digest = hashlib.sha256(body).hexdigest()
        assert answer.body.decode() == "%d %s\n" % (len(body), digest)
        target.serves(c)
        assert not c.answers, "the body was taken for requests"


def test_P08_padding_may_come_slowly(target):
    data = fcgi.request_bytes(target.params(), keep=True, padding=20)
    with target.connect() as c:
        c.send_raw(data[:24])
        c.send_slowly(data[24:36], pause=0.02)
        c.send_raw(data[36:])
        assert c.finish().body == b"hello\n"


def test_P08_closed_within_the_padding(target):
    head = fcgi.begin_record(1) + fcgi.encode(
        fcgi.PARAMS, 1, target.pairs("sleep.cgi", 30), 255)
    for k in range(256):
        with target.connect() as c:
            c.send_raw(head[:len(head) - 255 + k])
    target.idle()
    target.honest()


# --- P09, P10 ---

def test_P09_every_split_gives_the_same_answer(target):
    body = b"quantity=100"
    data = target.bytes("sha256.cgi", "x=1", body, keep=True)
    with target.connect() as c:
        c.send_raw(data)
        whole = c.finish().stdout
        for cut in range(1, len(data)):
            c.send_raw(data[:cut])
            time.sleep(0.0005)
            c.send_raw(data[cut:])
            assert c.finish().stdout == whole, "cut at %d" % cut
        c.send_slowly(data)
        assert c.finish().stdout == whole


def test_P10_requests_in_one_write_are_all_answered(target):
    data = b"".join(target.bytes("query.cgi", id, id=id, keep=True)
                    for id in range(1, 9))
    with target.connect() as c:
        for _ in range(12):
            c.send_raw(data)
            for id, answer in c.collect(*range(1, 9)).items():
                assert answer.body == b"%d\n\n" % id, answer


def test_P10_of_a_hundred_at_once_none_is_lost(target):
    ids = range(1, 101)
    data = b"".join(target.bytes("query.cgi", id, id=id, keep=True)
                    for id in ids)
    with target.connect() as c:
        c.send_raw(data)
        answers = c.collect(*ids)
        served = [a for a in answers.values() if a.complete]
        assert len(served) >= 8
        for a in answers.values():
            if a.complete:
                assert a.body == b"%d\n\n" % a.id
            else:
                assert (a.status, a.protocol_status) == (
                    503, fcgi.OVERLOADED), a
        target.serves(c)
