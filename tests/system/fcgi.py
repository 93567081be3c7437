"""fcgi.py - the system tests' own FastCGI client.

Written from the FastCGI 1.0 specification and strict about what comes back:
the version, zero reserved and padding bytes, lengths, the order of a
request's records.  Anything else raises ProtocolError.

    answer = fcgi.request(path, {"SCRIPT_NAME": "/x"}, body=b"...")
    answer.status, answer.headers, answer.body, answer.stderr
    answer.app_status, answer.protocol_status, answer.order

    with fcgi.Conn(path) as c:                  # or ("127.0.0.1", 9000)
        c.send_request({"A": "1"}, id=1, keep=True)
        c.begin(2, keep=True)
        c.send(fcgi.PARAMS, 2, fcgi.encode_pairs(...), padding=7)
        both = c.collect(1, 2)                  # {1: Answer, 2: Answer}
        c.get_values("FCGI_MPXS_CONNS")         # {"FCGI_MPXS_CONNS": "1"}
"""

import os
import select
import socket
import struct
import time

from fcgiwire import *

SECONDS = 10.0  # how long an answer may take unless a test says otherwise


class Closed(Exception):
    """The server closed where something was still expected."""


# --- what comes back ---

class Answer:
    """One request's records, as they came."""

    def __init__(self, id):
        self.id = id
        self._parts = {STDOUT: [], STDERR: []}
        self.stdout_closed = False  # the empty record was seen
        self.stderr_closed = False
        self.app_status = None      # set by END_REQUEST
        self.protocol_status = None
        self.order = []             # [(type, length), ...]
        self.eof = False            # the connection ended before the request

    @property
    def stdout(self):
        return b"".join(self._parts[STDOUT])

    @property
    def stderr(self):
        return b"".join(self._parts[STDERR])

    @property
    def ended(self):
        return self.app_status is not None

    @property
    def complete(self):
        return self.ended and self.protocol_status == REQUEST_COMPLETE

    def take(self, record):
        must(not self.ended, "%r after END_REQUEST", record)
        self.order.append((record.type, len(record.content)))
        if record.type == STDOUT:
            must(not self.stdout_closed, "%r after the end of stdout", record)
            self._parts[STDOUT].append(record.content)
            self.stdout_closed = not record.content
        elif record.type == STDERR:
            must(not self.stderr_closed, "%r after the end of stderr", record)
            self._parts[STDERR].append(record.content)
            self.stderr_closed = not record.content
        elif record.type == END_REQUEST:
            self._end(record.content)
        else:
            raise ProtocolError("%r is no answer to a request" % (record,))

    def _end(self, content):
        must(len(content) == 8, "END_REQUEST of %d bytes", len(content))
        app, status, r = struct.unpack("!IB3s", content)
        must(r == bytes(3), "reserved bytes of END_REQUEST: %r", r)
        must(status <= UNKNOWN_ROLE, "protocolStatus %d", status)
        must(not self.stdout or self.stdout_closed
             or status != REQUEST_COMPLETE, "stdout was not closed")
        must(not self.stderr or self.stderr_closed
             or status != REQUEST_COMPLETE, "stderr was not closed")
        self.app_status, self.protocol_status = app, status

    # A CGI response taken apart.

    def _cut(self):
        stdout, at, first = self.stdout, 0, True
        while True:
            end = stdout.find(b"\n", at)
            if end < 0:
                return stdout, b""
            line = stdout[at:end].rstrip(b"\r")
            if not line and not first:
                return stdout[:at], stdout[end + 1:]
            at, first = end + 1, False

    @property
    def head(self):
        return self._cut()[0]

    @property
    def body(self):
        return self._cut()[1]

    @property
    def headers(self):
        """Names in lower case; of a name given twice the last."""
        found = {}
        for line in self.head.splitlines():
            name, colon, value = line.partition(b":")
            if colon:
                found[name.decode("latin-1").lower()] = (
                    value.strip().decode("latin-1"))
        return found

    @property
    def status(self):
        """As a web server reads it; None when nothing came."""
        if not self.stdout:
            return None
        return int(self.headers.get("status", "200").split()[0])

    def __repr__(self):
        return ("<Answer id=%d stdout=%r stderr=%r app_status=%r "
                "protocol_status=%r eof=%r>" % (
                    self.id, self.stdout[:200], self.stderr[:200],
                    self.app_status, self.protocol_status, self.eof))


# --- the connection ---

def connect(address, seconds=SECONDS):
    """ADDRESS is a path or (host, port)."""
    unix = isinstance(address, (str, bytes, os.PathLike))
    family = (socket.AF_UNIX if unix else
              socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
    s = socket.socket(family, socket.SOCK_STREAM)
    try:
        s.settimeout(seconds)
        s.connect(os.fspath(address) if unix else tuple(address))
    except OSError:
        s.close()
        raise
    return s


class Conn:
    def __init__(self, address=None, seconds=SECONDS, sock=None):
        self.sock = sock or connect(address, seconds)
        self.sock.setblocking(False)
        self.seconds = seconds
        self.eof = False        # the server closed, everything was read
        self.reset = False      # ... by a reset
        self.management = []    # records of id 0, in order
        self.answers = {}       # id: Answer, of requests not yet collected
        self._data = bytearray()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def close_with_reset(self):
        """TCP: the server sees ECONNRESET."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))
        self.sock.close()

    def shutdown_write(self):
        """A half-close, which is no close."""
        self.sock.shutdown(socket.SHUT_WR)

    # Moving bytes.

    def _receive(self):
        """Take what is there; False when nothing is."""
        try:
            data = self.sock.recv(1 << 18)
        except BlockingIOError:
            return False
        except (ConnectionResetError, BrokenPipeError):
            self.eof = self.reset = True
            return True
        if not data:
            self.eof = True
        self._data += data
        return True

    def _wait(self, events, deadline, what):
        """Until one of EVENTS; which ones came."""
        left = deadline - time.monotonic()
        p = select.poll()
        p.register(self.sock, events)
        got = p.poll(max(0, left) * 1000)
        if not got:
            raise TimeoutError("waited too long " + what)
        return got[0][1]

    def send_raw(self, data, seconds=None, read=True):
        """Send all of DATA.  What comes back meanwhile is read and kept, or
        with READ=False left in the socket, as a stalled peer would."""
        deadline = time.monotonic() + (seconds or self.seconds)
        view = memoryview(data)
        while view:
            reading = read and not self.eof
            got = self._wait(
                select.POLLOUT | (select.POLLIN if reading else 0), deadline,
                "to send %d of %d bytes" % (len(view), len(data)))
            if got & select.POLLIN:
                self._receive()
            if got & (select.POLLOUT | select.POLLERR | select.POLLHUP):
                try:
                    view = view[self.sock.send(view[:1 << 18]):]
                except BlockingIOError:
                    pass

    def send_slowly(self, data, piece=1, pause=0.0):
        for i in range(0, len(data), piece):
            self.send_raw(data[i:i + piece])
            if pause:
                time.sleep(pause)

    def read_raw(self, n, seconds=None):
        """Exactly N bytes, undecoded; fewer at the end of file."""
        deadline = time.monotonic() + (seconds or self.seconds)
        while len(self._data) < n and not self.eof:
            self._wait(select.POLLIN, deadline, "for %d bytes" % n)
            self._receive()
        data = bytes(self._data[:n])
        del self._data[:n]
        return data

    # Records to the server.

    def send(self, type, id, content=b"", padding=0):
        self.send_raw(encode(type, id, content, padding))

    def begin(self, id=1, role=RESPONDER, keep=False, flags=None):
        self.send_raw(begin_record(id, role, keep, flags))

    def params(self, params, id=1, cut=CONTENT_MAX, padding=0, end=True):
        if not isinstance(params, bytes):
            params = encode_pairs(params)
        self.send_raw(stream_records(PARAMS, id, params, cut, padding, end))

    def stdin(self, data=b"", id=1, cut=CONTENT_MAX, padding=0, end=True):
        self.send_raw(stream_records(STDIN, id, data, cut, padding, end))

    def abort(self, id=1):
        self.send(ABORT_REQUEST, id)

    def send_request(self, params, body=b"", role=RESPONDER, keep=False,
                     id=1, cut=CONTENT_MAX, padding=0):
        self.send_raw(request_bytes(params, body, role, keep, id, cut,
                                    padding))

    # Records from the server.

    def read(self, seconds=None):
        """The next record; None at a clean end of file."""
        deadline = time.monotonic() + (seconds or self.seconds)
        while True:
            got = decode(self._data)
            if got is not None:
                del self._data[:got[1]]
                return self._check(got[0])
            if self.eof:
                must(self.reset or not self._data,
                     "closed within a record: %r", bytes(self._data[:64]))
                return None
            self._wait(select.POLLIN, deadline, "for a record")
            self._receive()

    def _check(self, record):
        if record.type in (STDOUT, STDERR, END_REQUEST):
            must(record.id != 0, "%r with id 0", record)
        elif record.type in (GET_VALUES_RESULT, UNKNOWN_TYPE):
            must(record.id == 0, "%r with an id", record)
        else:
            raise ProtocolError("%r is nothing a server sends" % (record,))
        if record.type == UNKNOWN_TYPE:
            must(len(record.content) == 8 and not any(record.content[1:]),
                 "UNKNOWN_TYPE body %r", record.content)
        return record

    def next(self, seconds=None):
        """Read one record into its place; returns it, None at the end."""
        record = self.read(seconds)
        if record is not None and record.id == 0:
            self.management.append(record)
        elif record is not None:
            self.answer(record.id).take(record)
        return record

    def answer(self, id=1):
        """What came so far for a request that was not collected yet."""
        return self.answers.setdefault(id, Answer(id))

    def read_until(self, condition, seconds=None):
        """Read records until CONDITION() holds or the connection ends."""
        deadline = time.monotonic() + (seconds or self.seconds)
        while not condition():
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("waited too long: %r" % self.answers)
            if self.next(left) is None:
                return False
        return True

    def collect(self, *ids, seconds=None):
        """The answers of IDS as {id: Answer}, each ended, or with eof set
        when the connection ended first."""
        self.read_until(lambda: all(self.answer(i).ended for i in ids),
                        seconds)
        found = {}
        for i in ids:
            found[i] = self.answers.pop(i, None) or Answer(i)
            found[i].eof = not found[i].ended
        return found

    def finish(self, id=1, seconds=None):
        return self.collect(id, seconds=seconds)[id]

    def request(self, params, body=b"", role=RESPONDER, keep=True, id=1,
                seconds=None, cut=CONTENT_MAX, padding=0):
        """One whole request on this connection."""
        data = request_bytes(params, body, role, keep, id, cut, padding)
        try:
            self.send_raw(data, seconds)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it may have answered before it closed
        return self.finish(id, seconds)

    def wait_closed(self, seconds=None):
        """The server closes, and sends nothing more before."""
        record = self.next(seconds)
        must(record is None, "%r where the end was due", record)

    def closes_within(self, seconds):
        """Records that still came before the server closed."""
        deadline = time.monotonic() + seconds
        records = []
        while True:
            record = self.next(max(0.001, deadline - time.monotonic()))
            if record is None:
                return records
            records.append(record)

    def silent_for(self, seconds):
        """Nothing comes and the connection stays open."""
        must(not self._data and not self.eof, "it is not silent")
        try:
            self._wait(select.POLLIN, time.monotonic() + seconds, "")
        except TimeoutError:
            return
        self._receive()
        raise ProtocolError("it is not silent: %r" % bytes(self._data[:64]))

    # Management records.

    def manage(self, type, content=b"", padding=0, seconds=None):
        """Send one and return the one that answers it."""
        had = len(self.management)
        self.send(type, 0, content, padding)
        if not self.read_until(lambda: len(self.management) > had, seconds):
            raise Closed("no answer to a management record")
        return self.management[had]

    def get_values(self, *names, seconds=None):
        record = self.manage(GET_VALUES,
                             encode_pairs([(n, "") for n in names]),
                             seconds=seconds)
        must(record.type == GET_VALUES_RESULT, "%r", record)
        pairs = [(n.decode(), v.decode())
                 for n, v in decode_pairs(record.content)]
        must(len(dict(pairs)) == len(pairs), "a name twice: %r", pairs)
        return dict(pairs)

    def unknown(self, type, content=b"", padding=0, seconds=None):
        """An unknown management type is answered with its number."""
        record = self.manage(type, content, padding, seconds)
        must(record.type == UNKNOWN_TYPE, "%r", record)
        return record.content[0]


def request(address, params, body=b"", role=RESPONDER, keep=False, id=1,
            seconds=SECONDS, cut=CONTENT_MAX, padding=0):
    """One request on a connection of its own.  Without KEEP the server must
    close after it; answer.closed says that it did."""
    with Conn(address, seconds) as c:
        answer = c.request(params, body, role, keep, id, seconds, cut,
                           padding)
        if not keep and not c.eof:
            c.wait_closed(seconds)
        answer.closed = c.eof
        return answer
