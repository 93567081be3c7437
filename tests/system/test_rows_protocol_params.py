"""P11 to P23: the parameters, and streams that do not end or lie."""

import os
import time

import pytest

import fcgi
import procs

MAX_STRING = 131071  # what Linux takes as one environment entry


# --- P11, P12 ---

def test_P11_no_parameters_run_nothing(target):
    answer = fcgi.request(target.address, {})
    assert 400 <= answer.status < 600 and answer.complete
    target.honest()


def test_P12_a_million_empty_stdin_records_cost_nothing(target):
    empty = fcgi.encode(fcgi.STDIN, 1) * 1000
    with target.connect() as c:
        target.serves(c)
        before, begun = target.memory(), time.monotonic()
        for _ in range(1000):
            c.send_raw(empty)
        target.serves(c)
        assert procs.within(2, begun)
        assert target.memory() - before < 256


# --- P13, P14 ---

LIES = [0x7fffffff, 0x7ffffff0, 1 << 24, 1 << 20]


@pytest.mark.plain_only
@pytest.mark.parametrize("where", ["name", "value", "both"])
def test_P13_a_lie_about_a_length_is_refused_at_once(target, where):
    target.ask("query.cgi", HTTP_X="x" * 70000)  # touches all it ever will
    before = target.memory()
    for n in LIES:
        long, short = fcgi.encode_length(n), b"\1"
        lie = {"name": long + short, "value": short + long,
               "both": long + long}[where]
        with target.connect() as c:
            c.begin(keep=True)
            c.send(fcgi.PARAMS, 1, target.pairs() + lie + b"x")
            # Before any of the bytes that it announces.
            answer = c.finish()
            assert answer.status == 431 or answer.eof, answer
            c.wait_closed()
    assert target.memory() - before < 256  # KiB, far less than the least lie
    target.honest()


def test_P13_nothing_in_four_bytes_is_nothing(target):
    pairs = target.pairs() + b"\x80\0\0\0" + b"\x80\0\0\0"
    assert fcgi.request(target.address, pairs).body == b"hello\n"


def assert_not_run(target, pairs):
    answer = fcgi.request(target.address, pairs)
    assert answer.status == 400 and answer.complete, answer


def test_P14_a_pair_that_is_not_all_there_runs_nothing(target):
    assert_not_run(target, b"\x32\x32" + b"01234567")
    for claim in ((1, 0), (0, 1), (127, 127), (5, 200)):
        pair = fcgi.encode_pair("N" * claim[0], "v" * claim[1])
        for n in sorted({1, 2, 3, len(pair) // 2, len(pair) - 1}):
            if n < len(pair):
                assert_not_run(target, target.pairs() + pair[:n])
    target.honest()


# --- P15, P16 ---

def test_P15_a_pair_may_be_cut_at_every_byte(target):
    pairs = target.pairs("query.cgi", "some=query", HTTP_X="y" * 130)
    with target.connect() as c:
        for cut in range(1, len(pairs)):
            c.begin(keep=True)
            c.send(fcgi.PARAMS, 1, pairs[:cut])
            c.send(fcgi.PARAMS, 1, pairs[cut:])
            c.send(fcgi.PARAMS, 1)
            c.stdin()
            answer = c.finish()
            assert answer.body == b"some=query\n" + b"y" * 130 + b"\n", cut


@pytest.mark.parametrize("cut", [1, 2, 7])
def test_P15_and_into_single_bytes(target, cut):
    with target.connect() as c:
        answer = c.request(target.params("query.cgi", "some=query"), cut=cut)
        assert answer.body == b"some=query\n\n"


def test_P16_long_lengths_of_short_strings(target):
    params = target.params("query.cgi", "q", HTTP_X="long")
    answer = fcgi.request(target.address, fcgi.encode_pairs(params, long=True))
    assert answer.body == b"q\nlong\n"


# --- P17 to P20 ---

def environ(target, env_of, extra):
    env = env_of(fcgi.request(target.address, target.pairs("env.cgi")
                              + fcgi.encode_pairs(extra)).body)
    env.pop("REQUEST_ID", None)  # another one each time
    return env


def test_P17_empty_names_are_dropped_empty_values_kept(target, env_of):
    plain = environ(target, env_of, [])
    env = environ(target, env_of, [("", "value"), ("", ""), ("HTTP_X", "")])
    assert env.pop("HTTP_X") == ""
    assert env == plain


def test_P18_names_that_are_none_are_dropped(target, env_of):
    plain = environ(target, env_of, [])
    env = environ(target, env_of, [(name, "() { :; }; x") for name in (
        b"A=B", b"=", b"A\0B", b"\0", b"A\nB", b"A B", b"9A", b"A-B",
        b"BASH_FUNC_x%%", b"BASH_FUNC_x()", b"\xc3\xa4", b"A\x80", b"HTTP_X ",
        b" HTTP_X", b"A.B", b"A[0]", b"$(id)")])
    assert env == plain


@pytest.mark.parametrize("value", [b"\0", b"a\0b", b"a\0", b"\0b"])
def test_P19_a_value_is_never_cut_at_a_nul(target, value):
    answer = target.ask("query.cgi", HTTP_X=value)
    assert answer.status == 400 and answer.complete, answer


@pytest.mark.parametrize("count", [2, 3, 1000])
def test_P20_of_duplicates_the_last_wins(target, env_of, count):
    extra = [("HTTP_X", "value %d" % n) for n in range(count)]
    extra.insert(1, ("HTTP_Y", "between"))
    env = environ(target, env_of, extra)  # which sees to one entry a name
    assert env["HTTP_X"] == "value %d" % (count - 1)
    assert env["HTTP_Y"] == "between"


# --- P21 to P23 ---

@pytest.mark.plain_only
def test_P21_parameters_without_end_are_refused(target):
    target.ask("query.cgi", HTTP_X="x" * 70000)
    before, sent = target.memory(), 0
    pair = fcgi.encode_pair("HTTP_X", "x" * 1000) * 60
    record = fcgi.encode(fcgi.PARAMS, 1, pair)
    with target.connect() as c:
        c.begin()
        begun = time.monotonic()
        try:
            while not c.eof and sent < 1 << 30:
                c.send_raw(record)
                sent += len(record)
        except (BrokenPipeError, ConnectionResetError):
            pass
        took = time.monotonic() - begun
        answer = c.finish()
        assert answer.status == 431 or answer.eof, answer
    assert sent < 1 << 26 and took < 3 * procs.crowd()
    assert target.memory() - before < 1024 + 128
    target.honest()


def test_P21_an_answer_comes_when_the_limit_is_met(target):
    with target.connect() as c:
        c.begin()
        c.params(target.pairs() + fcgi.encode_pairs(
            [("HTTP_X%d" % n, "x" * 60000) for n in range(18)]), end=False)
        assert c.finish().status == 431
        c.wait_closed()


@pytest.mark.parametrize("length, status", [
    (131060, 200), (MAX_STRING - len("HTTP_X="), 200),
    (MAX_STRING - len("HTTP_X=") + 1, 431), (131072, 431), (200000, 431)])
def test_P22_one_variable_may_be_too_long_for_the_system(target, length,
                                                         status):
    answer = target.ask("query.cgi", HTTP_X="x" * length)
    assert answer.status == status and answer.complete, answer
    if status == 200:
        assert answer.body == b"\n" + b"x" * length + b"\n"
    target.honest()


def test_P22_all_together_may_be_too_long_too(make_target):
    target = make_target("-o", "request_params_max=8M")
    answer = target.ask(**{"HTTP_X%d" % n: "x" * 130000 for n in range(40)})
    assert answer.status in (431, 500) and answer.complete, answer
    target.honest()


def test_P23_a_long_header_is_passed_intact(target):
    value = os.urandom(35000).hex()
    with target.connect() as c:
        answer = c.request(target.params("query.cgi", HTTP_X=value), cut=9999)
    assert answer.body == b"\n" + value.encode() + b"\n"
