"""System calls of the master fail, with strace's help, and its memory runs
out; make soak-faults does the same at random and for longer (K12, R09, H04).
"""

import os
import shutil
import sys

import pytest

import files

sys.path.insert(0, os.path.join(files.TOP, "tests", "soak"))

import faults  # noqa: E402
import faultstart  # noqa: E402

pytestmark = [
    pytest.mark.plain_only,
    pytest.mark.seconds(400),
    pytest.mark.skipif(not shutil.which("strace"), reason="needs strace"),
    pytest.mark.skipif(os.getuid() != 0, reason="needs root to trace")]

SERVING = [
    ("status", "accept4", "EPERM", "all"),
    ("status", "epoll_pwait", "EIO", "all"),
    ("death", "epoll_ctl", "ENOSPC", "all"),
    ("kept", "recvmsg", "ENOMEM", "third"),
    ("reload", "openat", "EMFILE", "third"),
    ("pools", "fcntl", "EMFILE", "third"),
    ("upgrade", "memfd_create", "EMFILE", "first"),
]
STARTS = [
    ("recvfrom", "EAGAIN", 1, True),
    ("sendto", "ENOBUFS", 1, True),
    ("poll", "ENOMEM", 1, True),
    ("clone", "EAGAIN", 1, True),
    ("memfd_create", "EMFILE", 1, False),
    ("socket", "EMFILE", 2, False),
    ("listen", "EADDRINUSE", 2, False),
    ("rename", "ENOSPC", 1, False),
    ("epoll_ctl", "ENOMEM", 2, False),
    ("socketpair", "EMFILE", 2, False),
]
# Allocations that succeed before; in between is all that libconfuse does.
SHORTAGES = [("reload", 40), ("reload", 700), ("set", 3), ("set", 900),
             ("death", 0)]


@pytest.fixture
def serving(build_tree, run_files, no_orphans, zoo):
    """serving(environment): a master to be brought into trouble."""
    made = []

    def make(env=None):
        made.append(faults.Faults(build_tree, run_files, zoo, env=env))
        return made[-1]

    yield make
    for f in made:
        f.end()


def test_R09_a_master_survives_what_its_system_calls_say(serving):
    f = serving()
    for what in SERVING:
        try:
            f.play(*what)
        except Exception as e:
            raise AssertionError("%r: %r; log: %s" % (
                what, e, f.pool.log()[-1500:])) from e


def test_H04_a_master_without_memory_changes_nothing(serving, run_files):
    env, state = faults.alloc_shim(run_files)
    f = serving(env)
    for what, after in SHORTAGES:
        try:
            f.during(what, lambda n=after: faults.Shortage(
                state, f.pool.pid, n))
        except Exception as e:
            raise AssertionError("%r after %d: %r; log: %s" % (
                what, after, e, f.pool.log()[-1500:])) from e


def test_R09_a_start_serves_or_says_why_not(build_tree, run_files, no_orphans,
                                            zoo):
    s = faultstart.Starts(build_tree, run_files, zoo)
    for what in STARTS:
        try:
            assert s.play(*what), "there is no such call"
        except Exception as e:
            raise AssertionError("%r: %r; log: %s" % (
                what, e, s.log()[-1500:])) from e
    s.end()
