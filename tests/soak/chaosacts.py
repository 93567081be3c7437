"""chaosacts.py - what may happen in chaos.py: each method do_NAME_N is one
thing, N times as likely as one with 1."""

import json
import os
import signal
import socket
import subprocess
import threading
import time

import load  # also finds tests/system
import configured
import procs
from chaosload import Client, Clients

ORDER_SECONDS = 40    # as long as a reload may try
EX_TEMPFAIL, EX_DATAERR, EX_CONFIG = 75, 65, 78

BASE = {
    "s": ["pm = static", "pm.max_children = 4",
          "pm.status_path = /status"],
    "d": ["pm = dynamic", "pm.max_children = 8", "pm.start_servers = 2",
          "pm.min_spare_servers = 1", "pm.max_spare_servers = 3"],
    "o": ["pm = ondemand", "pm.max_children = 6",
          "pm.process_idle_timeout = 1s"],
    "n": ["mode = fastcgi", "pm = static", "pm.max_children = 3",
          "pm.restart_delay = 20ms", "pm.restart_delay_max = 200ms"],
}
COMES_AND_GOES = ["pm = static", "pm.max_children = 2"]
# Another line for a pool, which replaces that of the same name.
CHANGES = {
    "s": ["pm.max_children = 3", "pm.max_children = 6",
          "pm.max_requests = 20", "pm.max_lifetime = 1s",
          "request_idle_timeout = 30s", "listen.backlog = 300"],
    "d": ["pm.max_children = 5", "pm.max_children = 12", "pm = static",
          "pm = ondemand", "keepalive_max = 64", "fastcgi.max_reqs = 2"],
    "o": ["pm.max_children = 3", "pm = dynamic", "listen.mode = 0600",
          "pm.max_lifetime = 500ms"],
    "n": ["pm.max_children = 2", "pm.max_children = 5",
          "pm.max_memory = 1", "pm = dynamic"],
}
BAD = ["pm = dynamite", "no_such_directive = 1", "pm.max_children = 0",
       'user = "nobody-has-this-name"', "listen = {",
       'listen = "/nowhere/at/all.sock"', "pm.max_children = many"]
SETS = {
    "s": ["request_terminate_timeout=30s", "pm.max_children=5"],
    "d": ["pm.max_spare_servers=4", "request_write_timeout=9s"],
    "o": ["pm.process_idle_timeout=700ms"],
    "n": ["pm.max_children=4"],
}
HOSTILE = [b"", b"\n", b"status", b"status\0\n", b"%ZZ %\n", b"x" * 20000,
           b"\xff" * 64 + b"\n", b"scale s " + b"9" * 400 + b"\n",
           b"set s " + b"a=b " * 900 + b"\n", b"status\nstatus\n",
           b"kill -1\n", b"kill 1\n", b"refuse n\n", b"saved s\n"]


def changed(lines, line):
    """LINES with LINE in the place of the one of its name."""
    name = line.split("=")[0]
    return [x for x in lines if x.split("=")[0] != name] + [line]


def signal_to(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


class Acts:
    """Of a Chaos."""

    # --- orders ---

    def order(self, *args, codes=(0,), waits=False):
        """Give an order, which has to be answered with one of CODES, or that
        there are too many clients just then."""
        codes += (EX_TEMPFAIL,)
        if waits:
            return self._order(args, codes)
        t = threading.Thread(target=self._order, args=(args, codes),
                             daemon=True)
        t.start()
        self.orders = [o for o in self.orders if o.is_alive()] + [t]
        return None

    def _order(self, args, codes):
        began = time.monotonic()
        try:
            done = self.conf.pool.try_ctl(*args, seconds=ORDER_SECONDS)
        except subprocess.TimeoutExpired:
            self.fail("%r was not answered" % (args,))
            return None
        text = (done.stdout + done.stderr).strip()
        if done.returncode not in codes or not text:
            self.fail("%r: %d: %s (asked %.3f s before)" % (
                args, done.returncode, text, time.monotonic() - began))
        return done

    def finish_orders(self):
        for t in self.orders:
            t.join(ORDER_SECONDS)
        self.orders = []

    def until_done(self, *args):
        """For what has to be done and may have to wait."""
        end = time.monotonic() + ORDER_SECONDS
        while time.monotonic() < end:
            done = self.order(*args, codes=(0, EX_TEMPFAIL), waits=True)
            if done is not None and done.returncode == 0:
                return
            time.sleep(0.05)
        self.fail("%r was never possible" % (args,))

    def pick(self):
        return self.random.choice(sorted(self.lines))

    # --- what may happen; the number is how often ---

    def do_reload_5(self):
        name = self.pick()
        self.lines[name] = changed(
            BASE[name], self.random.choice(CHANGES[name]))
        self.more = ["more.sock"] if self.random.random() < 0.3 else []
        self.conf.write(self.text())
        if self.random.random() < 0.4:
            self.conf.pool.send(signal.SIGHUP)
        else:
            self.order("reload")

    def do_reload_bad_3(self):
        """Nobody else reloads meanwhile: that would read it, too."""
        self.finish_orders()
        self.conf.write(self.text(bad=self.random.choice(BAD)))
        self.order("reload", codes=(EX_CONFIG, 71, 73), waits=True)
        self.conf.write(self.text())

    def do_reloads_at_once_1(self):
        for _ in range(5):
            self.conf.pool.send(signal.SIGHUP)
            time.sleep(self.random.choice((0, 0.001, 0.005)))

    def do_pool_comes_or_goes_3(self):
        self.finish_orders()
        if not self.extra:
            self.extra = True
            self.conf.write(self.text())
            self.until_done("reload")
            self.clients["x"] = Clients(self, "x")
            return
        clients = self.clients.pop("x")
        clients.leave()
        self.gone += clients.clients
        late = threading.Thread(target=self.late_request)
        late.start()
        try:
            procs.wait_for(lambda: self.conf.pool.status("x")[
                "requests"]["running"] > 0, 5)
        except (AssertionError, KeyError):
            pass  # it was killed meanwhile, or is over
        self.extra = False
        self.conf.write(self.text())
        self.until_done("reload")
        late.join()

    def late_request(self):
        """It runs while its pool goes."""
        c = Client(self, "x", self.conf.sock("x"), False, 1)
        began = time.monotonic()
        try:
            c.request(0.6)
        except Exception as e:
            c.losses.append((began, time.monotonic(),
                             "in a pool that went: %r" % e))
        self.gone.append(c)

    def verdicts(self):
        return sum(map(self.conf.count, (
            configured.TOOK_OVER, configured.UPGRADE_REFUSED)))

    def upgrade(self):
        self.told = self.verdicts()
        self.conf.pool.send(signal.SIGUSR2)

    def do_upgrade_3(self):
        self.install(self.build.program("cgi-fpm"))
        self.upgrade()

    def do_upgrade_bad_2(self):
        self.upgrade_verdict(self.random.choice((
            "exit 1", "exit 0", "kill -SEGV $$", "exec /bin/false",
            "echo cgi-fpm-upgrade 1 2 3; exit 3", None)))

    def upgrade_verdict(self, text):
        """One that is refused; what stands there is only put back when it
        was looked at."""
        self.settle_upgrade()
        had = self.conf.count(configured.UPGRADE_REFUSED)
        if text is None:
            os.unlink(self.copy)
        else:
            self.script(text)
        self.upgrade()
        try:
            procs.wait_for(
                lambda: self.conf.count(configured.UPGRADE_REFUSED) > had, 15)
        except AssertionError:
            self.fail("a bad upgrade (%s) had no verdict" % text)
        self.install(self.build.program("cgi-fpm"))

    def settle_upgrade(self):
        """None is under way, or waits for a reload: another is answered at
        once, and what it finds is not taken for what the last one tried."""
        end = time.monotonic() + 15
        pool = self.conf.pool
        while time.monotonic() < end:
            if self.told is not None and self.verdicts() <= self.told:
                time.sleep(0.02)
                continue
            probes = [p for p in procs.children(pool.pid)
                      if self.is_probe(p.pid)]
            if not probes and pool.process.poll() is None:
                time.sleep(0.1)
                return
            time.sleep(0.02)

    @staticmethod
    def is_probe(pid):
        try:
            with open("/proc/%d/cmdline" % pid, "rb") as f:
                return b"--upgrade-probe" in f.read()
        except (FileNotFoundError, ProcessLookupError):
            return False

    def do_scale_3(self):
        self.order("scale", self.pick(), str(self.random.randint(2, 10)))

    def do_set_3(self):
        name = self.pick()
        self.order("set", name, self.random.choice(SETS[name]),
                   codes=(0, EX_TEMPFAIL))

    def do_set_bad_1(self):
        self.order("set", self.pick(), self.random.choice((
            "pm=dynamite", "no.such=1", "pm.max_children=-3")),
            codes=(EX_CONFIG, EX_TEMPFAIL))

    def do_restart_3(self):
        self.order("restart", self.pick(), codes=(0, EX_TEMPFAIL))

    def do_drain_2(self):
        name = self.pick()
        self.order("drain", name, waits=True)
        time.sleep(self.random.uniform(0, 0.3))
        self.order("resume", name, codes=(0, EX_TEMPFAIL), waits=True)

    def do_refuse_1(self):
        name = self.random.choice([n for n in sorted(self.lines)
                                   if n != "n"])
        began = time.monotonic()
        self.order("drain", "--refuse", name, codes=(0, EX_TEMPFAIL),
                   waits=True)
        time.sleep(self.random.uniform(0, 0.2))
        self.until_done("resume", name)
        self.refusing.append((began, time.monotonic(), name))

    def do_drain_all_1(self):
        self.conf.pool.send(signal.SIGWINCH)
        time.sleep(self.random.uniform(0, 0.2))
        for name in sorted(self.lines) + (["x"] if self.extra else []):
            self.until_done("resume", name)

    def do_reopen_2(self):
        for name in self.lines:
            path = os.path.join(self.conf.dir, name + ".access")
            if os.path.exists(path):
                os.rename(path, path + ".1")
        if self.random.random() < 0.5:
            self.conf.pool.send(signal.SIGUSR1)
        else:
            self.order("reopen-logs")

    def do_nudge_2(self):
        self.conf.pool.send(self.random.choice(
            (signal.SIGTTIN, signal.SIGTTOU)))

    def do_look_3(self):
        self.order(*self.random.choice((
            ("status",), ("--json", "status"), ("ping",), ("--json",
             "requests"), ("status", "s"))))

    def do_status_page_2(self):
        try:
            answer = load.fcgi.request(self.conf.sock("s"), {
                "REQUEST_METHOD": "GET", "SCRIPT_NAME": "/status",
                "SCRIPT_FILENAME": "/status", "QUERY_STRING": "json"})
        except (OSError, load.fcgi.Closed, TimeoutError) as e:
            self.maybe_lost("s", "status: %r" % e)
            return
        if answer.eof:
            self.maybe_lost("s", "status: %r" % answer)
        elif answer.status != 503:
            json.loads(answer.body)

    def maybe_lost(self, name, text):
        c = Client(self, name, None, False, 1)
        c.losses.append((time.monotonic() - 10, time.monotonic(), text))
        self.gone.append(c)

    def workers(self):
        """(pid, pool) of who serves now."""
        done = self.order("--json", "status", waits=True)
        if done is None or done.returncode != 0:
            return []
        return [(w["pid"], p["pool"]) for p in json.loads(done.stdout)["pools"]
                for w in p["processes"]]

    def victims(self, n):
        found = self.workers()
        self.random.shuffle(found)
        return found[:n]

    def kill(self, pid, name):
        began = time.monotonic()
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.kills.append((began, time.monotonic(), name))

    def do_kill_3(self):
        for pid, name in self.victims(1):
            self.kill(pid, name)

    def do_kill_many_1(self):
        for pid, name in self.victims(5):
            self.kill(pid, name)
            time.sleep(self.random.choice((0, 0.001)))

    def do_kill_by_order_1(self):
        for pid, name in self.victims(1):
            began = time.monotonic()
            self.order("kill", str(pid), codes=(0, EX_DATAERR), waits=True)
            self.kills.append((began, time.monotonic(), name))

    def do_stop_workers_3(self):
        found = [pid for pid, _ in self.victims(self.random.randint(1, 4))]
        for pid in found:
            signal_to(pid, signal.SIGSTOP)
        time.sleep(self.random.uniform(0.01, 0.4))
        for pid in found:
            signal_to(pid, signal.SIGCONT)

    def do_stop_the_master_1(self):
        self.conf.pool.send(signal.SIGSTOP)
        time.sleep(self.random.uniform(0.01, 0.3))
        self.conf.pool.send(signal.SIGCONT)

    def do_misbehave_3(self):
        socks = []
        for _ in range(self.random.choice((1, 3, 20))):
            s = socket.socket(socket.AF_UNIX)
            s.settimeout(0.2)
            try:
                s.connect(self.conf.pool.control)
                s.send(self.random.choice(HOSTILE))
                if self.random.random() < 0.5:
                    s.recv(200)
            except OSError:
                pass
            socks.append(s)
        if self.random.random() < 0.5:
            self.order("ping")
        for s in socks:
            s.close()
