"""manager.py - a service manager's two ends: what it hears, what it hands over."""

import os
import socket
import sys

import procs

# Becomes the program with descriptors from 3 on and LISTEN_PID its own pid.
HAND_OVER = """
import fcntl, os, sys
given = [int(n) for n in sys.argv[1].split(",") if n]
high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 100) for fd in given]
for i, fd in enumerate(high):
    os.dup2(fd, 3 + i)
os.environ["LISTEN_PID"] = str(os.getpid())
for pair in sys.argv[2].split(";"):
    name, _, value = pair.partition("=")
    os.environ[name] = value
os.execv(sys.argv[3], sys.argv[3:])
"""


class NotifySocket:
    """Collects what a service says: messages in order, and descriptors."""

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        self.socket.setblocking(False)
        self.messages = []
        self.fds = []

    def read(self):
        while True:
            try:
                text, fds, _flags, _from = socket.recv_fds(
                    self.socket, 4096, 4)
            except BlockingIOError:
                return self.messages
            self.messages.append(text.decode())
            self.fds += fds

    def assignments(self, name):
        """All values that NAME was given, in order."""
        return [line.split("=", 1)[1]
                for message in self.read()
                for line in message.split("\n")
                if line.split("=", 1)[0] == name]

    def about(self, name):
        """All messages that assign to NAME."""
        return [m for m in self.read()
                if any(line.startswith(name + "=") for line in m.split("\n"))]

    def wait_for(self, name, value=None, count=1, seconds=5):
        def come():
            values = self.assignments(name)
            return sum(value in (None, v) for v in values) >= count
        try:
            procs.wait_for(come, seconds)
        except AssertionError:
            raise AssertionError("no %s=%s in %r" % (
                name, value, self.messages)) from None
        return self.assignments(name)[-1]

    def close(self):
        self.socket.close()
        for fd in self.fds:
            os.close(fd)


def hand_over(argv, fds, count=None, names=None, pid=None):
    """The command that runs ARGV with FDS as a service manager passes them;
    COUNT and PID replace what would be true.  Give the fds to pass_fds."""
    given = ["LISTEN_FDS=%s" % (len(fds) if count is None else count)]
    if names is not None:
        given.append("LISTEN_FDNAMES=" + names)
    if pid is not None:
        given.append("LISTEN_PID=%s" % pid)
    return [sys.executable, "-c", HAND_OVER, ",".join(map(str, fds)),
            ";".join(given)] + argv
