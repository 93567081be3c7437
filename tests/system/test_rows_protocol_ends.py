"""P33 to P37: our own records, and conversations that break off."""

import contextlib
import hashlib
import os
import random
import socket
import struct

import pytest

import fcgi
import files


# --- P33, P34 ---

@pytest.mark.parametrize("length", [
    0, 1, 65534, 65535, 65536, 65537, 131071, 1 << 20, 64 << 20])
def test_P33_what_goes_out_is_what_the_program_wrote(target, length):
    sha, got = hashlib.sha256(), 0
    with target.connect(30) as c:
        c.send_request(target.params("floodout.cgi", length), keep=True)
        head = b""
        while True:
            record = c.read()
            if record.type != fcgi.STDOUT:
                break
            content = record.content
            if b"\r\n\r\n" not in head:
                head += content
                if b"\r\n\r\n" not in head:
                    continue
                head, content = head.split(b"\r\n\r\n", 1)
                head += b"\r\n\r\n"
            sha.update(content)
            got += len(content)
        assert record.type == fcgi.END_REQUEST
        assert got == length and sha.digest() == hashlib.sha256(
            files.flood(length)).digest()
        target.serves(c)


def test_P34_reserved_and_padding_bytes_are_zero(target):
    # All that the client reads is checked for it; here every kind of record.
    with target.connect() as c:
        c.get_values("FCGI_MPXS_CONNS", "FCGI_MAX_CONNS")
        c.unknown(99, os.urandom(99), 9)
        for name in ("hello.cgi", "stderr.cgi", "nothing.cgi", "silent.cgi"):
            c.request(target.params(name))
        c.request(target.params(), role=7)
        c.send_raw(target.bytes("floodout.cgi", 200000))
        data = b""
        while not c.eof:
            data += c.read_raw(1 << 20)
    at, kinds = 0, set()
    while at < len(data):
        version, type, id, length, pad, reserved = struct.unpack_from(
            "!BBHHBB", data, at)
        assert (version, id, reserved) == (1, 1, 0)
        content = data[at + 8:at + 8 + length]
        assert not any(data[at + 8 + length:at + 8 + length + pad])
        if type == fcgi.END_REQUEST:
            assert content == bytes(8)
        kinds.add(type)
        at += 8 + length + pad
    assert at == len(data) and kinds == {fcgi.STDOUT, fcgi.END_REQUEST}


# --- P35 ---

@pytest.mark.parametrize("name", ["noread.cgi", "closein.cgi", "nothing.cgi"])
def test_P35_an_unread_body_is_no_request(target, name, tmp_path):
    """A forged request in a body that nobody reads does not run."""
    proof = str(tmp_path / "ran")
    with open(target.files.program("pwn.cgi"), "w") as f:
        f.write("#!/bin/sh\n: >%s\n" % proof)
    os.chmod(target.files.program("pwn.cgi"), 0o755)
    try:
        forged = target.bytes("pwn.cgi", id=1) + target.bytes("pwn.cgi", id=2)
        for shift in (0, 1, 7, 8):
            with target.connect() as c:
                c.begin(keep=True)
                c.params(target.params(name, CONTENT_LENGTH="200000"))
                c.send(fcgi.STDIN, 1, b"x" * 100)
                c.finish()
                c.send(fcgi.STDIN, 1, bytes(shift) + forged * 100)
                target.serves(c, id=3)
                c.stdin(forged * 100)
                target.serves(c, id=1)
                assert not c.answers
        assert not os.path.exists(proof)
    finally:
        os.unlink(target.files.program("pwn.cgi"))


# --- P36 ---

def cut_off(c, how):
    if how == "close":
        c.close()
    elif how == "reset":
        c.close_with_reset()
    else:
        c.shutdown_write()


@pytest.mark.parametrize("listen, how", [
    ("unix", "close"), ("unix", "half-close"),
    ("tcp", "close"), ("tcp", "half-close"), ("tcp", "reset")])
def test_P36_broken_off_after_every_byte(make_target, listen, how):
    target = make_target("-o", "cgi.linger=100ms", listen=listen)
    body = b"quantity=100&item=3047936"
    data = target.bytes("sha256.cgi", "x=1", body, keep=True)
    whole = data.index(body) + len(body)
    for cut in range(len(data) + 1):
        with target.connect(5) as c:
            try:
                c.send_raw(data[:cut])
                cut_off(c, how)
            except (BrokenPipeError, ConnectionResetError):
                continue
            if how != "half-close":
                continue
            c.read_until(lambda: False)
            # Sent whole, it is answered; a half-close is not a close.  Its
            # body is whole before the record that says so.
            if cut == len(data) or cut < whole:
                assert c.answer().complete == (cut == len(data)), cut
    target.idle()
    target.honest()


# --- P37 ---

GARBAGE = {
    "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "TLS": bytes.fromhex("16030100c8010000c40303") + os.urandom(200),
    "SSH": b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
    "zeroes": bytes(4096),
    "ones": b"\xff" * 4096,
}


@pytest.mark.parametrize("name", GARBAGE)
def test_P37_another_protocol_is_closed_at_once(target, name):
    with target.connect() as c:
        try:
            c.send_raw(GARBAGE[name], read=False)
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert c.closes_within(4) == []
    target.honest()


def test_P37_noise_costs_its_connection(target):
    random.seed(37)
    for n in range(1500):
        noise = random.randbytes(random.randrange(1, 600))
        if n % 2:  # get past the first check, into the records
            noise = b"\1" + bytes([random.randrange(12)]) + noise
        s = socket.socket(socket.AF_UNIX)
        s.connect(target.address)
        try:
            s.sendall(noise)
        except OSError:
            pass
        s.close()
        if n % 500 == 0:
            target.honest()
    target.idle()
    target.honest()


def test_P37_half_a_head_is_not_waited_for_long(make_target):
    target = make_target("-o", "request_head_timeout=1s", workers=4)
    with contextlib.ExitStack() as stack:
        conns = []
        for data in (b"\1", b"\1\1\0\1\0\10\0", fcgi.begin_record(1),
                     fcgi.begin_record(1) + fcgi.encode(fcgi.PARAMS, 1,
                                                        b"\1")):
            conns.append(stack.enter_context(target.connect()))
            conns[-1].send_raw(data)
        for c in conns:
            assert c.closes_within(4) == []
    target.honest()
