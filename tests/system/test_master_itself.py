"""test_master_itself.py - the master's own limits and nice value, and what it
does when workers crash one after the other."""

import os
import signal
import subprocess
import time

import pytest

import fcgi
import native
import procs
from configured import pool_text

ROOT_ONLY = pytest.mark.skipif(os.getuid() != 0, reason="needs root")
CRASHES = "emergency_restart_threshold = 3\nemergency_restart_interval = %s\n"
REACHED = "failed processes threshold (3 in "


def limit(pid, name):
    """Soft and hard, as /proc has them."""
    with open("/proc/%d/limits" % pid) as f:
        line = [x for x in f if x.startswith("Max " + name)][0]
    return tuple(line[26:].split()[:2])


def limits(pids, name):
    """Those of all that are still there."""
    found = []
    for pid in pids:
        try:
            found.append(limit(pid, name))
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


def nice(pid):
    return os.getpriority(os.PRIO_PROCESS, pid)


def get(conf, name="a", program="hello.cgi"):
    return fcgi.request(conf.sock(name), {
        "SCRIPT_FILENAME": conf.files.program(program)})


# --- rlimit_files, rlimit_core, process.priority ---

@ROOT_ONLY
def test_workers_inherit_from_the_master_and_pools_override(conf):
    text = ("rlimit_files = 700\nrlimit_core = 64K\nprocess.priority = 3\n" +
            pool_text("a", "pm = static", "pm.max_children = 1") +
            pool_text("b", "pm = static", "pm.max_children = 1",
                      "process.priority = 7", "rlimit_files = 99"))
    pool = conf.run(text)
    assert limit(pool.pid, "open files")[0] == "700"
    assert limit(pool.pid, "core file size")[0] == "65536"
    assert nice(pool.pid) == 3
    workers = pool.workers()
    assert sorted(nice(p) for p in workers) == [3, 7]
    assert {limit(p, "open files") for p in workers} == {("700", "700")}
    assert {limit(p, "core file size") for p in workers} == {
        ("65536", "65536")}
    with fcgi.Conn(conf.sock("b")) as c:
        c.send_request({"SCRIPT_FILENAME": conf.files.program("sleep.cgi"),
                        "QUERY_STRING": "1.5"})
        procs.wait_for(lambda: limits(
            [p.pid for p in pool.programs()], "open files") == [("99", "99")],
                       5, "the program has its own")
        assert c.finish().body == b"slept\n"


@ROOT_ONLY
def test_a_reload_changes_them_and_takes_them_back(conf):
    plain = pool_text("a", "pm = static", "pm.max_children = 1")
    pool = conf.run(plain)
    before = (limit(pool.pid, "open files"), nice(pool.pid),
              limit(pool.workers()[0], "open files"))
    conf.reload("rlimit_files = 900\nprocess.priority = 2\n" + plain)
    assert limit(pool.pid, "open files")[0] == "900"
    assert nice(pool.pid) == 2
    procs.wait_for(lambda: limits(pool.workers(), "open files") ==
                   [("900", "900")], 5, "the new worker has it")
    pool.ctl("set", "a", "global.process.priority=5")
    assert nice(pool.pid) == 5
    conf.reload(plain)
    assert before[:2] == (limit(pool.pid, "open files"), nice(pool.pid))
    procs.wait_for(lambda: limits(pool.workers(), "open files") ==
                   [before[2]], 5, "and the worker its own again")


@ROOT_ONLY
def test_a_refused_reload_leaves_them(conf):
    plain = "process.priority = 2\n" + pool_text("a")
    pool = conf.run(plain)
    said = conf.refuse("process.priority = 4\nerror_log = /nowhere/x\n" +
                       pool_text("a"))
    assert "/nowhere/x" in said
    assert nice(pool.pid) == 2


@ROOT_ONLY
def test_an_upgrade_begins_with_what_there_was(conf):
    plain = pool_text("a", "pm = static", "pm.max_children = 1")
    before = limit(os.getpid(), "core file size"), nice(os.getpid())
    pool = conf.run("rlimit_files = 900\nrlimit_core = 64K\n"
                    "process.priority = 2\n" + plain)
    old = pool.workers()
    pool.send(signal.SIGUSR2)
    procs.wait_for(lambda: pool.workers() and
                   not set(old) & set(pool.workers()), 10, "a new worker")
    assert nice(pool.pid) == 2
    assert limit(pool.pid, "open files")[0] == "900"
    procs.wait_for(lambda: limits(pool.workers(), "core file size") ==
                   [("65536", "65536")], 5, "so has the worker")
    conf.reload(plain)
    assert (limit(pool.pid, "core file size"), nice(pool.pid)) == before


@ROOT_ONLY
def test_who_may_not_says_so(start, run_files, build_tree):
    done = subprocess.run(
        [build_tree.program("cgi-fpm"), "-n", "-s", run_files.dir + "/never",
         "-o", "global.process.priority=-5", "--root", run_files.root],
        capture_output=True, text=True, check=False, user=65534, group=65534,
        extra_groups=[], env=build_tree.environ())
    assert done.returncode == 77
    assert "process.priority: Permission denied; only root can" in done.stderr


def test_of_the_command_line(start, run_files):
    pool = start("-o", "global.rlimit_files=800", "-o", "rlimit_files=90",
                 "-F", "1", "--root", run_files.root)
    pool.wait_ready(1)
    assert limit(pool.pid, "open files")[0] == "800"
    assert limit(pool.workers()[0], "open files") == ("800", "800")


# --- emergency_restart_threshold, emergency_restart_interval ---

@pytest.fixture
def zoo(run_files):
    return native.compile_c(run_files.dir, "zoo")


def two_pools(zoo, most=2):
    text = ""
    for name in ("a", "b"):
        text += ('pool "%s" {\n    mode = fastcgi\n    command = "%s"\n'
                 '    listen = "@DIR@/%s.sock"\n    listen.mode = 0666\n'
                 '    pm.max_children = %d\n}\n' % (name, zoo, name, most))
    return text


def settled(conf):
    """All have served, so that none of them dies young."""
    for name in ("a", "b"):
        for _ in range(8):
            assert fcgi.request(conf.sock(name), {"QUERY_STRING": ""}).complete
    time.sleep(1.1)


def crash(pool, times, pause=0.0):
    """Of those that have settled, not what replaces them."""
    for pid in pool.workers()[:times]:
        os.kill(pid, signal.SIGSEGV)
        procs.wait_for(lambda p=pid: p not in pool.workers() and
                       len(pool.workers()) == 4, 5, "replaced")
        time.sleep(pause)


def test_crashes_one_after_the_other_replace_all_workers(conf, zoo):
    pool = conf.run(CRASHES % "20s" + two_pools(zoo))
    settled(conf)
    crash(pool, 2)
    left = set(pool.workers())
    assert REACHED not in pool.log()
    os.kill(pool.workers()[0], signal.SIGSEGV)
    procs.wait_for(lambda: not left & set(pool.workers()) and
                   len(pool.workers()) == 4, 15, "all replaced")
    assert pool.log().count(REACHED + "20 sec) is reached") == 1
    procs.wait_for(lambda: pool.log().count("new workers serve") == 2, 5,
                   "both pools have said so")
    for name in ("a", "b"):
        assert fcgi.request(conf.sock(name), {"QUERY_STRING": ""}).complete


def test_crashes_far_apart_and_other_deaths_do_not(conf, zoo):
    pool = conf.run(CRASHES % "1s" + two_pools(zoo))
    settled(conf)
    crash(pool, 4, pause=0.6)
    for _ in range(4):
        pid = procs.wait_for(pool.workers, 5, "a worker")[0]
        os.kill(pid, signal.SIGKILL)
        procs.wait_for(lambda p=pid: p not in pool.workers(), 5, "gone")
    assert REACHED not in pool.log()


def test_it_can_be_set_on_a_living_master(conf, zoo):
    pool = conf.run(two_pools(zoo))
    settled(conf)
    crash(pool, 3)
    assert REACHED not in pool.log()
    pool.ctl("set", "a", "emergency_restart_threshold=3",
             "emergency_restart_interval=20s")
    settled(conf)
    crash(pool, 3)
    procs.wait_for(lambda: REACHED in pool.log(), 5, "reached")
    procs.wait_for(lambda: pool.log().count("new workers serve") == 2, 15,
                   "all are replaced")


@pytest.mark.parametrize("text", [
    "emergency_restart_threshold = 3\n", "emergency_restart_interval = 1m\n"])
def test_one_without_the_other_is_refused(conf, text):
    conf.run(pool_text("a"))
    assert "set both or neither" in conf.refuse(text + pool_text("a"))
