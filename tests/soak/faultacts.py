"""faultacts.py - what a master does while its system calls fail: each method
do_NAME is one thing of faults.py.  It may fail, and say so; what it returns is
asked afterwards whether that is true."""

import os
import re
import signal
import time

import load  # noqa: F401  it finds tests/system
import configured
import fcgi
import procs

GONE = (AssertionError, OSError, fcgi.ProtocolError)
ORDER_SECONDS = 45    # more than a reload may take
LOST = re.compile(r"without an answer|reset by peer|Broken pipe")


class Acts:
    """Of a Faults."""

    # --- orders ---

    def order(self, *args):
        """True, or False with a line that says why; None: it could not be
        answered."""
        done = self.pool.try_ctl(*args, seconds=ORDER_SECONDS)
        if done.returncode == 0:
            return True
        said = done.stderr.strip().splitlines()
        assert len(said) == 1, (args, done)
        return None if LOST.search(said[0]) else False

    def do_status(self):
        self.order("status")
        self.order("--json", "status", "a")
        self.order("ping")

    def do_top(self):
        self.order("--json", "top", "-n", "2", "-d", "100ms")

    def do_scale(self):
        self.order("scale", "a", "4")
        self.ask("a")
        self.order("scale", "n", "3")
        self.order("scale", "a", "2")

    def do_set(self):
        """What was refused has changed nothing."""
        done = self.order("set", "a", "request_idle_timeout=31s")
        self.order("set", "n", "pm.max_children=3")

        def right():
            assert done in (None, bool(self.changes("a"))), (
                done, self.changes("a"))
        return right

    def do_save(self):
        """The file is as it was, or has the line."""
        with open(self.conf.path) as f:
            before = f.read()
        self.order("set", "a", "request_idle_timeout=32s", "--save")
        with open(self.conf.path) as f:
            after = f.read()
        assert after == before or after.replace(
            "    request_idle_timeout = 32s\n", "") == before, after
        left = [n for n in os.listdir(self.conf.dir)
                if n.startswith("cgi-fpm.conf.")]
        assert not left, left

    def do_drain(self):
        self.order("drain", "a")
        self.order("resume", "a")
        self.order("drain", "--refuse", "a")
        self.order("resume", "a")

    def do_restart(self):
        self.order("restart", "a")
        self.order("restart", "n")

    def do_reopen(self):
        os.rename(self.access, self.access + ".1")
        self.order("reopen-logs")
        self.pool.send(signal.SIGUSR1)

    # --- reloads ---

    def do_reload(self):
        """Said to whoever asks, in the log and by what is in effect."""
        self.write(self.text("request_idle_timeout = 33s"))
        done = self.order("reload")

        def right():
            assert (done is None or self.status("a")["generation"]
                    == self.generation + done), done
        return right

    def do_pools(self):
        """One comes, another one goes; one moves to another socket."""
        self.write(self.text() + self.more("b"))
        self.order("reload")
        self.write(self.text() + self.more("c", 'access.log = "%s"' %
                                           os.path.join(self.conf.dir, "c")))
        self.order("reload")

    def do_global(self):
        """Another log, another pid file."""
        self.write(self.globals("2") + self.text(head=False))
        self.order("reload")

    def do_hangup(self):
        self.write(self.text("pm.max_children = 3"))
        self.pool.send(signal.SIGHUP)

    # --- workers and connections ---

    def do_death(self):
        for name in "an":
            for pid in self.pids[name]:
                procs.kill(pid)
        time.sleep(0.05)
        self.answers("a")
        self.answers("n")

    def do_kept(self):
        """Kept, silent for long enough to be parked, and asked again."""
        for address in self.addresses["a"]:
            try:
                with fcgi.Conn(address, 6) as c:
                    for _ in range(3):
                        self.exchange(c)
                        time.sleep(0.02)
            except GONE:
                pass

    def do_silent(self):
        """Connected, and silent for long enough to be parked."""
        try:
            with fcgi.Conn(self.addresses["a"][1], 6) as c:
                time.sleep(0.05)
                self.exchange(c)
        except GONE:
            pass

    def do_demand(self):
        """The first request of a pool on demand."""
        self.answers("o")

    # --- upgrades ---

    def do_upgrade(self):
        """It takes over, or says why not."""
        verdicts = configured.TOOK_OVER, configured.REFUSED

        def told():
            log = self.pool.log()[had:]
            return any(verdict in log for verdict in verdicts)

        had = len(self.pool.log())
        self.pool.send(signal.SIGUSR2)
        procs.wait_for(told, 15, "one of %r" % (verdicts,))
