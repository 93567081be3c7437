"""rows.py - what the tests of the protocol's rows share.

Each row is a way in which FastCGI servers have failed; its number is in the
name of its tests, and tests/conform/ asks the same of any server.
"""

import time

import pytest

import asker
import fcgi
import procs

# A second client must be served within this while others misbehave; the
# machine may be busy with other things.
HONEST_SECONDS = 2.0


class Target:
    """A pool of one worker, and requests for the programs of its root."""

    def __init__(self, pool, run_files):
        self.pool = pool
        self.address = pool.address
        self.files = run_files
        self.pids = pool.workers()

    def params(self, name="hello.cgi", query="", body=b"", **more):
        """As a web server would send them."""
        return asker.params(self.files, name, str(query), body, **more)

    def pairs(self, *args, **more):
        return fcgi.encode_pairs(self.params(*args, **more))

    def bytes(self, name="hello.cgi", query="", body=b"", id=1, keep=False,
              **more):
        """A whole request, as sent."""
        return fcgi.request_bytes(self.params(name, query, body, **more),
                                  body, keep=keep, id=id)

    def ask(self, name="hello.cgi", query="", body=b"", **more):
        return fcgi.request(self.address,
                            self.params(name, query, body, **more), body)

    def connect(self, seconds=5):  # below the time for a head
        return fcgi.Conn(self.address, seconds)

    def serves(self, conn, id=1, **how):
        """An ordinary request on CONN is answered, which stays open."""
        answer = conn.request(self.params(), keep=True, id=id, **how)
        assert answer.body == b"hello\n" and answer.complete, answer

    def honest(self):
        """Another client gets its answer, from the same workers."""
        begun = time.monotonic()
        answer = self.ask()
        assert answer.body == b"hello\n" and answer.complete, answer
        assert procs.within(HONEST_SECONDS, begun)
        assert self.pool.workers() == self.pids, self.pool.log()

    def closes(self, data, conn=None):
        """DATA costs its connection, and nothing comes for it."""
        with conn or self.connect() as c:
            c.send_raw(data)
            c.wait_closed()

    def idle(self):
        """No program runs any more."""
        procs.wait_for(lambda: not self.pool.programs(), 5,
                       "no program left: %r" % self.pool.programs())

    def memory(self):
        """Of the worker, in KiB, to the page; its status may be wrong by as
        much as is looked for."""
        with open("/proc/%d/smaps_rollup" % self.pids[0]) as f:
            for line in f:
                if line.startswith("Rss:"):
                    return int(line.split()[1])
        raise AssertionError("no Rss")


@pytest.fixture
def make_target(root_pool, run_files):
    """make_target(args...): a pool of one worker with these options."""
    return lambda *args, **kw: Target(root_pool(*args, **kw), run_files)


@pytest.fixture
def target(make_target):
    return make_target()
