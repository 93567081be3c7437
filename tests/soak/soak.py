"""soak.py - the long forms of what the ordinary tests do briefly.

    soak.py reload   1,000 reloads
    soak.py upgrade  100 upgrades in place
    soak.py kill     6,000 workers killed, 100 each second
    soak.py recycle  100,000 requests, workers that retire after ten
    soak.py chaos    all of that and more at once, for CHAOS_SECONDS (60), in
                     an order that CHAOS_SEED decides
    soak.py faults   system calls and memory that fail, for FAULTS_SECONDS
                     (60), in an order that FAULTS_SEED decides; needs strace
                     and root

All of it under load, over unix and TCP sockets, with connections that are
kept and that are not.  What it prints is what it measured; it ends with 1
when anything was lost but what killed workers had in their hands, as the
master has counted it.
SOAK_N is another number of reloads, upgrades, kills or requests.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import chaos
import load  # also finds tests/system
import build
import configured
import faultsoak
import files
import pool as pools
import procs

WAITS = (0, 0, 0, 0.001, 0.005, 0.02, 0.1, 0.5)


class Soak:
    def __init__(self):
        self.files = files.Files()
        self.build = build.builds(files.TOP)[0]
        self.conf = configured.Configured(self.start, self.files)
        self.port = pools.free_port()
        self.failures = []

    def start(self, *args, **kw):
        return pools.Pool(self.build, args, self.files, **kw)

    def text(self, *lines):
        return configured.pool_text(
            "a", 'listen = {"@DIR@/a.sock", "127.0.0.1:%d"}' % self.port,
            *lines)

    def load(self, **kw):
        kw.setdefault("waits", WAITS)
        return load.Load(self.files.program("wait.cgi"),
                         [self.conf.sock(), ("127.0.0.1", self.port)],
                         **kw).start()

    def expect(self, what, right):
        if not right:
            self.failures.append(what)

    def end(self, clients, began, allowed=0):
        """The figures, and the verdict."""
        pool = self.conf.pool
        seconds = time.monotonic() - began
        left = pool.zombies()
        code = pool.stop()
        print("  requests answered  %8d  (%.0f a second)" % (
            clients.answered, clients.answered / seconds))
        print("  requests lost      %8d" % len(clients.lost))
        print("  slowest answer     %8.0f ms beyond what it slept" % (
            clients.slowest * 1000))
        print("  zombies            %8d" % len(left))
        print("  exit status        %8d" % code)
        for line in clients.lost[allowed:][:10]:
            print("    " + line)
        self.expect("lost %d" % len(clients.lost),
                    len(clients.lost) <= allowed)
        self.expect("zombies", not left)
        self.expect("exit status", code == 0)

    def finish(self):
        if self.conf.pool is not None:
            self.conf.pool.kill()
        self.files.remove()
        for what in self.failures:
            print("FAILED: " + what)
        return 1 if self.failures else 0


def reload(soak, n):
    kinds = ("dynamic", "static", "ondemand")

    def text(i):
        return soak.text("pm = %s" % kinds[i % 3],
                         "pm.max_children = %d" % (8 + i % 7))

    pool = soak.conf.run(text(0))
    clients = soak.load(clients=5)
    began = time.monotonic()
    for i in range(n):
        soak.conf.write(text(i + 1))
        pool.send(signal.SIGHUP)
        procs.wait_for(lambda: soak.conf.count("reloaded:") > i, 30,
                       "a reload")
    took = time.monotonic() - began
    clients.stop()
    print("  reloads            %8d  (%.1f ms each)" % (n, took / n * 1000))
    soak.expect("refused", soak.conf.count("nothing was changed") == 0)
    soak.end(clients, began)


def upgrade(soak, n):
    pool = soak.conf.run(soak.text("pm = dynamic", "pm.max_children = 12"))
    clients = soak.load(clients=5)
    began = time.monotonic()
    for i in range(n):
        pool.send(signal.SIGUSR2)
        procs.wait_for(lambda: soak.conf.count("took over:") > i, 30,
                       "an upgrade")
    took = time.monotonic() - began
    clients.stop()
    print("  upgrades           %8d  (%.1f ms each)" % (n, took / n * 1000))
    soak.expect("refused", soak.conf.count("nothing was changed") == 0)
    soak.end(clients, began)


def workers(pool):
    """As Pool.workers(), without a look at all other processes."""
    with open("/proc/%d/task/%d/children" % (pool.pid, pool.pid)) as f:
        return [int(pid) for pid in f.read().split()]


def respawn_ms(pool, victim, size):
    """From a death to the next birth."""
    began = time.monotonic()
    while time.monotonic() - began < 1:
        pids = workers(pool)
        if victim not in pids and len(pids) >= size:
            break
        time.sleep(0.0002)
    return (time.monotonic() - began) * 1000


def counted(soak):
    """What the master says of requests."""
    out = subprocess.run(
        [soak.build.program("cgi-fpmctl"), "-S", soak.conf.pool.control,
         "--json", "status"], stdout=subprocess.PIPE, check=True)
    return json.loads(out.stdout)["pools"][0]["requests"]


def judge_kills(soak, requests, kills):
    """Each was counted, and had one outcome.  Of a worker that is killed
    just when it has sent an answer, or has begun a request, one may count
    that was not lost, or twice; that is rare."""
    outcomes = dict(requests)
    accepted = outcomes.pop("accepted")
    soak.expect("the identity: %r" % requests,
                accepted == sum(outcomes.values()))
    soak.expect("counted %d as lost by %d kills" % (
        outcomes["lost_worker"], kills),
        outcomes["lost_worker"] <= kills + 3 + kills // 50)


def kill(soak, n):
    size = 8
    pool = soak.conf.run(soak.text("pm = static",
                                   "pm.max_children = %d" % size))
    clients = soak.load(clients=1, waits=(0, 0, 0.005))
    began = time.monotonic()
    times = []
    done = 0
    while done < n:
        pids = workers(pool)
        due = began + done / 100
        if not pids or time.monotonic() < due:
            time.sleep(0.001)
            continue
        victim = random.choice(pids)
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            continue
        done += 1
        if done % 20 == 0:
            times.append(respawn_ms(pool, victim, size))
    took = time.monotonic() - began
    time.sleep(0.5)
    clients.stop()
    times.sort()
    print("  workers killed     %8d  (%.0f a second)" % (done, done / took))
    print("  replaced after     %8.1f ms (median), %.1f ms (p99)" % (
        times[len(times) // 2], times[len(times) * 99 // 100]))
    print("  lines of log       %8d" % len(pool.log().splitlines()))
    procs.wait_for(lambda: len(pool.workers()) == size, 5, "all workers")
    requests = counted(soak)
    lost = requests["lost_worker"]
    print("  counted as lost    %8d" % lost)
    judge_kills(soak, requests, done)
    soak.end(clients, began, allowed=lost)


def recycle(soak, n):
    soak.conf.run(soak.text("pm = static", "pm.max_children = 6",
                            "pm.max_requests = 10",
                            "pm.max_requests_jitter = 5"))
    began = time.monotonic()
    clients = soak.load(clients=2, waits=(0,), requests=n).join()
    soak.end(clients, began)


def run_chaos():
    """Everything at once; each order is printed as it is given."""
    seconds = float(os.environ.get("CHAOS_SECONDS") or 60)
    seed = int(os.environ.get("CHAOS_SEED") or random.randrange(10 ** 6))
    run_files = files.Files()
    print("soak-chaos: %g seconds, SEED=%d" % (seconds, seed), flush=True)
    c = chaos.Chaos(build.builds(files.TOP)[0], run_files, seed,
                    verbose=bool(os.environ.get("CHAOS_VERBOSE")))
    try:
        c.run(seconds)
        print("  things that happened %6d" % sum(c.counts.values()))
        print("  requests answered  %8d" % c.answered)
        print("  workers killed     %8d" % len(c.kills))
        print("  requests lost      %8d" % c.lost)
        print("  slowest answer     %8.0f ms beyond what it slept" % (
            c.slowest * 1000))
    except BaseException as e:
        c.fail(repr(e))
    for what in c.failures:
        print("FAILED: " + what)
    if c.failures and os.environ.get("CHAOS_LOG"):
        shutil.copy(c.conf.pool.log_path, os.environ["CHAOS_LOG"])
    c.remove()
    run_files.remove()
    return 1 if c.failures else 0


def run_faults():
    """One system call after the other fails, or memory."""
    seconds = float(os.environ.get("FAULTS_SECONDS") or 60)
    seed = int(os.environ.get("FAULTS_SEED") or random.randrange(10 ** 6))
    run_files = files.Files()
    print("soak-faults: %g seconds, SEED=%d" % (seconds, seed), flush=True)
    s = faultsoak.Soak(build.builds(files.TOP)[0], run_files, seed,
                       verbose=bool(os.environ.get("FAULTS_VERBOSE")))
    s.run(seconds)
    print("  faults             %8d" % s.played)
    for what in s.failures:
        print("FAILED: " + what)
    run_files.remove()
    return 1 if s.failures else 0


FORMS = {"reload": (reload, 1000), "upgrade": (upgrade, 100),
         "kill": (kill, 6000), "recycle": (recycle, 100000)}


def main(argv):
    procs.become_subreaper()
    if argv[1:] == ["chaos"]:
        return run_chaos()
    if argv[1:] == ["faults"]:
        return run_faults()
    if len(argv) != 2 or argv[1] not in FORMS:
        sys.stderr.write(__doc__)
        return 64
    form, n = FORMS[argv[1]]
    n = int(os.environ.get("SOAK_N", n))
    soak = Soak()
    print("soak-%s:" % argv[1])
    try:
        form(soak, n)
    except BaseException as e:
        soak.expect(repr(e), False)
    return soak.finish()


if __name__ == "__main__":
    sys.exit(main(sys.argv))
