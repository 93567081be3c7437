"""faults.py - system calls of a living master fail, one kind at a time.

    f = Faults(build, files, zoo)
    f.play(scenario, call, error, when)    raises when something is not right
    f.end()

strace makes CALL of the master (not of its workers) fail with ERROR: the
first one, every third, or all for as long as the scenario takes.  Afterwards
the master has to be alive, with as many descriptors as before and without a
zombie; all pools have to answer, with as many workers as they are to have;
each request that was accepted has had its outcome; a reload has to work, and
the log is no longer than a page.
"""

import contextlib
import os
import struct
import subprocess
import threading
import time

import load  # also finds tests/system
import configured
import faultacts
import fcgi
import files
import manager
import pool as pools
import procs

LINES = 60            # of log for one thing that went wrong,
SECOND_LINES = 5      # and of each second that it takes
RECOVER = 8           # the back-off, and what a reload takes
KEPT = 6              # connections, enough for each worker to have one
SECOND = 1.0
SPIN = 300            # calls in it are more than anybody wants

# What a call may truly say.
CALLS = {
    "accept4": "EMFILE ENFILE ENOMEM EPERM EINTR EAGAIN ECONNABORTED",
    "bind": "EADDRINUSE EPERM ENOMEM ENOSPC",
    "brk,mmap,mremap": "ENOMEM",
    "clone": "EAGAIN ENOMEM",
    "connect": "EINTR EAGAIN EPERM",
    "epoll_ctl": "ENOMEM ENOSPC",
    "epoll_pwait": "EINTR EIO",
    "execve": "EACCES ENOMEM EIO",
    "fchmod": "EPERM EIO",
    "fchmodat,chmod": "EPERM EIO EROFS",
    "fcntl": "EMFILE ENOMEM EINTR",
    "fstat,newfstatat": "EIO ENOMEM EACCES",
    "ftruncate": "ENOSPC EIO EINTR",
    "getsockopt": "ENOBUFS ENOMEM",
    "ioctl": "EIO ENOMEM",
    "kill": "EPERM",
    "lgetxattr": "EIO EACCES",
    "listen": "EADDRINUSE ENOMEM",
    "memfd_create": "EMFILE ENFILE ENOMEM",
    "openat": "EMFILE ENFILE ENOMEM EIO EACCES ENOSPC EINTR",
    "pipe2": "EMFILE ENFILE",
    "poll": "EINTR ENOMEM",
    "pread64": "EINTR EIO",
    "prlimit64": "EPERM",
    "read": "EINTR EIO EAGAIN",
    "readlink": "EACCES ENOMEM",
    "recvfrom": "EINTR EAGAIN ENOMEM",
    "recvmsg": "EINTR EAGAIN ENOMEM",
    "rename": "ENOSPC EIO EPERM",
    "sendmsg": "EINTR EAGAIN ENOMEM ENOBUFS ETOOMANYREFS",
    "sendto": "EINTR EAGAIN ENOMEM EPIPE",
    "setpgid": "EPERM",
    "socket": "EMFILE ENFILE ENOMEM",
    "socketpair": "EMFILE ENFILE ENOMEM",
    "unlink": "EIO EPERM",
    "wait4": "EINTR",
    "write": "EINTR EAGAIN ENOSPC EIO",
}
# What the kernel does not say again and again where it says there is something.
ONCE = ("EINTR", "EAGAIN", "ECONNABORTED")
WHEN = {"first": ":when=1", "third": ":when=1+3", "all": ""}
# A program that has just been executed is not to be kept from being loaded.
LOADER = ("brk,mmap,mremap", "openat", "read", "fstat,newfstatat", "pread64",
          "prlimit64")


class Tracer:
    """CALL of a process fails, until end(); if all of them do, then for a
    second, in which it may not try without a pause."""

    def __init__(self, path, pid, call, error, when):
        self.path = path
        self.all = when == "all"
        self.process = subprocess.Popen(
            ["strace", "-o", path, "-e", "trace=epoll_pwait," + call, "-e",
             "inject=%s:error=%s%s" % (call, error, WHEN[when]),
             "-p", str(pid)], stderr=subprocess.PIPE)
        assert b"attached" in self.process.stderr.readline()
        self.began = time.monotonic()
        self.timer = threading.Timer(SECOND, self.process.terminate)
        if self.all:
            self.timer.start()

    def end(self):
        if self.all:
            self.timer.join()
        self.process.terminate()
        self.process.communicate(timeout=10)
        seconds = max(time.monotonic() - self.began, SECOND)
        with open(self.path, errors="replace") as f:
            calls = f.read().count("\n")
        assert not self.all or calls < SPIN * seconds, (
            "it spins: %d calls in %.1f s" % (calls, seconds))


class Shortage:
    """Allocations of a process fail, from the one on that is the number
    AFTER, until end(); see allocshim.c."""

    def __init__(self, path, pid, after):
        self.path = path
        self.put(pid, after)

    def put(self, pid, after):
        with open(self.path, "r+b") as f:
            _, _, serial, self.failed = struct.unpack("4i", f.read(16))
            f.seek(0)
            f.write(struct.pack("4i", pid, after, serial + 1, 0))

    def end(self):
        self.put(0, 0)


def alloc_shim(run_files):
    """The environment for a Shortage, and its file."""
    path = os.path.join(run_files.dir, "allocshim.so")
    subprocess.run(["cc", "-shared", "-fPIC", "-O", "-o", path, os.path.join(
        files.HERE, "allocshim.c")], check=True, timeout=60)
    state = os.path.join(run_files.dir, "allocshim")
    with open(state, "wb") as f:
        f.write(bytes(16))
    return {"LD_PRELOAD": path, "ALLOC_SHIM": state}, state


class Faults(faultacts.Acts):
    def __init__(self, build, run_files, zoo, env=None):
        self.build = build
        self.files = run_files
        self.zoo = zoo
        self.conf = configured.Configured(self.start, run_files)
        self.port = pools.free_port()
        self.access = os.path.join(self.conf.dir, "access")
        self.notify = manager.NotifySocket(
            os.path.join(self.conf.dir, "notify"))
        self.addresses = {
            "a": [self.conf.sock("a"), ("127.0.0.1", self.port)],
            "n": [self.conf.sock("n")], "o": [self.conf.sock("o")]}
        self.sizes = {"a": 2, "n": 2}
        self.pool = self.conf.run(
            self.text(), env=dict(env or {}, NOTIFY_SOCKET=self.notify.path))
        self.generation = 0
        self.settle()
        procs.wait_for(lambda: procs.state(self.pool.pid) == "S", 5,
                       "whoever asked has been forgotten")
        self.before = self.kinds()

    def start(self, *args, **kw):
        return pools.Pool(self.build, args, self.files, **kw)

    # --- settings ---

    def globals(self, which=""):
        return ('error_log = "%s/error%s"\npid = "@DIR@/pid%s"\n' % (
            self.conf.dir, which, which))

    def text(self, *lines, head=True):
        own = "pm = static", "pm.max_children = 2"
        quick = "pm.restart_delay = 20ms", "pm.restart_delay_max = 200ms"
        return "".join((
            'pid = "@DIR@/pid"\n' if head else "",
            configured.pool_text(
                "a", 'listen = {"@DIR@/a.sock", "127.0.0.1:%d"}' % self.port,
                'access.log = "%s"' % self.access, *own[:2], *quick, *lines),
            configured.pool_text("o", "pm = ondemand", "pm.max_children = 2",
                                 "pm.process_idle_timeout = 200ms", *quick),
            self.native(*own[:2], *quick)))

    def native(self, *lines):
        text = configured.pool_text("n", "mode = fastcgi", *lines)
        return text.replace('cgi.root = "@ROOT@"',
                            'command = {"%s"}' % self.zoo)

    def more(self, name, *lines):
        return configured.pool_text(name, "pm = static", "pm.max_children = 1",
                                    *lines)

    def write(self, text):
        self.conf.write(text)

    # --- looking ---

    def ask(self, name, seconds=5):
        for address in self.addresses[name]:
            answer = configured.ask(address, self.files, seconds=seconds)
            assert answer.complete and answer.status in (None, 200), answer

    def answers(self, name):
        try:
            self.ask(name, 1)
        except (AssertionError, OSError, fcgi.ProtocolError):
            return False
        return True

    def exchange(self, conn):
        answer = conn.request({
            "SCRIPT_FILENAME": self.files.program("hello.cgi"),
            "REQUEST_METHOD": "GET"}, keep=True)
        assert answer.complete and answer.body == b"hello\n", answer

    def status(self, name):
        return self.pool.status(name)

    def changes(self, pool):
        return self.status(pool)["changes"]

    def workers(self, name):
        return [w["pid"] for w in self.status(name)["processes"]]

    def kinds(self):
        """What is behind the master's descriptors, and how often."""
        found = {}
        for what in procs.fds(self.pool.pid).values():
            kind = what.split("[")[0] if "[" in what else what
            found[kind] = found.get(kind, 0) + 1
        return found

    def serves(self):
        """Whatever failed has come back by itself, for those who wait, too."""
        for name in self.addresses:
            procs.wait_for(lambda n=name: self.answers(n), RECOVER, name)
        with contextlib.ExitStack() as stack:
            conns = [stack.enter_context(fcgi.Conn(self.addresses["a"][0], 5))
                     for _ in range(KEPT)]
            for _ in range(2):
                for c in conns:
                    self.exchange(c)
                time.sleep(0.02)
        for name in self.sizes:
            procs.wait_for(lambda n=name: len(self.workers(n)) ==
                           self.status(n)["workers"]["max"], RECOVER,
                           "workers of " + name)

    def settle(self):
        """As many workers as are wanted, at rest; none on demand."""
        def at_rest():
            return (not self.status("a")["requests"]["running"] and
                    all(len(self.workers(n)) == size for n, size
                        in list(self.sizes.items()) + [("o", 0)]))

        procs.wait_for(at_rest, RECOVER, "all workers")

    # --- one thing ---

    def play(self, scenario, call, error, when):
        self.during(scenario,
                    lambda: Tracer(os.path.join(self.conf.dir, "trace"),
                                   self.pool.pid, call, error, when))

    def during(self, scenario, begin):
        """Do one thing in the trouble that begin() makes."""
        had = len(self.pool.log().splitlines())
        began = time.monotonic()
        self.generation = self.status("a")["generation"]
        self.pids = {n: self.workers(n)[:1] for n in self.sizes}
        trouble = begin()
        try:
            right = getattr(self, "do_" + scenario)()
        finally:
            trouble.end()
        if right is not None:
            right()
        self.judge()
        lines = self.pool.log().splitlines()[had:]
        assert len(lines) < LINES + SECOND_LINES * (
            time.monotonic() - began), "%d lines: %s" % (
                len(lines), "\n".join(lines[:50]))

    def judge(self):
        self.notify.read()
        assert self.pool.process.poll() is None, "the master has ended"
        self.serves()
        self.write(self.text())
        procs.wait_for(self.reloaded, RECOVER * 2, "a reload that works")
        self.settle()
        for name in self.addresses:
            self.ask(name)
        procs.wait_for(lambda: self.kinds() == self.before, RECOVER,
                       "descriptors: %r" % self.before)
        procs.wait_for(lambda: not self.pool.zombies(), 2, "no zombies")
        self.pool.check_identity()

    def reloaded(self):
        done = self.pool.try_ctl("reload", seconds=45)
        assert done.returncode in (0, 75), done
        return done.returncode == 0

    def end(self):
        try:
            self.pool.check_and_stop()
        finally:
            self.drop()

    def drop(self):
        self.pool.kill()
        self.pool.remove()
        self.notify.close()
        self.conf.remove()


def everything():
    """All that can be played."""
    names = [n[3:] for n in dir(Faults) if n.startswith("do_")]
    return [(scenario, call, error, when)
            for scenario in names for call, errors in CALLS.items()
            for error in errors.split() for when in WHEN
            if (scenario != "upgrade" or
                (call not in LOADER and when == "first")) and
            (error not in ONCE or when != "all" or call == "clone")]
