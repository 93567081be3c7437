"""Every system call of a worker fails now and then, with strace's help: no
hang, no leak, no wrong answer (K11, K12, C27)."""

import os
import shutil
import subprocess
import time

import pytest

import procs
from asker import together

pytestmark = [
    pytest.mark.plain_only,
    pytest.mark.seconds(180),
    pytest.mark.skipif(not shutil.which("strace"), reason="needs strace"),
    pytest.mark.skipif(os.getuid() != 0, reason="needs root to trace")]

ERRORS = ["EINTR", "EAGAIN", "EMFILE", "ENOMEM", "EPIPE"]

# close() always closes, so that a failure of it cannot be played truly.
CALLS = """accept4 clone epoll_wait faccessat2 fcntl fstat,newfstatat
getsockopt kill openat2 pipe2 poll read recvfrom recvmsg sendmsg sendto
shutdown wait4 waitid write""".split()
SPOOL_CALLS = "openat pwrite64 pread64 ftruncate".split()
# What a program's process does before it is the program; -f finds it.
CHILD_CALLS = "setpgid dup2 chdir prlimit64 prctl rt_sigprocmask execve".split()

# A program that closed its stdin: what it does not get is its own doing.
MEANT = [("write", "EPIPE")]

BODY = bytes(range(256)) * 700
HONEST_ERRORS = (408, 500, 502, 503, 504, 403, 404)


class Faults:
    """While it is entered, CALL of the worker fails each third time."""

    def __init__(self, pool, call, error, children=False):
        self.argv = ["strace", "-o", "/dev/null", "-e", "trace=" + call, "-e",
                     "inject=%s:error=%s:when=1+3" % (call, error), "-p",
                     str(pool.workers()[0])] + ["-f"] * children

    def __enter__(self):
        self.tracer = subprocess.Popen(self.argv, stderr=subprocess.PIPE)
        assert b"attached" in self.tracer.stderr.readline()

    def __exit__(self, *_):
        self.tracer.terminate()
        self.tracer.communicate(timeout=10)


def fair(answer, body):
    """Right, honestly wrong, or visibly cut."""
    if answer.eof or not answer.ended:
        return
    if answer.status in HONEST_ERRORS:
        return
    assert answer.complete, answer
    assert answer.body == body, answer


def once(a, name, query="", body=b"", expected=b"", keep=True, abort=False):
    """A request whose connection may end instead."""
    try:
        with a.conn(6) as c:
            for _ in range(2 if keep else 1):
                a.send(c, name, query, body, keep=keep)
                if abort:
                    c.abort()
                answer = c.finish()
                if not abort:
                    fair(answer, expected)
                time.sleep(0.012)  # it is parked now
    except (BrokenPipeError, ConnectionResetError):
        pass


def ordinary(a):
    once(a, "hello.cgi", expected=b"hello\n")
    once(a, "echo.cgi", body=BODY, expected=BODY)
    once(a, "hello.cgi", expected=b"hello\n", keep=False)
    once(a, "noread.cgi", body=BODY, expected=b"not read\n", keep=False)
    once(a, "stderr.cgi", expected=b"complained\n")
    once(a, "sleep.cgi", 5, abort=True)


def spooling(a):
    """A body in the way of another request."""
    try:
        with a.conn(6) as c:
            c.begin(1, keep=True)
            c.params(a.params("lazy.cgi", CONTENT_LENGTH=str(len(BODY))),
                     id=1)
            a.send(c, "sleep.cgi", 0.05, id=2)
            c.stdin(BODY, id=1)
            fair(c.finish(2), b"slept\n")
            fair(c.finish(1), BODY)
    except (BrokenPipeError, ConnectionResetError):
        pass


def play(a, call, error, work, children):
    with Faults(a.pool, call, error, children):
        begun = time.monotonic()
        work(a)
        assert procs.within(8, begun), "it hung"
    for _ in range(2):
        a.probe(2)
    a.all_idle(5)


def play_all(a, calls, error, work, children):
    before = a.pool.workers()
    for call in calls:
        if (call, error) in MEANT:
            continue
        try:
            play(a, call, error, work, children)
            assert a.pool.workers() == before
        except Exception as e:
            raise AssertionError("%s: %s: %r; log: %s" % (
                call, error, e, a.pool.log()[-1000:])) from e


def play_errors(asker, calls, work, children=False):
    """Each error with a pool of its own, all at the same time."""
    pools = [asker("-o", "request_kill_timeout=300ms") for _ in ERRORS]
    for a in pools:
        a.sha = a.get("sha256.cgi").body
    together(*[lambda a=a, e=e: play_all(a, calls, e, work, children)
               for a, e in zip(pools, ERRORS)])


def test_K11_any_call_of_the_worker_may_fail(asker):
    play_errors(asker, CALLS, ordinary)


def test_C27_any_call_that_sets_a_body_aside_may_fail(asker):
    play_errors(asker, SPOOL_CALLS, spooling)


def test_C27_any_call_between_fork_and_exec_may_fail(asker):
    def work(a):
        once(a, "hello.cgi", expected=b"hello\n")
        once(a, "sha256.cgi", expected=a.sha)

    play_errors(asker, CHILD_CALLS, work, children=True)
