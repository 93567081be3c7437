"""procs.py - what /proc says about processes, and waiting for it to change.

The test process makes itself a child subreaper, so that whatever loses its
parent becomes a child of ours instead of vanishing from sight.
"""

import array
import ctypes
import fcntl
import os
import random
import signal
import time

PR_SET_CHILD_SUBREAPER = 36
UNIX_LISTENS = 0x10000  # a flag of /proc/net/unix
TCP_LISTENS = "0A"      # a state of /proc/net/tcp
CROWD_MAX = 8
DELAYED = "CGIFPM_DELAYS" in os.environ
# A user without an account and without another process.  Each run of the
# tests has its own, as a program here kills all that its user has.
NOBODY = 20000 + os.getpid() % 30000


def become_subreaper():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def crowd():
    """How many processes want each processor; 1 on a machine that is ours
    alone.  Limits of time are multiplied with it, so that they tell of what
    is tested and not of its neighbours."""
    with open("/proc/loadavg") as f:
        minute, _, _, running = f.read().split()[:4]
    wanting = max(float(minute), float(running.split("/")[0]))
    return min(max(wanting / (os.cpu_count() or 1), 1), CROWD_MAX)


def within(seconds, began):
    """Whether no more than SECONDS have passed since BEGAN, by the monotonic
    clock, as far as the machine let us."""
    passed = time.monotonic() - began
    return passed <= seconds or passed <= seconds * crowd()


def few(late):
    """Whether no more of many things were late than a machine itself holds
    up now and then."""
    return sum(late) <= 1 + len(late) // 10


def dawdle():
    """With delayshim.c the tests are late, too, now and then."""
    if DELAYED and random.random() < 0.25:
        time.sleep(random.random() * 0.04)


def wait_for(condition, seconds=5, what=""):
    """The first true result of condition(); an error after so many seconds,
    with WHAT was waited for, or what that says then."""
    began = time.monotonic()
    while True:
        late = not within(seconds, began)
        result = condition()
        if result:
            dawdle()
            return result
        if late:
            raise AssertionError("not within %g s: %s" % (
                seconds, what() if callable(what) else what or condition))
        time.sleep(0.005)


class Process:
    """One line of /proc/PID/stat."""

    def __init__(self, pid):
        with open("/proc/%d/stat" % pid) as f:
            text = f.read()
        self.pid = pid
        self.name = text[text.index("(") + 1:text.rindex(")")]
        fields = text[text.rindex(")") + 2:].split()
        self.state = fields[0]
        self.ppid = int(fields[1])
        self.pgrp = int(fields[2])
        self.session = int(fields[3])

    def __repr__(self):
        return "%d (%s) %s of %d" % (
            self.pid, self.name, self.state, self.ppid)


def every():
    """All processes of the machine that are there when looked at."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                found.append(Process(int(name)))
            except (FileNotFoundError, ProcessLookupError):
                pass
    return found


def children(pid):
    return [p for p in every() if p.ppid == pid]


def descendants(pid):
    byparent = {}
    for p in every():
        byparent.setdefault(p.ppid, []).append(p)
    found, todo = [], [pid]
    while todo:
        for p in byparent.get(todo.pop(), []):
            found.append(p)
            todo.append(p.pid)
    return found


def state(pid):
    """The letter of /proc/PID/stat; None when it is gone."""
    try:
        return Process(pid).state
    except (FileNotFoundError, ProcessLookupError):
        return None


def alive(pid):
    return state(pid) not in (None, "Z", "X")


def ignores(pid, number):
    """A signal, already or still."""
    try:
        with open("/proc/%d/status" % pid) as f:
            masks = [line.split()[1] for line in f
                     if line.startswith("SigIgn:")]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return bool(masks) and bool(int(masks[0], 16) >> (number - 1) & 1)


def fds(pid):
    """What is behind each open descriptor of a process."""
    found = {}
    for fd in os.listdir("/proc/%d/fd" % pid):
        try:
            found[int(fd)] = os.readlink("/proc/%d/fd/%s" % (pid, fd))
        except FileNotFoundError:
            pass
    return found


def listens(address):
    """Whether somebody listens at a path or (host, port), without asking."""
    if isinstance(address, str):
        with open("/proc/net/unix") as f:
            lines = [line.split() for line in f]
        return any(len(x) == 8 and x[7] == address
                   and int(x[3], 16) & UNIX_LISTENS for x in lines[1:])
    for name in ("tcp", "tcp6"):
        with open("/proc/net/" + name) as f:
            lines = [line.split() for line in f]
        if any(x[3] == TCP_LISTENS and int(x[1].split(":")[1], 16)
               == address[1] for x in lines[1:]):
            return True
    return False


def unread(sock):
    """Bytes that lie before the other side of a unix socket."""
    siocoutq, left = 0x5411, array.array("i", [0])
    fcntl.ioctl(sock, siocoutq, left)
    return left[0]


def reap(pid):
    """Collect a child that ended and that nobody else waits for."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass


def strays(known):
    """Children of ours that we did not start: orphans of what we did."""
    found = []
    for p in children(os.getpid()):
        if p.pid in known:
            continue
        if p.state == "Z":
            reap(p.pid)
        else:
            found.append(p)
    return found


def cpu_seconds(pid):
    """What a process has used of a processor so far."""
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def kill(pid, number=signal.SIGKILL):
    """To a process that may have ended meanwhile."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
