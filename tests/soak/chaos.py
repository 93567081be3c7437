"""chaos.py - a master with several pools under everything at once.

Steady load that checks each answer, and meanwhile, in an order that a seed
decides: reloads, good and bad, pools that come and go, upgrades, orders,
signals, workers that are stopped or killed, control clients that misbehave.

    chaos = Chaos(build, files, seed)
    chaos.run(seconds)
    chaos.failures      what must not be; empty

What may be lost is what a worker did that was killed on purpose: one request
of that pool for each kill, at that moment.
"""

import os
import random
import shutil
import threading
import time

import load  # noqa: F401  it finds tests/system
import chaosacts
import configured
import native
import pool as pools
import procs
from chaosacts import BASE, COMES_AND_GOES, changed
from chaosload import Clients, Loss

MEMORY_KIB = 512
SHOWN = 10
LATE = 1.0            # what refused may answer once more before it goes


class Chaos(chaosacts.Acts):
    def __init__(self, build, run_files, seed, verbose=False):
        self.build = build
        self.files = run_files
        self.seed = seed
        self.verbose = verbose
        self.random = random.Random(seed)
        self.conf = configured.Configured(self.start, run_files)
        self.ports = {name: pools.free_port() for name in "sdox"}
        self.zoo = native.compile_c(run_files.dir, "zoo")
        self.copy = os.path.join(self.conf.dir, "cgi-fpm")  # of the program
        self.program = run_files.program("wait.cgi")
        self.over = threading.Event()
        self.left = threading.Event()
        self.extra = False
        self.lines = {name: list(lines) for name, lines in BASE.items()}
        self.more = []       # listeners that nobody uses
        self.clients = {}
        self.gone = []       # clients of pools that went
        self.lock = threading.Lock()
        self.kills = []      # (from, to, pool)
        self.refusing = []   # (from, to, pool)
        self.orders = []     # threads
        self.events = []     # (when, what)
        self.failures = []
        self.counts = {}
        self.told = None     # how many verdicts there were before the order
        self.began = time.monotonic()

    def start(self, *args, **kw):
        return pools.Pool(self.build, args, self.files, program=self.copy, **kw)

    def fail(self, what):
        with self.lock:
            self.failures.append("%.3f s: %s" % (
                time.monotonic() - self.began, what))

    def say(self, what):
        when = time.monotonic() - self.began
        with self.lock:
            self.events.append((when, what))
        if self.verbose:
            print("  %8.3f %s" % (when, what), flush=True)

    # --- settings ---

    def addresses(self, name):
        found = [self.conf.sock(name)]
        if name in self.ports:
            found.append(("127.0.0.1", self.ports[name]))
        return found

    def section(self, name, lines):
        listen = ['"@DIR@/%s.sock"' % name]
        if name in self.ports:
            listen.append('"127.0.0.1:%d"' % self.ports[name])
        if name == "s":
            listen += ['"@DIR@/%s"' % more for more in self.more]
        runs = (['command = {"%s"}' % self.zoo] if name == "n" else
                ['cgi.root = "@ROOT@"',
                 'access.log = "@DIR@/%s.access"' % name])
        return 'pool "%s" {\n    %s\n}\n' % (name, "\n    ".join(
            runs + ["listen = {%s}" % ", ".join(listen)] + lines))

    def text(self, bad=None):
        lines = dict(self.lines)
        if self.extra:
            lines["x"] = COMES_AND_GOES
        if bad is not None:
            name = self.random.choice(sorted(lines))
            lines[name] = changed(lines[name], bad)
        return "process_control_timeout = 10s\n" + "".join(
            self.section(name, lines[name]) for name in sorted(lines))

    def install(self, source):
        """As package managers do: the running file is not written to."""
        shutil.copy(source, self.copy + ".new")
        os.rename(self.copy + ".new", self.copy)

    def script(self, text):
        with open(self.copy + ".new", "w") as f:
            f.write("#!/bin/sh\n" + text + "\n")
        os.chmod(self.copy + ".new", 0o755)
        os.rename(self.copy + ".new", self.copy)

    # --- the whole ---

    def actions(self):
        found = []
        for name in sorted(dir(self)):
            if name.startswith("do_"):
                found += [name] * int(name.rsplit("_", 1)[1])
        return found

    def run(self, seconds):
        self.install(self.build.program("cgi-fpm"))
        pool = self.conf.run(self.text(), name="s")
        self.wait_population()
        procs.wait_for(lambda: procs.state(pool.pid) == "S", 5,
                       "whoever asked has been forgotten")
        self.fds = self.own_fds()
        for name in self.lines:
            self.clients[name] = Clients(self, name)
        actions = self.actions()
        self.began = time.monotonic()
        while time.monotonic() - self.began < seconds:
            if pool.process.poll() is not None:
                self.fail("the master ended: %d" % pool.process.returncode)
                break
            action = self.random.choice(actions)
            self.counts[action] = self.counts.get(action, 0) + 1
            self.say(action)
            getattr(self, action)()
            time.sleep(self.random.choice((0, 0.01, 0.05, 0.2)))
        self.finish_orders()
        self.over.set()
        for clients in self.clients.values():
            clients.leave()
        if pool.process.poll() is None:
            self.calm_down(pool)
        self.judge()

    def everybody(self):
        return [c for clients in self.clients.values()
                for c in clients.clients] + self.gone

    @property
    def answered(self):
        return sum(c.answered for c in self.everybody())

    @property
    def slowest(self):
        return max(c.slowest for c in self.everybody())

    # --- what must hold afterwards ---

    def calm_down(self, pool):
        self.settle_upgrade()
        self.lines = {name: list(lines) for name, lines in BASE.items()}
        self.extra, self.more = False, []
        self.conf.write(self.text())
        for name in self.lines:
            self.until_done("resume", name)
        self.until_done("reload")
        self.check(self.wait_population, "the population")
        self.check(pool.check_identity, "identity")
        self.check(self.check_fds, "descriptors")
        self.check(lambda: procs.wait_for(
            lambda: not pool.zombies(), 5, "no zombies"), "zombies")
        self.check(lambda: self.check_memory(pool), "memory")
        self.check(lambda: self.check_end(pool), "the end")

    def check(self, what, name):
        try:
            what()
        except Exception as e:
            self.fail("%s: %r" % (name, e))

    def population(self):
        return {p["pool"]: len(p["processes"])
                for p in self.conf.pool.ctl_json("status")["pools"]}

    def wait_population(self):
        """As many as are wanted when nothing happens."""
        def right():
            self.seen = self.population()
            return (self.seen.keys() == BASE.keys() and self.seen["s"] == 4
                    and 1 <= self.seen["d"] <= 3 and self.seen["o"] == 0
                    and self.seen["n"] == 3
                    # ... and the status worker, and nobody else.
                    and len(self.conf.pool.workers()) == sum(
                        self.seen.values()) + 1)
        try:
            procs.wait_for(right, 25)
        except AssertionError:
            raise AssertionError("%r, processes: %r" % (
                self.seen, procs.children(self.conf.pool.pid))) from None

    def own_fds(self):
        """The master's descriptors but for a channel to each worker."""
        return (len(procs.fds(self.conf.pool.pid))
                - len(self.conf.pool.workers()))

    def check_fds(self):
        try:
            procs.wait_for(lambda: self.own_fds() == self.fds, 10)
        except AssertionError:
            raise AssertionError("%d, not %d: %r" % (
                self.own_fds(), self.fds,
                procs.fds(self.conf.pool.pid))) from None

    def check_memory(self, pool):
        """No reload leaves anything behind; the first may make room."""
        for _ in range(5):
            self.until_done("reload")
        before = anonymous_kib(pool.pid)
        for _ in range(15):
            self.until_done("reload")
        after = anonymous_kib(pool.pid)
        if "sanitized" not in self.build.name:
            assert after - before <= MEMORY_KIB, (before, after)
        self.wait_population()

    def check_end(self, pool):
        below = procs.descendants(pool.pid)
        code = pool.stop()
        assert code == 0, "exit status %d" % code
        procs.wait_for(lambda: not [p for p in below if procs.alive(p.pid)],
                       3, "nobody left of %r" % below)
        left = [n for n in os.listdir(self.conf.dir) if n.endswith(".sock")]
        assert not left, left
        report = pools.REPORTS.search(pool.log())
        assert not report, report.group()

    def judge(self):
        """Each loss needs a kill of its own, or a refusal meanwhile."""
        losses = [Loss(c.pool, *loss) for c in self.everybody()
                  for loss in c.losses]
        self.lost = len(losses)
        left = [x for x in losses if not self.was_refused(x)]
        # Each kill for the one that could not have a later one.
        for since, until, name in sorted(self.kills):
            fits = [x for x in left if x.pool == name
                    and x.began - 0.1 <= until and since <= x.ended + 0.1]
            if fits:
                left.remove(min(fits, key=lambda x: x.ended))
        for x in left[:SHOWN]:
            self.failures.append("pool %s lost at %.3f..%.3f: %s%s" % (
                x.pool, x.began - self.began, x.ended - self.began, x.text,
                self.around(x.began - self.began, x.ended - self.began)))
        if len(left) > SHOWN:
            self.failures.append("and %d more" % (len(left) - SHOWN))

    def was_refused(self, loss):
        return "Refused" in loss.text and any(
            f <= loss.ended and loss.began <= t + LATE and name == loss.pool
            for f, t, name in self.refusing)

    def around(self, began, ended):
        """What was done at that time."""
        return "".join("\n      %8.3f %s" % (when, what)
                       for when, what in self.events
                       if began - 1 < when < ended)

    def remove(self):
        if self.conf.pool is not None:
            self.conf.pool.kill()
        self.conf.remove()


def anonymous_kib(pid):
    with open("/proc/%d/status" % pid) as f:
        for line in f:
            if line.startswith("RssAnon:"):
                return int(line.split()[1])
    raise AssertionError("no RssAnon")
