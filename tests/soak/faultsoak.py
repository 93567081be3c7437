"""faultsoak.py - faults of all kinds, in an order that a seed decides: system
calls of a master that serves, of one that starts, and memory."""

import random
import time
import traceback

import faults
import faultstart
import native

MEMORY = ("reload", "set", "save", "scale", "restart", "pools", "status",
          "death", "drain")
# How many allocations such a thing takes, at most and about.
ALLOCATIONS = 2500


class Soak:
    def __init__(self, build, run_files, seed, verbose=False):
        self.build = build
        self.files = run_files
        self.random = random.Random(seed)
        self.verbose = verbose
        self.zoo = native.compile_c(run_files.dir, "zoo")
        self.env, self.state = faults.alloc_shim(run_files)
        self.master = {}     # those that serve, by their environment
        self.starts = faultstart.Starts(build, run_files, self.zoo)
        self.calls = []
        self.played = 0
        self.failures = []

    def serving(self, short):
        if short not in self.master:
            self.master[short] = faults.Faults(
                self.build, self.files, self.zoo,
                env=self.env if short else None)
        return self.master[short]

    # --- one of a kind; a description first, then what is done ---

    def call(self):
        if not self.calls:
            self.calls = faults.everything()
            self.random.shuffle(self.calls)
        what = self.calls.pop()
        yield " ".join(what)
        self.serving(False).play(*what)

    def memory(self):
        what = self.random.choice(MEMORY)
        after = int(ALLOCATIONS * self.random.random() ** 2)
        yield "%s without memory after %d allocations" % (what, after)
        f = self.serving(True)
        f.during(what, lambda: faults.Shortage(
            self.state, f.pool.pid, after))

    def start(self):
        call = self.random.choice(sorted(faultstart.calls()))
        error = self.random.choice(faultstart.calls()[call].split())
        n = self.random.randrange(1, 12)
        daemon = call not in faults.LOADER and self.random.random() < 0.5
        yield "start%s: %s %s of call %d" % (
            " of a daemon" * daemon, call, error, n)
        self.starts.play(call, error, n, daemon)

    # --- all of them ---

    def one(self):
        kind = self.random.choices(
            (self.call, self.memory, self.start), (8, 2, 3))[0]()
        what = next(kind)
        if self.verbose:
            print("  " + what, flush=True)
        try:
            next(kind, None)
        except Exception as e:
            self.fail(what, e)
        self.played += 1

    def fail(self, what, e):
        places = ["%s:%d" % (f.name, f.lineno)
                  for f in traceback.extract_tb(e.__traceback__)]
        self.failures.append("%s: %r (%s)" % (
            what, e, " < ".join(reversed(places))))
        self.drop()

    def drop(self):
        for f in self.master.values():
            f.drop()
        self.master = {}

    def run(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.one()
        for f in self.master.values():
            try:
                f.end()
            except Exception as e:
                self.failures.append("at the end: %r" % e)
        self.starts.end()
