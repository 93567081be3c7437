"""load.py - clients that ask without end and miss nothing.

Each is a thread with a connection policy of its own.  What is not a whole
and right answer is lost, whatever the reason; a kept connection that the
server closes is lost, too, as a request may just be on its way.
"""

import os
import random
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "system"))

import fcgi  # noqa: E402


class Client(threading.Thread):
    def __init__(self, load, address, keep, seed):
        super().__init__(daemon=True)
        self.load = load
        self.address = address
        self.keep = keep
        self.random = random.Random(seed)
        self.conn = None
        self.answered = 0
        self.lost = []
        self.slowest = 0.0

    def run(self):
        while not self.load.over.is_set():
            wait = self.random.choice(self.load.waits)
            began = time.monotonic()
            try:
                self.ask(wait)
                self.answered += 1
            except Exception as e:  # any reason is one
                self.lost.append("%s after %.3f s (%s, %s)" % (
                    repr(e) or type(e), time.monotonic() - began,
                    self.address, "keep" if self.keep else "close"))
                self.hang_up()
            self.slowest = max(self.slowest,
                               time.monotonic() - began - wait)
            if self.load.left is not None and not self.load.take():
                break
        self.hang_up()

    def hang_up(self):
        if self.conn is not None:
            self.conn.close()
        self.conn = None

    def ask(self, wait):
        if self.conn is None:
            self.conn = fcgi.Conn(self.address, 30)
        token = "%016x" % self.random.getrandbits(64)
        answer = self.conn.request(
            {"REQUEST_METHOD": "GET", "SCRIPT_NAME": "/wait",
             "SCRIPT_FILENAME": self.load.program,
             "QUERY_STRING": "%g+%s" % (wait, token)}, keep=self.keep)
        if not (answer.ended and answer.app_status == 0
                and answer.body == token.encode() + b"\n"):
            raise AssertionError("a wrong answer: %r" % answer)
        if not self.keep:
            self.hang_up()


class Load:
    """Clients for each of ADDRESSES, half of them with kept connections.
    With REQUESTS they stop after so many, else when they are told to."""

    def __init__(self, program, addresses, clients=2, waits=(0.0,),
                 requests=None, keeps=(True, False)):
        self.program = program
        self.waits = waits
        self.over = threading.Event()
        self.left = requests
        self.lock = threading.Lock()
        self.clients = [
            Client(self, address, keep, "%s %d" % (address, n))
            for address in addresses for keep in keeps
            for n in range(clients)]

    def take(self):
        with self.lock:
            self.left -= 1
            return self.left > 0

    def start(self):
        for c in self.clients:
            c.start()
        return self

    def stop(self):
        self.over.set()
        return self.join()

    def join(self):
        for c in self.clients:
            c.join()
        return self

    @property
    def answered(self):
        return sum(c.answered for c in self.clients)

    @property
    def lost(self):
        return [line for c in self.clients for line in c.lost]

    @property
    def slowest(self):
        return max(c.slowest for c in self.clients)
