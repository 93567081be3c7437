"""asker.py - what the tests of failure modes and limits share."""

import contextlib
import os
import statistics
import threading
import time

import fcgi
import procs


def params(run_files, name, query="", body=b"", **more):
    """What a web server sends for a program of the root."""
    found = {
        "GATEWAY_INTERFACE": "CGI/1.1",
        "REQUEST_METHOD": "POST" if body else "GET",
        "SCRIPT_FILENAME": os.path.join(run_files.root, name),
        "SCRIPT_NAME": "/cgi-bin/" + name,
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(body)) if body else "",
    }
    found.update(more)
    return found


@contextlib.contextmanager
def sleepers(address, run_files, n, seconds):
    """N requests at once, each on a connection of its own."""
    with contextlib.ExitStack() as stack:
        conns = [stack.enter_context(fcgi.Conn(address)) for _ in range(n)]
        for c in conns:
            c.send_request({
                "SCRIPT_FILENAME": run_files.program("sleep.cgi"),
                "QUERY_STRING": str(seconds)})
        yield conns
        for c in conns:
            assert c.finish().body == b"slept\n"


@contextlib.contextmanager
def held(address, run_files, n=1):
    """N requests that do not end before this is left, however long it takes:
    their programs wait for a body."""
    with contextlib.ExitStack() as stack:
        conns = [stack.enter_context(fcgi.Conn(address)) for _ in range(n)]
        for c in conns:
            c.begin()
            c.params(params(run_files, "echo.cgi", body=b"held"))
        yield conns
        for c in conns:
            c.stdin(b"held")
        for c in conns:
            assert c.finish().body == b"held"


class Asker:
    """One pool of one root, and requests to it."""

    def __init__(self, pool, run_files):
        self.pool = pool
        self.files = run_files

    def params(self, name, query="", body=b"", **more):
        return params(self.files, name, str(query), body, **more)

    def get(self, name, query="", body=b"", seconds=fcgi.SECONDS, **more):
        """A request on a connection of its own, closed by the server."""
        return fcgi.request(self.pool.address,
                            self.params(name, query, body, **more), body,
                            seconds=seconds)

    def conn(self, seconds=fcgi.SECONDS):
        return fcgi.Conn(self.pool.address, seconds)

    def ask(self, conn, name, query="", body=b"", id=1, keep=True, **more):
        """A whole request on CONN."""
        return conn.request(self.params(name, query, body, **more), body,
                            keep=keep, id=id)

    def send(self, conn, name, query="", body=b"", id=1, keep=True, **more):
        conn.send_request(self.params(name, query, body, **more), body,
                          keep=keep, id=id)

    def probe(self, seconds):
        """An honest client is served within SECONDS."""
        begun = time.monotonic()
        answer = self.get("hello.cgi")
        assert answer.body == b"hello\n" and answer.complete
        assert procs.within(seconds, begun), time.monotonic() - begun

    def probes(self, count, seconds):
        """Honest clients one after the other are served, and the usual one
        within SECONDS; any of them may have had a busy neighbour."""
        took = []
        for _ in range(count):
            clock = Clock()
            self.probe(10 * seconds)
            took.append(clock.passed())
        assert statistics.median(took) < seconds * procs.crowd(), took

    def all_idle(self, seconds=3):
        """No program runs any more."""
        procs.wait_for(lambda: not self.pool.programs(), seconds,
                       "no program runs")


class Clock:
    def __init__(self):
        self.begun = time.monotonic()

    def passed(self):
        return time.monotonic() - self.begun

    def between(self, least, most):
        assert least <= self.passed() and procs.within(most, self.begun), (
            "%.3f s are not within %g..%g" % (self.passed(), least, most))


def together(*jobs):
    """Run all at the same time; their results, or the first error."""
    results, errors = [None] * len(jobs), []

    def run(i):
        try:
            results[i] = jobs[i]()
        except BaseException as e:
            errors.append(e)

    threads = [threading.Thread(target=run, args=(i,), daemon=True)
               for i in range(len(jobs))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if errors:
        raise errors[0]
    return results


def memory_peak(pid):
    """Kibibytes of memory a process ever had (VmHWM)."""
    with open("/proc/%d/status" % pid) as f:
        for line in f:
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    raise AssertionError("no VmHWM")
