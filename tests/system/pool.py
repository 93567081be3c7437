"""pool.py - the real cgi-fpm, started in the foreground for a test."""

import contextlib
import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile

import procs

REPORTS = re.compile(
    r"\bBUG\b|AddressSanitizer|LeakSanitizer|runtime error:|Assertion")
START_SECONDS = 5
GRACE_SECONDS = 10


class Pool:
    """A running cgi-fpm.  What it may leave behind is nothing; a test says
    otherwise by setting keeps_workers or leaves_jobs to False/True."""

    def __init__(self, build, args, files, listen="unix", tail=(), env=None,
                 foreground=True, stdin=None, program=None, **popen):
        self.build = build
        self.files = files
        self.dir = tempfile.mkdtemp(prefix="pool-", dir=files.dir)
        os.chmod(self.dir, 0o755)
        self.log_path = os.path.join(self.dir, "log")
        self.keeps_workers = True
        self.leaves_jobs = False
        self.keeps_board = True  # nobody writes there who should not
        self.expect_exit = 0
        self.address = self._address(listen)
        argv = [program or build.program("cgi-fpm")]
        if foreground:
            argv.append("-n")
        self.control = os.path.join(self.dir, "control")
        if "-S" not in args and "user" not in popen:
            argv += ["-S", self.control]
        argv += self._listen_args(listen) + list(args) + list(tail)
        self.argv = [a.replace("@DIR@", self.dir) for a in argv]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                self.argv, stdin=stdin or subprocess.DEVNULL, stdout=log,
                stderr=log, env=build.environ(env), cwd=self.dir, **popen)
        self.pid = self.process.pid
        self.stopped = False
        self.before = None

    def _address(self, listen):
        if listen == "unix":
            return os.path.join(self.dir, "sock")
        if listen == "tcp":
            return ("127.0.0.1", free_port())
        return listen  # the test's own: a path, a pair, or None

    def _listen_args(self, listen):
        if listen == "unix":
            return ["-s", self.address, "-M", "0666"]
        if listen == "tcp":
            return ["-a", self.address[0], "-p", str(self.address[1])]
        return []

    # --- looking at it ---

    def log(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()

    def workers(self):
        """Pids of the workers: the master's children, but for the one that
        tries whether settings can be read."""
        return sorted(p.pid for p in procs.children(self.pid)
                      if p.state != "Z" and p.name != "cgi-fpm-reader")

    def wait_gone(self, old, seconds=5):
        """Until none of the pids OLD is a worker any more."""
        procs.wait_for(lambda: not set(old) & set(self.workers()), seconds,
                       "workers of the old generation gone")

    def programs(self):
        """The processes below the workers."""
        return [p for w in self.workers() for p in procs.descendants(w)]

    def zombies(self):
        return [p for p in procs.descendants(self.pid) if p.state == "Z"]

    def count_fds(self):
        """Open descriptors of the master and of each worker."""
        counts = {self.pid: len(procs.fds(self.pid))}
        for pid in self.workers():
            try:
                counts[pid] = len(procs.fds(pid))
            except (FileNotFoundError, ProcessLookupError):
                pass
        return counts

    def ctl(self, *args, expect=0, seconds=10, **kw):
        """The output of cgi-fpmctl; its errors when it is to fail."""
        done = self.try_ctl(*args, seconds=seconds, **kw)
        assert done.returncode == expect, (args, done)
        return done.stderr if expect else done.stdout

    def try_ctl(self, *args, seconds=10, **kw):
        return subprocess.run(
            [self.build.program("cgi-fpmctl"), "-S", self.control, *args],
            capture_output=True, text=True, check=False,
            timeout=seconds * procs.crowd(), env=self.build.environ(),
            errors="surrogateescape", **kw)

    def ctl_json(self, *args):
        return json.loads(self.ctl("--json", *args))

    def status(self, pool=None):
        """What `status` says of a pool, by default of the only one."""
        pools = self.ctl_json("status", *([pool] if pool else []))["pools"]
        assert pool is None or [p["pool"] for p in pools] == [pool]
        return pools[0]

    # --- life ---

    def accepts(self):
        """It listens.  Nobody connects to find out: that would still be
        under way when the descriptors are counted."""
        if self.process.poll() is not None:
            raise AssertionError("cgi-fpm exited with %d: %s" % (
                self.process.returncode, self.log()))
        return procs.listens(self.address)

    def connect(self, timeout=10):
        """A plain socket, connected."""
        unix = isinstance(self.address, str)
        s = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
        s.settimeout(timeout)
        try:
            s.connect(self.address)
        except BaseException:
            s.close()
            raise
        return s

    def wait_ready(self, workers=None):
        procs.wait_for(self.accepts, START_SECONDS, "the socket accepts")
        if workers is not None:
            procs.wait_for(lambda: len(self.workers()) == workers,
                           START_SECONDS, "%d workers" % workers)
        self.before = procs.wait_for(self._quiet, START_SECONDS,
                                     "workers at rest")
        return self

    def _quiet(self):
        """What count_fds() says when all sleep and no descriptor came or
        went meanwhile; a moment later one may be open for a look."""
        first = self.count_fds()
        workers = self.workers()
        states = [procs.state(pid) for pid in workers + [self.pid]]
        some = workers or "pm=ondemand" in self.argv
        rest = (some and all(s == "S" for s in states)
                and first == self.count_fds())
        return first if rest else None

    def send(self, number):
        self.process.send_signal(number)

    def stop(self, number=signal.SIGTERM, seconds=GRACE_SECONDS + 5):
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.stopped = True
        return self.process.wait(seconds)

    # --- what must hold after every test ---

    def check_and_stop(self):
        try:
            if self.process.poll() is None and self.before is not None:
                self.check_running()
            if (self.keeps_board and self.process.poll() is None
                    and os.path.exists(self.control)):
                self.check_identity()
            code = self.stop()
            assert code == self.expect_exit, (
                "exit status %d: %s" % (code, self.log()))
        finally:
            self.kill()
        report = REPORTS.search(self.log())
        assert not report, "the log has %r: %s" % (
            report.group(), self.log())

    def check_running(self):
        procs.wait_for(lambda: not self.zombies(), 5,
                       "no zombies below %r" % self.argv)
        if not self.keeps_workers:
            return
        try:
            procs.wait_for(lambda: self.count_fds() == self.before, 5)
        except AssertionError:
            raise AssertionError(
                "not the same workers with as many descriptors as before, "
                "%r: %r" % (self.before, {
                    pid: procs.fds(pid) for pid in self.count_fds()}))

    def check_identity(self):
        """Every request that was accepted had exactly one outcome, or is
        seen to run.  What "running" says is only what is missing."""
        def at_rest():
            self.pools = [p for p in self.ctl_json("status")["pools"]
                          if p["mode"] == "cgi"]
            return all(p["requests"]["running"] ==
                       (0 if self.keeps_workers else seen(p))
                       for p in self.pools)

        def seen(p):
            return sum(len(w["running_requests"]) for w in p["processes"])

        procs.wait_for(at_rest, 5, "each request had its outcome")
        for p in self.pools:
            outcomes = dict(p["requests"])
            accepted = outcomes.pop("accepted")
            assert accepted == sum(outcomes.values()), p["requests"]
            assert p["miscounted"] == 0, p["requests"]

    def kill(self):
        """The last resort, so that one test's failure stays its own."""
        for p in procs.descendants(self.pid):
            try:
                os.kill(p.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def remove(self):
        shutil.rmtree(self.dir, ignore_errors=True)


FIRST_PORT, PORTS = 10000, 20000
ports = itertools.count(os.getpid() * 512)


def free_port():
    """Not one of those that the kernel gives away: until it is used, another
    process might get it.  Each run of the tests begins elsewhere."""
    for at in ports:
        with contextlib.suppress(OSError), socket.socket() as s:
            s.bind(("127.0.0.1", FIRST_PORT + at % PORTS))
            return s.getsockname()[1]
