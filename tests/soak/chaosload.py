"""chaosload.py - the clients of chaos.py: each remembers when it lost what."""

import collections
import threading
import time

import load  # also finds tests/system

WAITS = (0, 0, 0, 0.002, 0.01, 0.05, 0.3)
ANSWER_SECONDS = 20   # a request takes no longer, whatever happens

Loss = collections.namedtuple("Loss", "pool began ended text")


class Client(load.Client):
    """A connection after the other, or one that is kept."""

    def __init__(self, chaos, name, address, keep, seed):
        super().__init__(chaos, address, keep, seed)
        self.pool = name
        self.losses = []  # (began, ended, text)

    def run(self):
        asked = 0
        while not self.load.over.is_set() and not self.load.left.is_set():
            # A kept connection may have been lost from its last request on.
            began = time.monotonic()
            since = began if self.conn is None else asked
            asked = began
            wait = self.random.choice(WAITS)
            try:
                self.request(wait)
                self.answered += 1
            except Exception as e:  # any reason is one
                self.hang_up()
                self.losses.append((since, time.monotonic(), "%s (%s, %s)" % (
                    repr(e), self.address, "keep" if self.keep else "close")))
            self.slowest = max(self.slowest,
                               time.monotonic() - began - wait)
        self.hang_up()

    def request(self, wait):
        if self.conn is None:
            self.conn = load.fcgi.Conn(self.address, ANSWER_SECONDS)
        token = "%016x" % self.random.getrandbits(64)
        answer = self.conn.request(
            {"REQUEST_METHOD": "GET", "SCRIPT_NAME": "/wait",
             "SCRIPT_FILENAME": self.load.program,
             "QUERY_STRING": "%g+%s" % (wait, token)}, keep=self.keep)
        if answer.ended and answer.status == 503:
            raise Refused(answer.protocol_status)
        last = answer.body.split()[-1:] if answer.ended else []
        if answer.app_status != 0 or not last or not last[0].endswith(
                token.encode()):
            raise AssertionError("a wrong answer: %r" % answer)
        if not self.keep:
            self.hang_up()


class Refused(Exception):
    """503."""


class Clients:
    """Of one pool; half of the connections are kept, where it keeps any."""

    def __init__(self, chaos, name, each=1):
        self.program = chaos.program
        self.over = chaos.over
        self.left = threading.Event()
        keeps = (False,) if name == "n" else (True, False)
        self.clients = [
            Client(self, name, address, keep, "%d %s %s %d" % (
                chaos.seed, address, keep, i))
            for address in chaos.addresses(name) for keep in keeps
            for i in range(each)]
        for c in self.clients:
            c.start()

    def leave(self):
        self.left.set()
        for c in self.clients:
            c.join()
