#!/usr/bin/python3
"""seeds.py - write the first inputs of each fuzz target.

They are made from the recorded conversations and from known ways to lie;
what fuzzing finds beside them is added to the folders by hand.
"""

import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, os.pardir, "system"))
sys.dont_write_bytecode = True

import fcgi  # noqa: E402
import flows  # noqa: E402


def write(target, name, data):
    folder = os.path.join(HERE, "corpus", target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as f:
        f.write(data)


def params(name, data, cap=4096, piece=0):
    write("params", name, struct.pack("!HB", cap, piece) + data)


def seed_flows():
    for flow in flows.load():
        n = flow["flow"]
        write("record", "flow%d-request" % n, flows.side(flow, "app", n))
        answer = flows.side(flow, "server", n)
        write("record", "flow%d-answer" % n, answer)
        write("answer", "flow%d" % n, bytes([n]) + answer)
        stream = b"".join(flows.content(r) for r in flow["records"]
                          if r["type"] == "PARAMS" and r["id"] == 1)
        params("flow%d" % n, stream, piece=n)
        stdout = b"".join(flows.content(r) for r in flow["records"]
                          if r["type"] == "STDOUT" and r["id"] == 1)
        write("cgihead", "flow%d" % n, bytes([n]) + stdout)


def seed_records():
    values = fcgi.encode_pairs({"FCGI_MAX_CONNS": "", "FCGI_MPXS_CONNS": ""})
    write("record", "get-values", fcgi.encode(fcgi.GET_VALUES, 0, values, 7))
    write("record", "unknown-type",
          fcgi.encode(99, 0, b"x") + fcgi.encode(fcgi.UNKNOWN_TYPE, 0,
                                                 bytes([99]) + bytes(7)))
    write("record", "largest-padding",
          fcgi.encode(fcgi.STDIN, 65535, b"x" * 300, 255))
    write("record", "lying-lengths",
          fcgi.encode(fcgi.PARAMS, 1, b"\xff\xff\xff\xff" * 2)
          + fcgi.encode(fcgi.PARAMS, 1, bytes([50, 50]) + bytes(8)))
    write("record", "version-2", fcgi.encode(1, 1, bytes(8), version=2))
    write("answer", "stderr-between", b"\0"
          + fcgi.encode(fcgi.STDOUT, 1, b"A: b\n\n", 3)
          + fcgi.encode(fcgi.STDERR, 1, b"oops", 1)
          + fcgi.encode(fcgi.UNKNOWN_TYPE, 0, bytes(8))
          + fcgi.encode(fcgi.STDOUT, 1, b"c")
          + fcgi.encode(fcgi.END_REQUEST, 1, bytes([0, 0, 3, 170, 0, 0, 0, 0])))


def seed_params():
    params("duplicates", fcgi.encode_pairs([("A", str(i)) for i in range(30)]),
           cap=256)
    params("long-form", fcgi.encode_pairs({"A": "1", "HTTP_X": "y" * 200},
                                          long=True))
    params("bad-names", fcgi.encode_pairs(
        [("", "x"), ("", ""), ("A=B", "x"), ("A\0B", "x"), ("9", "x"),
         ("BASH_FUNC_x%%", "() { :; }"), ("OK", "1")]))
    params("nul-in-value", fcgi.encode_pairs({"A": "x\0y"}))
    params("wrapping-lengths", b"\xff\xff\xff\xf8\x80\x00\x00\x0c")
    params("full-arena", fcgi.encode_pairs([("A", ""), ("B", "")]), cap=6)
    params("over-arena", fcgi.encode_pairs([("A", ""), ("B", "")]), cap=5)
    params("many-names", fcgi.encode_pairs(
        [("N%d" % i, "") for i in range(1025)]), cap=65535)


def seed_heads():
    for name, head in {
            "status": b"Status: 404 Not Found\r\nA: b\r\n\r\nbody",
            "location": b"Location: /x\n\n", "blank-first": b"\r\nA: b\n\n",
            "two-blanks": b"\n\nbody", "bad-status": b"Status: 4040\n\n",
            "no-end": b"A: b\r\n", "long-line": b"x" * 600 + b"\n\n"}.items():
        write("cgihead", name, b"\2" + head)


def seed_messages():
    for kind in range(0, 10):
        write("chan", "kind%d" % kind,
              struct.pack("!IIiIq", 0x63676669, kind, 1 - kind, 0,
                          1234567890123))
    write("chan", "short", struct.pack("!II", 0x63676669, 1))


def conn(name, data, how=0, cut=0):
    write("conn", name, bytes([how, cut]) + data)


def seed_conns():
    """How a peer ends: 0 keeps, 1 closes, 2 half-closes, 3 is gone at once;
    0x80 single bytes, 0x40 promptly, 0x20 no multiplexing."""
    for flow in flows.load():
        for how in (0, 1, 2, 0x80, 0x60):
            conn("flow%d-%02x" % (flow["flow"], how),
                 flows.side(flow, "app", flow["flow"]), how, 100)
    post = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": "400"}
    for id in (1, 2, 3, 4, 15):
        conn("post%d" % id, fcgi.request_bytes(
            post, b"x" * 400, keep=True, id=id) * 2, 0x40, 128)
    conn("abort", b"".join(
        fcgi.request_bytes(post, b"x" * n, keep=True, id=id)
        [:80 + 10 * id] + fcgi.encode(fcgi.ABORT_REQUEST, id)
        for n, id in enumerate((1, 3, 4))))
    conn("too-many", b"".join(fcgi.begin_record(id, keep=True)
                              for id in range(1, 12)))
    conn("wrong", fcgi.encode(fcgi.PARAMS, 0) + fcgi.encode(99, 0, b"x", 3))
    conn("role", fcgi.request_bytes({}, role=7) + fcgi.request_bytes(
        {}, role=fcgi.AUTHORIZER, keep=True))
    conn("manage", fcgi.encode(99, 0, b"xyz", 7) + fcgi.encode(
        fcgi.GET_VALUES, 0, fcgi.encode_pairs(
            {"FCGI_MAX_CONNS": "", "FCGI_MPXS_CONNS": ""}), 3))


if __name__ == "__main__":
    seed_flows()
    seed_records()
    seed_params()
    seed_heads()
    seed_messages()
    seed_conns()
