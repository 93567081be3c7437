"""statuspage.py - what the tests of the status page share."""

import json
import os
import subprocess
import time

import asker
import fcgi
import procs

WITHIN = 0.05  # an answer while all workers are busy
HOSTILE = b"/a</script>\n\x1b[31m\xff\"'&]]>%s"


def prompt(seconds):
    """Was it at once, on a machine as busy as this one?"""
    return seconds <= WITHIN * procs.crowd()


def comes_promptly(job, times=5):
    """Of some attempts one: the machine may stand still for a moment, what
    waits for a worker waits in each."""
    return any(prompt(quickest(job, times)) for _ in range(4))


def params(query="", path="/status", **more):
    found = {"REQUEST_METHOD": "GET", "SCRIPT_NAME": path,
             "QUERY_STRING": query, "REQUEST_URI": path + "?" + query}
    found.update(more)
    return {k: v for k, v in found.items() if v is not None}


class StatusPool(asker.Asker):
    """A pool with pm.status_path and ping.path, and its status worker."""

    def page(self, query="", address=None, **more):
        answer = fcgi.request(address or self.pool.address,
                              params(query, **more), seconds=5)
        assert answer.complete and answer.app_status == 0
        return answer

    def json(self, query="json", **more):
        return json.loads(self.page(query, **more).body)

    def ping(self, **more):
        return self.page(path="/ping", **more)

    def fill(self, n, seconds=30):
        """N requests that keep workers busy; what closes them."""
        conns = [self.conn() for _ in range(n)]
        for c in conns:
            self.send(c, "sleep.cgi", seconds, keep=True)
        procs.wait_for(lambda: len(self.pool.programs()) >= n, 5,
                       "%d programs run" % n)
        return Busy(self, conns)

    def aide(self):
        """The pid of the status worker: the one that is on no list."""
        listed = {p["pid"] for p in self.json("json&full")["processes"]}
        aides = [w for w in self.pool.workers() if w not in listed]
        assert len(aides) == 1, (aides, listed)
        return aides[0]


class Busy:
    def __init__(self, pool, conns):
        self.pool, self.conns = pool, conns

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for c in self.conns:
            c.close()
        self.pool.all_idle(10)


def quickest(job, times=5):
    """The middle one of some times that JOB takes, in seconds."""
    took = []
    for _ in range(times):
        begun = time.monotonic()
        job()
        took.append(time.monotonic() - begun)
    return sorted(took)[len(took) // 2]


def run(command, text):
    """A checker that reads stdin; what it has to say."""
    done = subprocess.run(command, input=text, capture_output=True,
                          timeout=30)
    return done.returncode, (done.stdout + done.stderr).decode()


PHP_FPM = "/usr/sbin/php-fpm8.2"
PHP_CONF = """
[global]
error_log = %(dir)s/log
daemonize = no
[www]
listen = %(dir)s/php.sock
pm = static
pm.max_children = 2
pm.status_path = /status
ping.path = /ping
"""


class PhpFpm:
    """The real one, to compare with."""

    def __init__(self, folder):
        self.address = os.path.join(folder, "php.sock")
        conf = os.path.join(folder, "php.conf")
        with open(conf, "w") as f:
            f.write(PHP_CONF % {"dir": folder})
            if os.getuid() == 0:
                f.write("user = www-data\ngroup = www-data\n")
        self.process = subprocess.Popen(
            [PHP_FPM, "-n", "-F", "-y", conf], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        procs.wait_for(lambda: procs.listens(self.address), 10,
                       "php-fpm listens")

    def page(self, query, build):
        """(head, body); it leaves stdout open, which fcgi.py minds."""
        given = params(query, SCRIPT_FILENAME="/status")
        done = subprocess.run(
            [build.program("cgi-fpmctl"), "get", "-i", self.address]
            + ["%s=%s" % pair for pair in given.items()],
            capture_output=True, timeout=30, check=True)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        return head.decode(), body

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
