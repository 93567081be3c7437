"""Failure modes of listening and accepting, K11 to K19."""

import os
import resource
import signal
import socket
import struct
import subprocess
import time

import pytest

import fcgi
import pool as pools
import procs
from configured import ask, pool_text


BOTH = pytest.mark.parametrize("listen", ["unix", "tcp"])


def refused(build_tree, *args):
    """cgi-fpm ARGS must not start: (exit code, what it said)."""
    done = subprocess.run([build_tree.program("cgi-fpm"), "-n", *args],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=10,
                          env=build_tree.environ())
    return done.returncode, done.stdout.decode()


def switches(pids):
    """Voluntary context switches of all PIDS."""
    total = 0
    for pid in pids:
        with open("/proc/%d/status" % pid) as f:
            total += int(f.read().split("\nvoluntary_ctxt_switches:")[1]
                         .split()[0])
    return total


# --- K11, K12: accept ---

def test_K11_a_flood_of_resets_kills_no_worker(asker):
    a = asker(workers=2, listen="tcp")
    for _ in range(600):
        s = socket.socket()
        s.connect(a.pool.address)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     struct.pack("ii", 1, 0))
        s.close()
    a.probe(5)  # behind them all


def test_K12_without_descriptors_it_neither_spins_nor_dies(asker):
    a = asker()
    worker = a.pool.workers()[0]
    old = resource.prlimit(worker, resource.RLIMIT_NOFILE)
    used = procs.fds(worker)
    lowest = next(n for n in range(1000) if n not in used)
    resource.prlimit(worker, resource.RLIMIT_NOFILE, (lowest, old[1]))
    waiting = [a.conn() for _ in range(10)]
    try:
        procs.wait_for(lambda: "accept: " in a.pool.log(), 5, "it tried")
        used = procs.cpu_seconds(worker)
        time.sleep(0.6)
        assert procs.cpu_seconds(worker) - used <= 0.05
        assert a.pool.log().count("accept: ") == 1
        resource.prlimit(worker, resource.RLIMIT_NOFILE, old)
        for c in waiting:
            assert a.ask(c, "hello.cgi", keep=False).complete
    finally:
        for c in waiting:
            c.close()


def test_K12_a_worker_with_few_descriptors_answers_503(asker):
    a = asker()
    worker = a.pool.workers()[0]
    old = resource.prlimit(worker, resource.RLIMIT_NOFILE)
    for more in range(1, 9):
        limit = (len(procs.fds(worker)) + more, old[1])
        resource.prlimit(worker, resource.RLIMIT_NOFILE, limit)
        answer = a.get("hello.cgi")
        if answer.status == 503:
            assert answer.protocol_status == fcgi.OVERLOADED
            assert "retry-after" in answer.headers
        else:
            assert answer.body == b"hello\n"
    resource.prlimit(worker, resource.RLIMIT_NOFILE, old)
    assert answer.body == b"hello\n", "eight are enough"
    a.probe(1)


# --- K13 to K15: many ---

@BOTH
def test_K13_a_crowd_at_the_door_is_served_whole(asker, listen):
    a = asker(workers=2, listen=listen)
    crowd = [a.conn(30) for _ in range(400)]
    try:
        for c in crowd:
            a.send(c, "noread.cgi", keep=False)
        for c in crowd:
            assert c.finish().body == b"not read\n"
    finally:
        for c in crowd:
            c.close()


def test_K14_one_connection_wakes_one_worker(asker):
    def cost(workers):
        a = asker(workers=workers)
        a.get("hello.cgi")
        pids = a.pool.workers()
        before = switches(pids)
        for _ in range(100):
            assert a.get("hello.cgi").complete
        return (switches(pids) - before) / 100

    one, many = cost(1), cost(24)
    assert many <= one + 4, (one, many)  # a herd would be 24


@BOTH
def test_K15_stopped_workers_delay_nobody(asker, listen):
    a = asker(workers=4, listen=listen)
    stopped = a.pool.workers()[:3]
    kept = a.conn()
    assert a.ask(kept, "hello.cgi").complete
    procs.wait_for(lambda: a.pool.status()["connections"]["kept"] == 1, 5,
                   "it is parked, nobody is busy")
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        procs.wait_for(lambda: all(procs.state(p) == "T" for p in stopped))
        a.probes(30, 0.5)
        for _ in range(10):
            assert a.ask(kept, "hello.cgi").complete
            time.sleep(0.01)
    finally:
        kept.close()
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)


# --- K16 to K18: starting ---

def test_K16_a_stale_socket_is_replaced(start, run_files):
    p = start("-F", "1", "--root", run_files.root).wait_ready(1)
    workers = p.workers()
    for pid in [p.pid] + workers:  # nobody can clean up
        os.kill(pid, signal.SIGKILL)
    p.process.wait()
    procs.wait_for(lambda: not any(procs.alive(w) for w in workers), 5,
                   "they are gone")
    p.expect_exit = -signal.SIGKILL
    assert os.path.exists(p.address)
    again = start("-F", "1", "-s", p.address, "--root", run_files.root,
                  listen=None)
    again.address = p.address
    again.wait_ready(1)
    assert fcgi.request(p.address, {"SCRIPT_FILENAME": run_files.program(
        "hello.cgi")}).complete


def test_K16_a_live_socket_is_left_alone(build_tree, asker, run_files):
    a = asker()
    inode = os.stat(a.pool.address).st_ino
    code, text = refused(build_tree, "-s", a.pool.address, "--root",
                         run_files.root)
    assert code not in (0, -11) and a.pool.address in text
    assert "in use by process %d" % a.pool.pid in text
    assert os.stat(a.pool.address).st_ino == inode
    a.probe(1)


def test_K16_its_own_socket_is_told_from_others(conf, run_files):
    conf.run(pool_text("a", "pm = static", "pm.max_children = 1"))
    why = conf.refuse(
        pool_text("a", "pm = static", "pm.max_children = 1")
        + pool_text("b", 'listen = "@DIR@/./a.sock"'))
    assert "in use by this cgi-fpm already" in why
    assert ask(conf.sock(), run_files).status == 200


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_K16_what_is_no_socket_is_left_alone(build_tree, run_files, tmp_path,
                                             kind):
    path, target = tmp_path / "s", tmp_path / "precious"
    target.write_text("precious")
    if kind == "file":
        path.write_text("precious")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(target)
    code, text = refused(build_tree, "-s", str(path), "--root",
                         run_files.root)
    assert code > 0 and str(path) in text
    assert path.is_dir() if kind == "folder" else (
        path.read_text() == "precious")


@pytest.mark.parametrize("length,fits", [(107, True), (108, False),
                                         (4096, False)])
def test_K17_a_path_that_is_too_long_is_refused(build_tree, start, run_files,
                                                length, fits):
    path = run_files.dir + "/"
    path += "s" * (length - len(path))
    if fits:
        p = start("-F", "1", "-s", path, "--root", run_files.root,
                  listen=None)
        p.address = path
        p.wait_ready(1)
        return
    code, text = refused(build_tree, "-s", path, "--root", run_files.root)
    assert code > 0 and "\n" not in text.strip()
    assert not [n for n in os.listdir(run_files.dir) if n.startswith("sss")]


def test_K18_it_restarts_at_once_on_the_same_port(start, run_files):
    address = ("127.0.0.1", pools.free_port())
    for _ in range(4):
        p = start("-F", "1", "-a", address[0], "-p", str(address[1]),
                  "--root", run_files.root, listen=None)
        p.address = address
        p.wait_ready(1)
        for _ in range(5):  # closed by us first: TIME_WAIT is ours
            assert fcgi.request(address, {"SCRIPT_FILENAME":
                                run_files.program("hello.cgi")}).complete
        p.check_running()
        assert p.stop() == 0


def lost(pool):
    return pool.status()["listen_lost"]


@pytest.mark.parametrize("instead", [None, "socket"])
def test_K19_a_socket_that_is_lost_is_told_everywhere(
        start, run_files, instead):
    pool = start("-F", "1", "-o", "pm.status_path=/status", "-o",
                 "listen=@DIR@/other", "-o", "listen.mode=0666", "--root",
                 run_files.root).wait_ready(2)
    pool.keeps_workers = False
    other = os.path.join(pool.dir, "other")
    assert pool.status()["listen"] == [pool.address, other]
    assert lost(pool) == [] and "LOST" not in pool.ctl("status")
    os.unlink(other)
    taken = socket.socket(socket.AF_UNIX) if instead else None
    if taken:
        taken.bind(other)
        taken.listen(1)
    assert lost(pool) == [other]
    (line,) = [x for x in pool.ctl("status").split("\n") if "LOST" in x]
    assert other in line
    done = pool.try_ctl("check")
    assert done.returncode == 1
    assert "BAD  %s: %s: somebody has removed" % (
        pool.status()["pool"], other) in done.stdout
    asked = {"SCRIPT_NAME": "/status", "QUERY_STRING": "prometheus"}
    procs.wait_for(
        lambda: b'cgifpm_listeners_lost{pool="root"} 1\n' in fcgi.request(
            pool.address, dict(asked)).body.replace(
                pool.status()["pool"].encode(), b"root"), 5, "the metric")
    for query, words in (("", b"lost listeners:       1\n"),
                         ("xml", b"<lost-listeners>1</lost-listeners>"),
                         ("json", other.encode())):
        asked["QUERY_STRING"] = query
        assert words in fcgi.request(pool.address, asked).body
    assert pool.log().count("was removed or replaced") == 1
    if taken:
        taken.close()
        os.unlink(other)
    pool.ctl("reload")
    assert lost(pool) == [] and os.path.exists(other)
    assert fcgi.request(other, asked).complete
    pool.ctl("check")


def test_K19_a_socket_somebody_else_made_as_well(start, run_files):
    path = os.path.join(run_files.dir, "inherited-%d" % os.getpid())
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(path)
        s.listen(8)
        os.chmod(path, 0o666)
        pool = start("-F", "1", "--root", run_files.root, listen=None,
                     stdin=s)
        pool.address = path
        pool.wait_ready(1)
        assert lost(pool) == []
        os.unlink(path)
        assert lost(pool) == [path]


@pytest.mark.parametrize("instead", [None, "file"])
def test_K19_a_reload_brings_a_removed_socket_back(asker, instead):
    a = asker()
    a.pool.keeps_workers = False
    kept = a.conn()
    assert a.ask(kept, "hello.cgi").complete
    os.unlink(a.pool.address)
    if instead:  # which is not ours to remove
        open(a.pool.address, "w").close()
        a.pool.send(signal.SIGHUP)
        procs.wait_for(lambda: "is not a socket" in a.pool.log(), 3)
        os.unlink(a.pool.address)
    a.pool.send(signal.SIGHUP)

    def reachable():
        """Its name is there a moment before it listens."""
        try:
            a.pool.connect().close()
            return True
        except (FileNotFoundError, ConnectionRefusedError):
            return False

    procs.wait_for(reachable, 3, "it is back")
    a.probe(2)
    with kept:
        assert a.ask(kept, "hello.cgi").complete
