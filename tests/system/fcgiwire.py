"""fcgiwire.py - FastCGI records and pairs, bytes to values and back."""

import collections
import struct

VERSION = 1
HEAD = struct.Struct("!BBHHBB")
CONTENT_MAX = 65535

(BEGIN_REQUEST, ABORT_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT, STDERR,
 DATA, GET_VALUES, GET_VALUES_RESULT, UNKNOWN_TYPE) = range(1, 12)
TYPE_NAMES = ("BEGIN_REQUEST ABORT_REQUEST END_REQUEST PARAMS STDIN STDOUT "
              "STDERR DATA GET_VALUES GET_VALUES_RESULT UNKNOWN_TYPE").split()
RESPONDER, AUTHORIZER, FILTER = 1, 2, 3
REQUEST_COMPLETE, CANT_MPX_CONN, OVERLOADED, UNKNOWN_ROLE = range(4)
KEEP_CONN = 1


class ProtocolError(AssertionError):
    """The server broke the protocol."""


def must(condition, text, *args):
    if not condition:
        raise ProtocolError(text % args)


class Record(collections.namedtuple("Record", "type id content padding")):
    def __repr__(self):
        name = (TYPE_NAMES[self.type - 1] if 1 <= self.type <= 11
                else self.type)
        return "<%s id=%d %d bytes>" % (name, self.id, len(self.content))


def encode(type, id, content=b"", padding=0, version=VERSION, reserved=0):
    """One record; PADDING is a number of zeroes or the bytes themselves."""
    pad = padding if isinstance(padding, bytes) else bytes(padding)
    return HEAD.pack(version, type, id, len(content), len(pad),
                     reserved) + content + pad


def decode(data):
    """The first whole record of DATA and its length; None when it is not
    all there."""
    must(not data or data[0] == VERSION, "version %d", data[:1][0]
         if data else 0)
    if len(data) < HEAD.size:
        return None
    _, type, id, length, pad_len, reserved = HEAD.unpack_from(data)
    must(reserved == 0, "reserved byte of a head is %d", reserved)
    end = HEAD.size + length + pad_len
    if len(data) < end:
        return None
    content = bytes(data[HEAD.size:HEAD.size + length])
    padding = bytes(data[HEAD.size + length:end])
    must(not any(padding), "padding is not zero: %r", padding)
    return Record(type, id, content, pad_len), end


def decode_all(data):
    """The records of DATA, which must hold nothing else."""
    records = []
    while data:
        got = decode(data)
        must(got is not None, "%d bytes are no whole record", len(data))
        records.append(got[0])
        data = data[got[1]:]
    return records


def _bytes(text):
    return text if isinstance(text, bytes) else str(text).encode()


def encode_length(n, long=False):
    return (struct.pack("!I", n | 0x80000000) if long or n >= 128
            else bytes([n]))


def encode_pair(name, value, long=False):
    name, value = _bytes(name), _bytes(value)
    return (encode_length(len(name), long) + encode_length(len(value), long)
            + name + value)


def encode_pairs(params, long=False):
    """PARAMS is a dict or a list of pairs (for duplicates)."""
    pairs = params.items() if hasattr(params, "items") else params
    return b"".join(encode_pair(n, v, long) for n, v in pairs)


def _length(data, at):
    must(at < len(data), "a pair ends within its lengths")
    if data[at] < 128:
        return data[at], at + 1
    must(at + 4 <= len(data), "a pair ends within its lengths")
    return struct.unpack_from("!I", data, at)[0] & 0x7fffffff, at + 4


def decode_pairs(data):
    """A list of (name, value), as bytes."""
    pairs, at = [], 0
    while at < len(data):
        name_len, at = _length(data, at)
        value_len, at = _length(data, at)
        end = at + name_len + value_len
        must(end <= len(data), "a pair claims %d bytes of %d", end, len(data))
        pairs.append((data[at:at + name_len], data[at + name_len:end]))
        at = end
    return pairs


def begin_record(id=1, role=RESPONDER, keep=False, flags=None, padding=0):
    if flags is None:
        flags = KEEP_CONN if keep else 0
    return encode(BEGIN_REQUEST, id, struct.pack("!HB5x", role, flags),
                  padding)


def stream_records(type, id, data, cut=CONTENT_MAX, padding=0, end=True):
    """DATA as records of at most CUT bytes, and the empty one."""
    parts = [encode(type, id, data[i:i + cut], padding)
             for i in range(0, len(data), cut)]
    if end:
        parts.append(encode(type, id, b"", padding))
    return b"".join(parts)


def request_bytes(params, body=b"", role=RESPONDER, keep=False, id=1,
                  cut=CONTENT_MAX, padding=0):
    """A whole request as the web server would send it."""
    if not isinstance(params, bytes):
        params = encode_pairs(params)
    return (begin_record(id, role, keep, padding=padding)
            + stream_records(PARAMS, id, params, cut, padding)
            + stream_records(STDIN, id, body, cut, padding))
