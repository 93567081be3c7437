"""mode = fastcgi: programs that speak FastCGI themselves on descriptor 0.

The numbers are those of the rows of ways in which that has failed; the real
programs are in test_native_programs.py.
"""

import os
import signal
import time

import pytest

import fcgi
import procs


@pytest.fixture
def natives(start, zoo):
    """natives("what", ..., options=[...], workers=1): a pool of zoo."""

    def make(*what, options=(), workers=1, **kw):
        p = start("-F", str(workers), "-o", "mode=fastcgi", *options,
                  tail=["--", zoo, *map(str, what)], **kw)
        return p.wait_ready(workers)

    return make


def ask(pool, query="", seconds=10):
    """(pid, served) of the program that answered."""
    answer = fcgi.request(pool.address, {
        "REQUEST_METHOD": "GET", "QUERY_STRING": query}, seconds=seconds)
    assert answer.complete and answer.app_status == 0, answer
    pid, served = answer.body.split()[:2]
    return int(pid), int(served)


def blocks(pid):
    with open("/proc/%d/fdinfo/0" % pid) as f:
        flags = int(f.read().split("flags:")[1].split()[0], 8)
    return not flags & os.O_NONBLOCK


def ran(pid):
    """For how many seconds, without the steps of cpu_seconds()."""
    with open("/proc/%d/schedstat" % pid) as f:
        return int(f.read().split()[0]) / 1e9


def wait_logged(pool, text, seconds=5):
    procs.wait_for(lambda: text in pool.log(), seconds, "in the log: " + text)


# --- what a program finds ---

def test_the_program_is_the_worker(natives):
    pool = natives(workers=3)
    seen = {ask(pool)[0] for _ in range(30)}
    assert seen <= set(pool.workers())
    for pid in pool.workers():
        assert os.readlink("/proc/%d/exe" % pid).endswith("/zoo")
        assert procs.Process(pid).pgrp == pid


def test_a_program_has_its_listener_and_two_streams(natives):
    pool = natives()
    pid = pool.workers()[0]
    fds = procs.fds(pid)
    assert sorted(fds) == [0, 1, 2]
    assert fds[0].startswith("socket:")
    assert fds[1] == fds[2] and fds[1].startswith("pipe:")
    assert blocks(pid)
    with open("/proc/%d/status" % pid) as f:
        status = dict(line.split(":\t") for line in f if ":\t" in line)
    assert int(status["SigBlk"], 16) == int(status["SigIgn"], 16) == 0


def test_nothing_is_inherited_but_what_is_configured(natives):
    pool = natives(options=["-o", "env.GREETING=hello"],
                   env={"SECRET": "of the master"})
    with open("/proc/%d/environ" % pool.workers()[0]) as f:
        names = dict(e.split("=", 1) for e in f.read().split("\0") if e)
    assert names["GREETING"] == "hello"
    assert set(names) == {"GREETING", "PATH"}


def test_limits_folder_and_user_are_those_of_the_pool(natives, run_files):
    if os.getuid() != 0:
        pytest.skip("only root can have other users")
    pool = natives(options=["-u", "nobody", "-d", "/usr", "-o", "umask=0027",
                            "-o", "rlimit_core=0", "-o", "rlimit_files=77"])
    pid = pool.workers()[0]
    assert os.readlink("/proc/%d/cwd" % pid) == "/usr"
    with open("/proc/%d/limits" % pid) as f:
        limits = {line[:26].strip(): line[26:].split()[:2] for line in f}
    assert limits["Max open files"] == ["77", "77"]
    assert limits["Max core file size"] == ["0", "0"]
    with open("/proc/%d/status" % pid) as f:
        status = dict(line.rstrip("\n").split(":\t") for line in f
                      if ":\t" in line)
    assert status["Umask"] == "0027"
    assert set(status["Uid"].split()) == {str(os.stat("/proc/%d" % pid)
                                              .st_uid)} != {"0"}
    assert ask(pool)[0] == pid


def test_a_program_that_cannot_be_executed_refuses_the_start(start, tmp_path):
    program = tmp_path / "noprogram"
    program.write_bytes(b"\0neither ELF nor script\n")
    program.chmod(0o755)
    pool = start("-o", "mode=fastcgi", "-F", "1", tail=["--", str(program)])
    pool.expect_exit = 78
    assert pool.process.wait(5) == 78
    assert "noprogram cannot be executed: execve: Exec format" in pool.log()


# --- the rows ---

def test_n01_a_listener_made_non_blocking_blocks_again(natives):
    pool = natives("nonblock", workers=3)
    pool.keeps_workers = False
    offender, _ = ask(pool, "q=go")
    wait_logged(pool, "program %d left the listener non-blocking" % offender)
    procs.wait_for(lambda: len(pool.workers()) == 3, 5, "three again")
    assert all(blocks(pid) for pid in pool.workers())
    everyone = pool.workers() + [pool.pid]
    before = sum(map(ran, everyone))
    time.sleep(0.4)
    assert sum(map(ran, everyone)) - before < 0.05 * 0.4 + 0.02
    assert len({ask(pool)[0] for _ in range(60)}) > 1


@pytest.mark.parametrize("listen", ["unix", "tcp"])
@pytest.mark.parametrize("how", ["shutdown", "deafen"])
def test_n02_a_listener_that_was_shut_down_is_replaced(natives, listen, how):
    pool = natives(how, workers=2, listen=listen)
    pool.keeps_workers = False
    ask(pool, "q=go")
    wait_logged(pool, "a program has shut down the listener")
    procs.wait_for(lambda: served_again(pool), 5, "it is served again")
    assert pool.log().count("shut down the listener") == 1


def served_again(pool):
    try:
        return ask(pool, seconds=2)
    except (OSError, fcgi.ProtocolError, AssertionError):
        return None


def test_n02_a_socket_that_was_removed_is_made_again(start, zoo, run_files):
    path = os.path.join(run_files.dir, "removed.sock")
    pool = start("-F", "2", "-o", "mode=fastcgi", "-s", path, listen=None,
                 tail=["--", zoo, "unlink", path])
    pool.address = path
    pool.wait_ready(2)
    pool.keeps_workers = False
    old = set(pool.workers())
    ask(pool, "q=go")
    wait_logged(pool, "a program has removed the listener " + path)
    procs.wait_for(lambda: served_again(pool), 5, "it is served again")
    procs.wait_for(lambda: not old & set(pool.workers()), 5,
                   "all programs have the new listener")
    assert pool.stop() == 0
    assert not os.path.exists(path)


def test_n02_a_queue_that_was_shortened_is_long_again(natives):
    pool = natives("backlog")
    ask(pool, "q=go")
    pid, _ = ask(pool)
    os.kill(pid, signal.SIGSTOP)
    waiting = []
    try:
        procs.wait_for(lambda: len(queue(pool, waiting)) >= 20, 5,
                       "twenty wait")
    finally:
        os.kill(pid, signal.SIGCONT)
        for s in waiting:
            s.close()
    assert ask(pool)[0] == pid


def queue(pool, waiting):
    """One more connection that waits to be accepted, if that is possible."""
    try:
        waiting.append(pool.connect(timeout=0.1))
    except (BlockingIOError, TimeoutError):
        pass
    return waiting


def test_n03_what_it_prints_is_logged(natives):
    pool = natives("say", "it")
    pid, _ = ask(pool)
    wait_logged(pool, "program %d: out it\n" % pid)
    wait_logged(pool, "program %d: err it\n" % pid)


def test_n03_a_line_cannot_forge_another(natives):
    pool = natives("say", "x\r\x1b[31m\n[now] NOTICE: stopped")
    pid, _ = ask(pool)
    wait_logged(pool, "program %d: [now] NOTICE: stopped" % pid)
    assert "\x1b" not in pool.log() and "\r" not in pool.log()
    assert r"out x\x0d\x1b[31m" in pool.log()


def test_n04_a_flood_blocks_nobody_and_fills_no_disk(natives):
    pool = natives("flood", 20 * 1000 * 1000)
    began = time.monotonic()
    ask(pool, seconds=30)
    took = time.monotonic() - began
    wait_logged(pool, "lines of its programs were dropped")
    assert os.path.getsize(pool.log_path) < 200 * 200 * (took + 3)
    assert ask(pool, seconds=30)[1] == 2


def test_n04_nobody_waits_for_a_log_that_nobody_reads(natives, tmp_path):
    fifo = str(tmp_path / "log")
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
    try:
        pool = natives("flood", 1000 * 1000,
                       options=["-o", "error_log=" + fifo])
        began = time.monotonic()
        assert [ask(pool)[1] for _ in range(10)] == list(range(1, 11))
        assert procs.within(5, began)
        assert pool.stop() == 0
    finally:
        os.close(reader)


@pytest.mark.parametrize("addresses, served", [
    ("192.0.2.1, 127.0.0.1", True), ("192.0.2.1", False)])
def test_n05_only_web_servers_that_are_named_are_served(natives, addresses,
                                                        served):
    pool = natives(options=["-o", "listen.allowed_clients=" + addresses],
                   listen="tcp")
    pool.keeps_workers = served
    with fcgi.Conn(pool.address) as c:
        try:
            answer = c.request({"QUERY_STRING": ""}, keep=False, seconds=3)
        except OSError:
            answer = None
    assert bool(answer and answer.complete) == served


def test_n06_a_program_that_ignores_term_is_killed(natives):
    pool = natives("deaf", workers=2, options=[
        "-o", "process_control_timeout=300ms"])
    pids = pool.workers()
    began = time.monotonic()
    assert pool.stop() == 0
    assert 0.3 <= time.monotonic() - began
    assert procs.within(3, began)
    assert not any(procs.alive(pid) for pid in pids)


def test_n07_a_plain_cgi_program_backs_off_with_a_hint(start):
    pool = start("-F", "2", "-o", "mode=fastcgi", tail=["--", "/bin/cat"])
    pool.keeps_workers = False
    wait_logged(pool, "/bin/cat has served nobody yet; does it speak FastCGI")
    time.sleep(1)
    assert pool.log().count("exited with code") < 12
    assert pool.process.poll() is None


def test_n08_an_end_after_some_requests_is_no_failure(natives):
    pool = natives("after", 100, workers=2)
    pool.keeps_workers = False
    pids = {ask(pool)[0] for _ in range(1000)}
    assert len(pids) >= 9
    assert "die young" not in pool.log()


def test_n08_an_end_without_a_request_is_one(start):
    pool = start("-F", "1", "-o", "mode=fastcgi", tail=["--", "/bin/true"])
    pool.keeps_workers = False
    wait_logged(pool, "die young")
    # Also while somebody waits.
    with pool.connect():
        time.sleep(1)
    assert pool.log().count("die young") < 8


def test_n08_who_takes_its_time_to_go_to_the_background_is_found(start, zoo):
    pool = start("-F", "1", "-o", "mode=fastcgi",
                 tail=["--", zoo, "daemon", "1100"])
    pool.keeps_workers = False
    wait_logged(pool, "the program goes to the background")
    assert pool.stop() == 0  # and no_orphans finds nobody


def test_n08_programs_that_go_to_the_background_do_not_pile_up(start, zoo):
    pool = start("-F", "2", "-o", "mode=fastcgi", tail=["--", zoo, "daemon"])
    pool.keeps_workers = False
    wait_logged(pool, "the program goes to the background")
    wait_logged(pool, "and stay in the foreground?")
    procs.wait_for(lambda: not procs.descendants(pool.pid), 5,
                   "nobody is left between two tries")
    assert pool.stop() == 0  # and no_orphans finds nobody


# --- how it goes ---

def test_it_stops_with_its_programs(natives):
    pool = natives(workers=2)
    pids = pool.workers()
    assert pool.stop() == 0
    assert not any(procs.alive(pid) for pid in pids)
    assert not os.path.exists(pool.address)


def test_a_killed_program_is_replaced(natives):
    pool = natives()
    pool.keeps_workers = False
    pid, _ = ask(pool)
    os.kill(pid, signal.SIGKILL)
    procs.wait_for(lambda: not procs.alive(pid), 5, "it is dead")
    assert ask(pool)[0] != pid


def test_programs_die_with_their_master(natives):
    pool = natives(workers=2)
    pids = pool.workers()
    pool.expect_exit = -signal.SIGKILL
    pool.send(signal.SIGKILL)
    procs.wait_for(lambda: not any(map(procs.alive, pids)), 5, "no orphans")


def test_what_a_program_left_behind_ends_with_it(natives):
    pool = natives("tree")
    pool.keeps_workers = False
    pid, _ = ask(pool)
    child = procs.children(pid)[0].pid
    ask(pool, "q=go")
    procs.wait_for(lambda: not procs.alive(child), 5, "the child ended")


# --- a program is retired when it is idle ---

def answer_of(pool, conn):
    answer = conn.finish()
    assert answer.complete and answer.app_status == 0, answer
    return int(answer.body.split()[0])


def test_a_stop_lets_a_request_end(natives):
    pool = natives("sleep", 700)
    with fcgi.Conn(pool.address) as c:
        c.send_request({"QUERY_STRING": ""})
        time.sleep(0.2)
        pool.send(signal.SIGTERM)
        answer_of(pool, c)
    assert pool.stop() == 0


def test_of_two_programs_the_idle_one_is_retired(natives):
    pool = natives("sleep", 3000, workers=2)
    pool.keeps_workers = False
    with fcgi.Conn(pool.address) as c:
        c.send_request({"QUERY_STRING": ""})
        procs.wait_for(lambda: pool.status()["workers"]["busy"] == 1, 3,
                       "the master has looked")
        pool.send(signal.SIGTTOU)
        procs.wait_for(lambda: len(pool.workers()) == 1, 3, "one is left")
        assert pool.workers() == [answer_of(pool, c)]


@pytest.mark.parametrize("listen", ["unix", "tcp"])
def test_retiring_all_the_time_loses_no_request(natives, listen):
    """Each program is above its limit at each look."""
    pool = natives(workers=2, listen=listen,
                   options=["-o", "pm.max_memory=1"])
    pool.keeps_workers = False
    began, pids = time.monotonic(), set()
    while len(pids) < 5:
        assert procs.within(15, began)
        pids.add(ask(pool)[0])


def test_programs_go_by_age_and_no_request_is_lost(natives):
    pool = natives(workers=2, options=["-o", "pm.max_lifetime=700ms"])
    pool.keeps_workers = False
    began, pids = time.monotonic(), set()
    while len(pids) < 5:
        assert procs.within(15, began)
        pids.add(ask(pool)[0])


# --- memory ---

def test_a_program_with_too_much_memory_is_replaced(natives):
    pool = natives("grow", 64, options=["-o", "pm.max_memory=32M"])
    pool.keeps_workers = False
    pid, _ = ask(pool)
    wait_logged(pool, "program %d has " % pid)
    assert "more than pm.max_memory: it is replaced" in pool.log()
    procs.wait_for(lambda: pid not in pool.workers(), 5, "it is replaced")
    assert ask(pool)[0] != pid


def test_a_program_with_far_too_much_memory_is_killed(natives):
    pool = natives("grow", 64, options=["-o", "pm.max_memory_hard=32M"])
    pool.keeps_workers = False
    pid, _ = ask(pool)
    wait_logged(pool, "more than pm.max_memory_hard: killed")
    procs.wait_for(lambda: pid not in pool.workers(), 5, "it is killed")
    assert ask(pool)[0] != pid


# --- as many as are needed ---

def at_once(pool, n):
    """N requests at the same time: the pids that answered."""
    conns = [fcgi.Conn(pool.address) for _ in range(n)]
    try:
        for c in conns:
            c.send_request({"QUERY_STRING": ""})
        return {answer_of(pool, c) for c in conns}
    finally:
        for c in conns:
            c.close()


@pytest.fixture
def scaling(start, zoo):
    def make(pm, *what, options=()):
        p = start("-o", "mode=fastcgi", "-o", "pm=" + pm, "-o",
                  "pm.max_children=8", *options,
                  tail=["--", zoo, *map(str, what)])
        procs.wait_for(p.accepts, 5, "the socket accepts")
        return p

    return make


def test_ondemand_programs_come_and_go(scaling):
    pool = scaling("ondemand", options=["-o", "pm.process_idle_timeout=1s"])
    procs.wait_for(lambda: not pool.workers(), 5,
                   "what the first look at the socket started has ended")
    pid, _ = ask(pool)
    assert pool.workers() == [pid]
    procs.wait_for(lambda: not pool.workers(), 5, "it ended, being idle")
    assert ask(pool)[0] != pid


@pytest.mark.parametrize("pm", ["ondemand", "dynamic"])
def test_a_burst_finds_its_programs(scaling, pm):
    pool = scaling(pm, "sleep", 500)
    pids = at_once(pool, 8)
    assert 5 <= len(pids) <= 8
    assert len(pool.workers()) <= 8


def test_dynamic_programs_are_few_again_after_a_while(scaling):
    pool = scaling("dynamic", "sleep", 300, options=[
        "-o", "pm.max_spare_servers=2"])
    at_once(pool, 8)
    procs.wait_for(lambda: len(pool.workers()) <= 2, 15, "two at rest")
    ask(pool)
