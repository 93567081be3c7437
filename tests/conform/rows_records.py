"""Records: their kinds, lengths, cuts and order."""

import itertools

import fcgi
from check import Failed, complete, want


def row_P01(s):
    """another version than 1 closes that connection, and no more"""
    for version in (0, 2, 255):
        s.closes(fcgi.encode(fcgi.BEGIN_REQUEST, 1, bytes([0, 1, 0] + [0] * 5),
                             version=version))
    s.honest()


def row_P02(s):
    """an unknown management type is answered, the connection goes on"""
    with s.connect() as c:
        for type, length, padding in ((12, 0, 0), (99, 9, 7), (255, 65535,
                                                               255)):
            want(c.unknown(type, bytes(length), padding) == type, "its type")
        s.serves(c)


def row_P03(s):
    """records that only an application sends are ignored without a request"""
    with s.connect() as c:
        for type in (3, 6, 7, 10, 11, 12, 200, 255):
            c.send(type, 9, b"x" * type, 3)
        s.serves(c)


def row_P04(s):
    """an application record with id 0 closes"""
    for type in (fcgi.BEGIN_REQUEST, fcgi.PARAMS, fcgi.STDIN,
                 fcgi.ABORT_REQUEST):
        s.closes(fcgi.encode(type, 0, bytes([0, 1, 1] + [0] * 5)))
    s.honest()


NAMES = ("FCGI_MAX_CONNS", "FCGI_MAX_REQS", "FCGI_MPXS_CONNS")


def row_P05(s):
    """GET_VALUES is answered with what is known, the connection goes on"""
    with s.connect() as c:
        want(set(c.get_values(*NAMES)) == set(NAMES), "not all three names")
        want(c.get_values("FCGI_UNKNOWN") == {}, "an unknown name")
        s.serves(c)
        want(c.get_values(NAMES[2]).keys() == {NAMES[2]}, "one name")


def row_P06(s):
    """GET_VALUES is answered in the midst of a request"""
    with s.connect() as c:
        c.begin(keep=True)
        pairs = s.pairs("count", body=b"12345678")
        c.send(fcgi.PARAMS, 1, pairs[:30])
        want(len(c.get_values(*NAMES)) > 0, "between parameters")
        c.params(pairs[30:])
        c.send(fcgi.STDIN, 1, b"1234")
        want(len(c.get_values(*NAMES)) > 0, "within the body")
        c.stdin(b"5678")
        complete(c.finish(), b"8\n")


def row_P07(s):
    """records of 65535 bytes with 255 of padding; none is read from a body"""
    forged = s.bytes("mark", id=7)
    body = (forged * (65535 // len(forged) + 1))[:65535]
    pairs = s.pairs("count", body=body)
    pairs += fcgi.encode_pair("HTTP_X", "x" * (65535 - len(pairs) - 11))
    with s.connect() as c:
        c.begin(keep=True)
        c.params(pairs, padding=255)
        c.stdin(body, padding=255)
        complete(c.finish(), b"65535\n")
        s.serves(c)
    want(not s.ran(), "a request in the body ran")


def row_P08(s):
    """padding may come late; the end within it is the end"""
    data = fcgi.request_bytes(s.params(), padding=20)
    with s.connect() as c:
        c.send_raw(data[:24])
        c.send_slowly(data[24:36], pause=0.01)
        c.send_raw(data[36:])
        complete(c.finish(), b"hello\n")
    for k in (0, 100, 254):
        with s.connect() as c:
            c.send_raw(fcgi.encode(fcgi.BEGIN_REQUEST, 1,
                                   bytes([0, 1, 0] + [0] * 5),
                                   255)[:16 + k])
    s.honest()


def row_P09(s):
    """single bytes, and other cuts, give the same answer"""
    data = s.bytes("count", body=b"quantity=100", keep=False)
    for piece in (1, 2, 7, 100):
        with s.connect() as c:
            c.send_slowly(data, piece, pause=0.0002)
            complete(c.finish(), b"12\n")


def row_P10(s):
    """requests that come in one write are each answered"""
    data = b"".join(s.bytes("query", id, id=id) for id in range(1, 9))
    with s.connect() as c:
        c.send_raw(data)
        for id, a in c.collect(*range(1, 9)).items():
            want(a.ended, "no answer to request %d of 8", id)
            if a.complete:
                complete(a, b"%d\n\n" % id)


def row_P24(s):
    """a second request on the connection changes nothing for the first"""
    with s.connect() as c:
        c.begin(1, keep=True)
        c.params(s.params("count", body=b"12345678"))
        c.send(fcgi.STDIN, 1, b"1234")
        second = c.request(s.params(), id=2)
        want(second.complete or second.protocol_status in (
            fcgi.CANT_MPX_CONN, fcgi.OVERLOADED), "second: %r", second)
        c.stdin(b"5678")
        complete(c.finish(1), b"8\n")


def row_P24b(s):
    """requests on one connection are served side by side"""
    with s.connect() as c:
        c.send_request(s.params("sleep", 2), id=1, keep=True)
        complete(c.request(s.params(), id=2), b"hello\n")
        want(not c.answer(1).ended, "the first was over already")
        complete(c.finish(1), b"slept\n")


def row_P25(s):
    """an id that is in use closes"""
    with s.connect() as c:
        c.begin(1, keep=True)
        c.send_raw(fcgi.begin_record(1, keep=True))
        c.closes_within(3)
    s.honest()


def row_P26(s):
    """all 65535 ids begun, none finished: no memory is used for it"""
    s.honest()
    before = s.memory()
    with s.connect() as c:
        try:
            for first in range(1, 65536, 500):
                c.send_raw(b"".join(
                    fcgi.begin_record(id, keep=True)
                    for id in range(first, min(first + 500, 65536))))
        except (BrokenPipeError, ConnectionResetError):
            pass
        want(s.memory() - before < 4096, "%d KiB", s.memory() - before)
    s.honest()


def row_P27(s):
    """records of requests that are not there are ignored"""
    strangers = b"".join(
        fcgi.encode(type, id, b"\xff" * 40, 3)
        for type in (fcgi.STDIN, fcgi.PARAMS, fcgi.ABORT_REQUEST)
        for id in (2, 65535))
    with s.connect() as c:
        c.send_raw(strangers)
        s.serves(c)
        if not c.eof:  # not every server keeps it
            try:
                c.send_raw(strangers)
                s.honest()
                c.send_request(s.params(), id=1)
                a = c.finish()
            except (BrokenPipeError, ConnectionResetError):
                return
            want(a.complete or not a.order, "%r", a)


def row_P28(s):
    """an unknown role is refused as one, the connection goes on"""
    for role in (0, 7, 65535):
        with s.connect() as c:
            a = c.request(s.params(), role=role)
            want(a.protocol_status == fcgi.UNKNOWN_ROLE, "role %d: %r", role,
                 a)
            s.serves(c)


def row_P29(s):
    """BEGIN_REQUEST of another size closes, unknown flags are ignored"""
    for length in (0, 7, 9, 16):
        s.closes(fcgi.encode(fcgi.BEGIN_REQUEST, 1,
                             (bytes([0, 1, 1]) + bytes(14))[:length]))
    with s.connect() as c:
        c.begin(flags=0xfe)
        c.params(s.params())
        c.stdin()
        complete(c.finish(), b"hello\n")


def row_P30(s):
    """streams out of order never mix"""
    pairs = s.params("count")
    del pairs["CONTENT_LENGTH"]
    data = {"B": fcgi.begin_record(1), "p": fcgi.encode(
                fcgi.PARAMS, 1, fcgi.encode_pairs(pairs)),
            "P": fcgi.encode(fcgi.PARAMS, 1),
            "i": fcgi.encode(fcgi.STDIN, 1, b"body"),
            "I": fcgi.encode(fcgi.STDIN, 1)}
    for order in itertools.permutations("BpPiI"):
        with s.connect(0.1) as c:
            try:
                c.send_raw(b"".join(data[name] for name in order))
                c.finish()
            except (TimeoutError, BrokenPipeError, ConnectionResetError):
                pass
            a = c.answer()
            if a.complete and a.status == 200 and "".join(order) != "BpPiI":
                raise Failed("%s is served: %r" % ("".join(order), a.body))
    s.honest()


def row_P34(s):
    """reserved bytes and padding are zero"""
    for name in ("hello", "flood", "nothing"):
        with s.connect() as c:
            c.send_request(s.params(name, 70000))
            data = b""
            while not c.eof:
                data += c.read_raw(1 << 16)
            for record in fcgi.decode_all(data):  # looks at their heads
                if record.type == fcgi.END_REQUEST:
                    want(not any(record.content[5:]),
                         "END_REQUEST with %r", record.content[5:])


def row_P34e(s):
    """the streams are ended by their empty records"""
    want(not s.ask().unclosed, "END_REQUEST without the end of stdout")
