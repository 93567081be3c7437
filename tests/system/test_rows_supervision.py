"""Rows M01 to M15: what becomes of workers, and of those they served."""

import os
import random
import resource
import signal
import subprocess
import time

import pytest

import fcgi
import load
import procs
from asker import held
from configured import ask, pool_text


def params(run_files, program="hello.cgi", query=""):
    return {"SCRIPT_FILENAME": run_files.program(program),
            "REQUEST_METHOD": "GET", "QUERY_STRING": str(query)}


def two_idle_workers(pool, wanted):
    """On demand they come with two requests at once."""
    with fcgi.Conn(pool.address) as a, fcgi.Conn(pool.address) as b:
        a.send_request(wanted)
        b.send_request(wanted)
        assert a.finish().status == 200 and b.finish().status == 200
    return pool.workers()


@pytest.mark.plain_only
def test_M01_who_was_woken_for_a_connection_may_die(start, run_files):
    """An idle worker is killed just when it may have been woken, on demand,
    where nobody takes its place; no next connection wakes the others."""
    pool = start("-o", "pm=ondemand", "-o", "pm.max_children=4",
                 "--root", run_files.root).wait_ready()
    pool.keeps_workers = False
    wanted = params(run_files, "sleep.cgi", "0.02")
    served = 0
    for _ in range(40):
        workers = two_idle_workers(pool, wanted)
        began = time.monotonic()
        with fcgi.Conn(pool.address) as c:
            for pid in workers[:-1]:
                procs.kill(pid)
            try:
                c.send_request(wanted)
                served += not c.finish(seconds=5).eof
            except (BrokenPipeError, ConnectionResetError, fcgi.Closed):
                pass
        assert procs.within(3, began)  # or until one is idle for 10 s
    assert served > 0


def test_M01_a_kill_costs_what_the_worker_ran_and_no_more(root_pool,
                                                          run_files):
    pool = root_pool(workers=8)
    pool.keeps_workers = False
    clients = load.Load(run_files.program("wait.cgi"), [pool.address],
                        clients=2, waits=(0, 0.01)).start()
    kills = 0
    end = time.monotonic() + 2.5
    while time.monotonic() < end:
        workers = pool.workers()
        if workers:
            procs.kill(random.choice(workers))
            kills += 1
        time.sleep(0.01)
    clients.stop()
    assert kills > 20

    def counted():
        return pool.status()["requests"]["lost_worker"]

    procs.wait_for(lambda: len(clients.lost) <= counted(), 5, clients.lost)
    assert counted() <= kills + 3
    assert clients.answered > 5
    procs.wait_for(lambda: len(pool.workers()) == 8, 5, "eight workers")


def lost_and_accepted(pool, worker):
    """What the master counts when WORKER is killed."""
    before = pool.status()["requests"]
    procs.kill(worker)
    procs.wait_for(lambda: pool.workers() and worker not in pool.workers(),
                   5, "another worker")
    after = pool.status()["requests"]
    assert after["running"] == 0
    return (after["lost_worker"] - before["lost_worker"],
            after["accepted"] - before["accepted"])


@pytest.mark.parametrize("keep", [False, True])
def test_M01_a_request_that_has_only_begun_to_come_counts(root_pool,
                                                          run_files, keep):
    """Its worker has no whole record of it yet."""
    pool = root_pool()
    pool.keeps_workers = False
    with fcgi.Conn(pool.address) as c:
        if keep:
            assert c.request(params(run_files)).complete
        c.send_raw(b"\1\1\0")
        (worker,) = pool.workers()
        procs.wait_for(lambda: not procs.unread(c.sock), 5, "they are read")
        assert lost_and_accepted(pool, worker) == (1, 1)
        assert c.read() is None, "it is closed"


def test_M01_who_rests_with_the_master_loses_nothing(root_pool, run_files):
    pool = root_pool()
    pool.keeps_workers = False
    with fcgi.Conn(pool.address) as kept, fcgi.Conn(pool.address) as silent:
        assert kept.request(params(run_files)).complete
        (worker,) = pool.workers()
        with_master = pool.before[pool.pid] + 2
        procs.wait_for(
            lambda: pool.status()["workers"]["idle"] == 1 and
            len(procs.fds(pool.pid)) == with_master, 5, "both are parked")
        assert lost_and_accepted(pool, worker) == (0, 0)
        assert kept.request(params(run_files), id=2).complete
        assert silent.request(params(run_files)).complete


FAST_EXIT = ('pool "n" {\nmode = fastcgi\nlisten = "@DIR@/n.sock"\n'
             'listen.mode = 0666\ncommand = {"@DIR@/native"}\n'
             'pm = static\npm.max_children = 4\n}\n')


def test_M02_M03_a_crash_loop_is_slow_and_alone(conf, run_files):
    native = os.path.join(conf.dir, "native")
    with open(native, "w") as f:
        f.write("#!/bin/sh\necho >> %s/starts\nexit 1\n" % conf.dir)
    os.chmod(native, 0o755)
    pool = conf.run(FAST_EXIT + pool_text("a"))
    began = time.monotonic()
    late = []
    while time.monotonic() - began < 3:
        one = time.monotonic()
        assert ask(conf.sock(), run_files).status == 200
        late.append(not procs.within(0.5, one))
        time.sleep(0.05)
    assert procs.few(late), late
    starts = os.path.getsize(conf.dir + "/starts")
    # The first four, then 0, 0.1, 0.2, ... seconds apart.
    assert 4 <= starts <= 14, pool.log()
    assert len(pool.log()) < 10000
    cpu = open("/proc/%d/stat" % pool.pid).read().split()
    assert (int(cpu[13]) + int(cpu[14])) / os.sysconf("SC_CLK_TCK") < 0.5


BAD = (
    (["-y", "/does/not/exist"], 66),
    (["-s", "@DIR@/s", "--", "/does/not/exist"], 78),
    (["-s", "/nowhere/at/all/s", "--", "/bin/true"], 71),
    (["-s", "@DIR@/s", "-u", "nobody-has-it", "--", "/bin/true"], 78),
    (["-s", "@DIR@/s", "-P", "/nowhere/at/all/p", "--", "/bin/true"], 73),
    (["-s", "@DIR@/s", "-o", "pm=sometimes", "--", "/bin/true"], 78),
    (["-s", "@DIR@/s"], 64),
)


def test_M04_what_cannot_start_says_so_at_once(build_tree, tmp_path):
    for daemon in (["-n"], []):
        for args, code in BAD:
            args = [a.replace("@DIR@", str(tmp_path)) for a in args]
            done = subprocess.run(
                [build_tree.program("cgi-fpm")] + daemon + args,
                stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                stdout=subprocess.PIPE, env=build_tree.environ(),
                timeout=10)
            assert done.returncode == code, (args, done)
            lines = done.stderr.decode().splitlines()
            assert [x for x in lines if x.startswith("cgi-fpm: ")], lines
            procs.wait_for(lambda: not os.path.exists(str(tmp_path / "s")),
                           2, "nothing is left")


@pytest.mark.parametrize("daemon", (["-n"], []))
def test_M04_workers_that_cannot_be_forked_refuse_the_start(
        build_tree, run_files, tmp_path, daemon):
    """Each has a descriptor in the master."""
    sock, pid = str(tmp_path / "s"), str(tmp_path / "pid")
    done = subprocess.run(
        [build_tree.program("cgi-fpm"), *daemon, "-s", sock, "-P", pid,
         "-o", "error_log=%s" % (tmp_path / "log"), "-F", "60",
         "--root", run_files.root],
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=30,
        env=build_tree.environ(), preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_NOFILE, (40, 40)))
    assert done.returncode == 71, done
    assert b"workers cannot start: Too many open files" in done.stderr
    procs.wait_for(lambda: not os.path.exists(pid) and
                   not os.path.exists(sock), 5, "both are gone")


@pytest.mark.plain_only
def test_M05_no_death_is_missed(root_pool):
    pool = root_pool(workers=4)
    pool.keeps_workers = False
    for _ in range(60):
        pids = pool.workers()
        for pid in random.sample(pids, random.randint(1, len(pids))):
            procs.kill(pid)
            time.sleep(random.choice((0, 0, 0.0001, 0.001)))
        procs.wait_for(lambda: len(pool.workers()) == 4, 1, "four workers")


@pytest.mark.parametrize("user", [None, "nobody"])
def test_M06_M07_a_killed_master_leaves_nobody(conf, run_files, user):
    pool = conf.run("process_control_timeout = 1s\n" + pool_text(
        "a", "pm = static", "pm.max_children = 3",
        *(["user = %s" % user] if user else [])))
    pool.expect_exit = -9
    below = pool.workers()
    with fcgi.Conn(conf.sock()) as c:
        c.send_request(params(run_files, "sleep.cgi", "60"))
        procs.wait_for(lambda: pool.programs(), 5, "the program")
        below += [p.pid for p in pool.programs()]
        os.kill(pool.pid, signal.SIGKILL)
        procs.wait_for(lambda: not any(map(procs.alive, below)), 3,
                       "all that was below")


def test_M06_under_load_a_new_master_starts_at_once(conf, start, run_files):
    text = ("process_control_timeout = 1s\n"
            + pool_text("a", "pm = static", "pm.max_children = 4")
            + pool_text("b", "pm = ondemand"))
    old = conf.run(text)
    old.expect_exit = -9
    clients = load.Load(run_files.program("wait.cgi"),
                        [conf.sock("a"), conf.sock("b")], clients=2,
                        waits=(0, 0.02)).start()
    with fcgi.Conn(conf.sock()) as c:
        c.send_request(params(run_files, "sleep.cgi", "60"))
        procs.wait_for(lambda: len(old.programs()) > 0, 5, "programs")
        time.sleep(0.3)
        below = [p.pid for p in procs.descendants(old.pid)]
        killed = time.monotonic()
        os.kill(old.pid, signal.SIGKILL)
        old.process.wait()
        new = start("-y", conf.path, listen=conf.sock())
        new.keeps_workers = False
        procs.wait_for(new.accepts, 3, "another one listens")
        procs.wait_for(lambda: not any(map(procs.alive, below)), 5,
                       "all that was below")
        assert procs.within(3, killed)
    before = clients.answered
    procs.wait_for(lambda: clients.answered > before + 10, 5, "answers")
    clients.stop()
    assert ask(conf.sock("b"), run_files).status == 200


def test_M06_a_new_master_waits_for_workers_that_are_late(conf, start,
                                                          run_files):
    """One that does not see for a while that its master was killed."""
    old = conf.run(pool_text("a", "pm = static", "pm.max_children = 2"))
    old.expect_exit = -9
    late = old.workers()[0]
    os.kill(late, signal.SIGSTOP)
    try:
        os.kill(old.pid, signal.SIGKILL)
        old.process.wait()
        new = start("-y", conf.path, listen=conf.sock())
        new.keeps_workers = False
        time.sleep(0.8)
        assert new.process.poll() is None, new.log()
    finally:
        os.kill(late, signal.SIGCONT)
    procs.wait_for(lambda: new.try_ctl("ping").returncode == 0, 5, "it is up")
    assert ask(conf.sock(), run_files).status == 200


def test_M08_a_stuck_worker_is_replaced_and_counted(conf, run_files):
    pool = conf.run(pool_text("a", "pm = static", "pm.max_children = 1",
                              "pm.hang_timeout = 1s"))
    stuck, = pool.workers()
    with fcgi.Conn(conf.sock()) as c:
        c.send_request(params(run_files, "sleep.cgi", "60"))
        procs.wait_for(lambda: pool.programs(), 5, "the program")
        began = time.monotonic()
        os.kill(stuck, signal.SIGSTOP)
        assert ask(conf.sock(), run_files).status == 200
        assert 0.2 < time.monotonic() - began
        assert procs.within(4, began)
        assert c.finish().eof
    procs.wait_for(lambda: not procs.alive(stuck), 3, "the end of it")
    procs.wait_for(lambda: "has not answered" in pool.log(), 5, "it is told")
    procs.wait_for(lambda: "1 requests lost" in pool.log(), 5, "it counts")


def test_M08_who_waits_for_stopped_idle_workers_is_served(conf, run_files):
    pool = conf.run(pool_text("a", "pm = static", "pm.max_children = 2",
                              "pm.hang_timeout = 1s"))
    kept = fcgi.Conn(conf.sock())
    assert kept.request(params(run_files, "hello.cgi"), keep=True).complete
    procs.wait_for(lambda: pool.status()["connections"]["kept"] == 1)
    procs.wait_for(lambda: pool.status()["workers"]["idle"] == 2)
    stuck = pool.workers()
    for pid in stuck:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(2.5)
    assert pool.workers() == stuck, "nobody waited for them"
    assert ask(conf.sock(), run_files).status == 200
    assert kept.request(params(run_files, "hello.cgi"), id=2).status == 200
    kept.close()
    pool.wait_gone(stuck)
    assert pool.status()["requests"]["lost_worker"] == 0


def test_M08_a_long_request_is_not_stuck(conf, run_files):
    pool = conf.run(pool_text("a", "pm = static", "pm.max_children = 1",
                              "pm.hang_timeout = 1s"))
    assert ask(conf.sock(), run_files, "sleep.cgi", "4").body == b"slept\n"
    assert "has not answered" not in pool.log()


def test_M10_requests_flow_while_the_master_does_not(root_pool, run_files):
    pool = root_pool(workers=4)
    served = []

    def ask_and_see():
        """Who was late to speak waits with the master; the next may not."""
        with fcgi.Conn(pool.address) as c:
            c.send_request(params(run_files))
            try:
                served.append(c.finish(seconds=1).complete)
            except TimeoutError:
                pass
        return served.count(True) > 3

    os.kill(pool.pid, signal.SIGSTOP)
    try:
        procs.wait_for(ask_and_see, 10, "four answers")
    finally:
        os.kill(pool.pid, signal.SIGCONT)
    assert all(served)


def test_M11_nobody_waits_for_a_log_that_nobody_reads(conf, run_files):
    """A full pipe, and lines by the thousand: deaths are still seen."""
    os.mkfifo(conf.dir + "/log")
    reader = os.open(conf.dir + "/log", os.O_RDONLY | os.O_NONBLOCK)
    try:
        pool = conf.run('error_log = "@DIR@/log"\nlog_level = debug\n'
                        + pool_text("a", "pm = static",
                                    "pm.max_children = 2"))
        for _ in range(700):
            pool.send(signal.SIGUSR1)
            pool.send(signal.SIGTTIN)
            pool.send(signal.SIGTTOU)
            time.sleep(0.001)
        for pid in pool.workers():
            procs.kill(pid)
        assert ask(conf.sock(), run_files).status == 200
        assert pool.stop() == 0
    finally:
        os.close(reader)


def test_M12_a_child_of_somebody_else_is_none_of_ours(start, run_files,
                                                      build_tree):
    script = os.path.join(run_files.dir, "m12")
    with open(script, "w") as f:
        f.write("#!/bin/sh\nsleep 0.2 &\nsleep 0.3 &\nexec %s \"$@\"\n"
                % build_tree.program("cgi-fpm"))
    os.chmod(script, 0o755)
    pool = start("-F", "2", "--root", run_files.root, program=script)
    procs.wait_for(pool.accepts)
    pool.keeps_workers = False
    procs.wait_for(lambda: [p.name for p in procs.children(pool.pid)]
                   == ["cgi-fpm"] * 2, 5, "the strangers are reaped")
    assert ask(pool.address, run_files).status == 200


def test_M13_recycling_loses_nothing(root_pool, run_files):
    pool = root_pool("-o", "pm.max_requests=10",
                     "-o", "pm.max_requests_jitter=5", workers=4)
    pool.keeps_workers = False
    first = pool.workers()
    clients = load.Load(run_files.program("wait.cgi"), [pool.address],
                        clients=3, requests=400).start().join()
    assert clients.lost == []
    assert clients.answered >= 400
    pool.wait_gone(first)
    procs.wait_for(lambda: len(pool.workers()) == 4, 1, "four workers")


def anonymous(pid):
    """In KiB, and for root to the page: what others may read was once only
    right to as much as is looked for."""
    what = "smaps_rollup" if os.getuid() == 0 else "status"
    with open("/proc/%d/%s" % (pid, what)) as f:
        for line in f:
            if line.startswith(("Anonymous:", "RssAnon:")):
                return int(line.split()[1])
    raise AssertionError("no Anonymous")


@pytest.mark.plain_only
@pytest.mark.seconds(180)
def test_M14_memory_does_not_grow(root_pool, run_files):
    pool = root_pool(workers=1)

    def run(n):
        load.Load(run_files.program("wait.cgi"), [pool.address], clients=1,
                  requests=n).start().join()
        return [anonymous(pid) for pid in [pool.pid] + pool.workers()]

    before = run(300)
    after = run(900)
    assert all(b <= a + 256 for a, b in zip(before, after)), (before, after)


@pytest.mark.plain_only
def test_M15_a_step_of_load_is_followed_and_forgotten(start, run_files):
    pool = start("-o", "pm=dynamic", "-o", "pm.max_children=12",
                 "-o", "pm.start_servers=2", "-o", "pm.min_spare_servers=2",
                 "-o", "pm.max_spare_servers=4", "--root",
                 run_files.root).wait_ready()
    pool.keeps_workers = False
    with held(pool.address, run_files, 12):
        procs.wait_for(lambda: len(pool.workers()) == 12, 2, "twelve workers")
    procs.wait_for(lambda: len(pool.workers()) < 12, 12, "fewer workers")
    assert len(pool.workers()) >= 4
