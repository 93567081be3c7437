"""Peers that write and read in an order of their own."""

import hashlib
import os

import fcgi


def params_of(run_files, name, **more):
    return {"SCRIPT_FILENAME": os.path.join(run_files.root, name),
            "SCRIPT_NAME": "/" + name, "REQUEST_METHOD": "POST", **more}


def test_a_peer_that_writes_the_whole_body_before_it_reads(
        root_pool, run_files):
    """Caddy's way.  The program answers while it reads; neither it nor we
    may wait for the peer to read first."""
    pool = root_pool()
    body = os.urandom(1 << 20) * 16
    params = params_of(run_files, "echo.cgi", CONTENT_LENGTH=str(len(body)))
    with fcgi.Conn(pool.address) as conn:
        conn.send_raw(fcgi.request_bytes(params, body), read=False)
        answer = conn.collect(1)[1]
    assert answer.complete and answer.app_status == 0
    assert (hashlib.sha256(answer.body).digest() ==
            hashlib.sha256(body).digest())


def test_a_fast_request_waits_for_no_body_in_front_of_it(
        root_pool, run_files):
    """The first program does not read; the second one's records come behind
    the first one's body on the same connection."""
    pool = root_pool()
    body = b"x" * (4 << 20)
    slow = params_of(run_files, "sleep.cgi", QUERY_STRING="3",
                     CONTENT_LENGTH=str(len(body)))
    fast = params_of(run_files, "hello.cgi", REQUEST_METHOD="GET")
    with fcgi.Conn(pool.address) as conn:
        conn.send_raw(fcgi.request_bytes(slow, body, keep=True, id=1) +
                      fcgi.request_bytes(fast, keep=True, id=2))
        assert conn.collect(2)[2].body == b"hello\n"
        assert 1 not in conn.answers or not conn.answers[1].ended
        assert conn.collect(1)[1].complete
