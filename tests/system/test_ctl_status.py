"""test_ctl_status.py - what cgi-fpmctl status and requests tell."""

import json
import os
import re
import signal
import stat
import threading
import time

import fcgi
import procs
from test_ctl_restart import under_way

HOSTILE = '/"</script><img src=x onerror=alert(1)>\n\x1b[31m\\\x00'


def hello(pool):
    return fcgi.request(pool.address, {
        "SCRIPT_FILENAME": pool.files.program("hello.cgi")})


def begin(pool, program, id=1, **params):
    """A request that runs, on a connection of its own."""
    c = fcgi.Conn(pool.address)
    c.send_request(dict({
        "SCRIPT_FILENAME": pool.files.program(program)}, **params), id=id)
    return c


def running(pool):
    return pool.ctl_json("requests")["requests"]


def wait_running(pool, n):
    """Until so many requests have their programs."""
    procs.wait_for(lambda: len([r for r in running(pool)
                                if r["program"]]) >= n, 5, "%d run" % n)
    return running(pool)


def test_a_fresh_pool(root_pool):
    pool = root_pool(workers=3)
    s = pool.status()
    assert s["state"] == "up" and s["process_manager"] == "static"
    assert s["workers"]["idle"] == s["workers"]["max"] == 3
    assert set(s["requests"]) == {
        "accepted", "completed", "aborted", "rejected", "timed_out",
        "client_gone", "lost_worker", "running"}
    assert not any(s["requests"].values())
    assert s["listen"] == [pool.address]
    assert abs(s["start_time"] - time.time()) < 60
    assert sorted(p["pid"] for p in s["processes"]) == pool.workers()


def test_numbers_of_the_json_are_as_long_as_they_need_be(root_pool):
    text = root_pool("-F", "1").ctl("--json", "status")
    digits = re.findall(r"[:,\[]0*\.?0*([0-9]*\.?[0-9]+)[,}]", text)
    assert digits and max(len(d) for d in digits) <= 13, digits


def test_requests_are_counted_by_their_outcome(root_pool):
    pool = root_pool()
    hello(pool)
    fcgi.request(pool.address, {"SCRIPT_FILENAME": "/nowhere"})
    s = pool.status()
    assert s["requests"]["accepted"] == 2
    assert s["requests"]["completed"] == s["requests"]["rejected"] == 1
    assert s["programs"]["exit_codes"] == {"0": 1}
    assert s["latency"]["duration"]["count"] == 2
    assert s["latency"]["first_byte"]["count"] == 1
    assert s["programs"]["memory_max"] > 100_000


def test_exit_codes_and_signals_are_told_apart(root_pool):
    pool = root_pool()
    for code in (0, 3, 3, 255):
        fcgi.request(pool.address, {
            "SCRIPT_FILENAME": pool.files.program("exit.cgi"),
            "QUERY_STRING": str(code)})
    fcgi.request(pool.address, {
        "SCRIPT_FILENAME": pool.files.program("signal.cgi"),
        "QUERY_STRING": "11"})
    s = pool.status()["programs"]
    assert s["ended"] == 5
    assert s["exit_codes"].get("3") == 2, s
    assert sum(s["signals"].values()) == 1, s


def test_a_running_request_is_shown_with_its_uri_and_age(root_pool):
    pool = root_pool(workers=2)
    c = begin(pool, "sleep.cgi", QUERY_STRING="30", REQUEST_METHOD="GET",
              REQUEST_URI="/slow?30", REMOTE_ADDR="192.0.2.7",
              REMOTE_USER="ann", HTTP_X_REQUEST_ID="id-1")
    (r,) = wait_running(pool, 1)
    assert r["uri"] == "/slow?30" and r["method"] == "GET"
    assert r["query"] == "30" and r["remote"] == "192.0.2.7"
    assert r["user"] == "ann" and r["id"] == "id-1"
    assert r["script"].endswith("sleep.cgi")
    assert r["worker"] in pool.workers()
    assert procs.alive(r["program"])
    assert 0 <= r["age"] < 5
    s = pool.status()
    assert s["workers"]["busy"] == 1 and s["requests"]["running"] == 1
    text = pool.ctl("requests")
    assert "/slow?30" in text and str(r["worker"]) in text
    c.close()
    procs.wait_for(lambda: not running(pool), 5, "none runs")
    procs.wait_for(lambda: pool.status()["requests"]["client_gone"] == 1, 5)


def test_requests_of_one_connection_are_told_apart(root_pool):
    pool = root_pool()
    with fcgi.Conn(pool.address) as c:
        for i in (1, 2, 3):
            c.send_request({
                "SCRIPT_FILENAME": pool.files.program("sleep.cgi"),
                "QUERY_STRING": "30", "REQUEST_URI": "/%d" % i},
                id=i, keep=True)
        wait_running(pool, 3)
        assert sorted(r["uri"] for r in running(pool)) == ["/1", "/2", "/3"]
        assert len({r["program"] for r in running(pool)}) == 3
        assert len({r["worker"] for r in running(pool)}) == 1


def test_M18_hostile_bytes_are_inert_in_every_form(root_pool):
    pool = root_pool()
    uri = HOSTILE.replace("\x00", "").encode() + b"\xff\xc0\xaf"
    c = begin(pool, "sleep.cgi", QUERY_STRING="30", REQUEST_URI=uri)
    (r,) = wait_running(pool, 1)
    assert r["uri"].startswith('/"</script><img') and "\x1b[31m" in r["uri"]
    raw = pool.ctl("--json", "requests").encode()
    assert b"\x1b" not in raw and raw.count(b"\n") == 1
    json.loads(raw.decode("utf-8"))
    for text in (pool.ctl("requests"), pool.ctl("status")):
        assert "\x1b" not in text and "\\x1b[31m" in text
    c.close()


def status_seconds(pool):
    """One of the better times of ten; a process is started for each."""
    times = []
    for _ in range(10):
        at = time.monotonic()
        pool.status()
        times.append(time.monotonic() - at)
    return sorted(times)[2]


def test_M16_status_answers_at_once_while_all_are_busy(root_pool):
    pool = root_pool(workers=2)
    idle = status_seconds(pool)
    conns = [begin(pool, "sleep.cgi", QUERY_STRING="30") for _ in range(6)]
    procs.wait_for(lambda: pool.status()["workers"]["busy"] == 2, 5)
    busy = status_seconds(pool)
    assert busy < (2 * idle + 0.05) * procs.crowd(), (idle, busy)
    # One may wait in the master: it was silent when it was accepted.
    procs.wait_for(
        lambda: pool.status()["connections"]["max_waiting"] >= 3, 5)
    for c in conns:
        c.close()


def test_M17_counters_never_go_backwards(root_pool):
    """While all workers are killed again and again."""
    pool = root_pool("-o", "pm.restart_delay=1ms", workers=4)
    pool.keeps_workers = False
    stop = threading.Event()

    def load():
        while not stop.is_set():
            try:
                hello(pool)
            except (fcgi.Closed, OSError, AssertionError):
                pass

    threads = [threading.Thread(target=load) for _ in range(3)]
    for t in threads:
        t.start()
    last = {}
    try:
        for _ in range(20):
            for pid in procs.wait_for(pool.workers, 5, "some to kill"):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            now = pool.status()["requests"]
            assert now["accepted"] == sum(now.values()) - now["accepted"]
            for name, value in now.items():
                if name != "running":
                    assert value >= last.get(name, 0), (name, last, now)
            last = now
            time.sleep(0.02)
    finally:
        stop.set()
        for t in threads:
            t.join()
    procs.wait_for(
        lambda: pool.status()["worker_ends"]["signalled"] >= 20, 5)


def test_the_worker_and_what_died_with_it_are_gone(root_pool):
    pool = root_pool(workers=1)
    pool.keeps_workers = False
    c = begin(pool, "sleep.cgi", QUERY_STRING="30")
    (r,) = wait_running(pool, 1)
    pool.ctl("kill", str(r["worker"]))
    procs.wait_for(lambda: pool.workers() not in ([], [r["worker"]]), 5)
    procs.wait_for(lambda: pool.status()["workers"]["idle"] == 1, 5)
    s = pool.status()
    assert s["requests"]["lost_worker"] == 1 and not running(pool)
    assert s["worker_ends"]["signalled"] == 1
    assert hello(pool).status == 200
    c.close()


def test_the_board_cannot_be_written_by_who_is_given_it(root_pool):
    import array
    import socket
    pool = root_pool()
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(pool.control)
        s.sendall(b"status\n")
        fds = array.array("i")
        while not fds:
            _, anc, _, _ = s.recvmsg(4096, socket.CMSG_LEN(64))
            for _level, _kind, data in anc:
                fds.frombytes(data[:len(data) // 4 * 4])
    path = "/proc/self/fd/%d" % fds[0]
    for mode in (os.O_RDWR, os.O_WRONLY):
        try:
            # root may open its own again; that is root's right.
            os.close(os.open(path, mode))
        except PermissionError:
            pass
    try:
        os.write(fds[0], b"x")
        raise RuntimeError("it can be written")
    except OSError:
        pass
    assert stat.S_ISREG(os.fstat(fds[0]).st_mode)
    os.close(fds[0])


def test_the_wait_in_the_queue_is_known_where_the_server_tells(root_pool):
    pool = root_pool()
    fcgi.request(pool.address, {
        "SCRIPT_FILENAME": pool.files.program("hello.cgi"),
        "HTTP_X_REQUEST_START": "t=%.6f" % (time.time() - 2)})
    wait = pool.status()["latency"]["queue_wait"]
    assert wait["count"] == 1 and 1.9 < wait["mean"] < 5


def test_several_pools_are_told_apart(start, run_files, tmp_path):
    conf = tmp_path / "conf"
    conf.write_text("".join('''
        pool "%s" {
            listen = "%s/%s"
            cgi.root = "%s"
            pm = static
            pm.max_children = %d
        }''' % (n, tmp_path, n, run_files.root, k)
        for n, k in (("a", 1), ("b", 2))))
    pool = start("-y", str(conf), listen=None)
    procs.wait_for(lambda: os.path.exists(pool.control), 5)
    procs.wait_for(lambda: len(pool.workers()) == 3, 5)
    assert [p["pool"] for p in pool.ctl_json("status")["pools"]] == ["a", "b"]
    assert pool.status("b")["workers"]["max"] == 2
    assert "name one" in pool.ctl("drain", expect=64)
    assert "there is a, b" in pool.ctl("status", "c", expect=65)
    pool.ctl("scale", "a", "3")
    procs.wait_for(lambda: len(pool.workers()) == 5, 5)
    fcgi.request(str(tmp_path / "b"), {
        "SCRIPT_FILENAME": run_files.program("hello.cgi")})
    assert pool.status("a")["requests"]["accepted"] == 0
    assert pool.status("b")["requests"]["accepted"] == 1


def test_the_oldest_request_of_all_pools_comes_first(start, run_files,
                                                     tmp_path):
    path = tmp_path / "two.conf"
    path.write_text("".join(
        'pool "%s" {\nlisten = "%s"\ncgi.root = "%s"\n}\n' % (
            name, tmp_path / name, run_files.root) for name in ("a", "b")))
    pool = start("-y", str(path), listen=None)
    pool.address = str(tmp_path / "a")
    pool.wait_ready()
    pool.keeps_workers = False
    conns = []
    for i, name in enumerate("baba"):
        conns.append(fcgi.Conn(str(tmp_path / name)))
        conns[-1].send_request({
            "SCRIPT_FILENAME": pool.files.program("sleep.cgi"),
            "QUERY_STRING": "30", "REQUEST_URI": "/%d" % i})
        procs.wait_for(lambda n=i: "/%d" % n in pool.ctl("requests"), 5)
    rows = pool.ctl("requests").splitlines()[1:]
    assert [row.split(" - ")[0].split()[-1] for row in rows] == list("baba")
    rows = pool.ctl_json("requests")["requests"]
    assert [row["uri"] for row in rows] == ["/0", "/1", "/2", "/3"]
    for c in conns:
        c.close()


def test_drained_connections_wait_and_are_served_after_resume(root_pool):
    pool = root_pool(workers=2)
    pool.keeps_workers = False
    with under_way(pool):
        pool.ctl("drain")
        assert pool.status()["state"] == "drained"
        # The idle one may take a connection until it has been told.
        procs.wait_for(lambda: len(pool.workers()) == 1, 5, "the busy one")
        late = begin(pool, "hello.cgi")
    procs.wait_for(lambda: not pool.workers(), 5, "no worker")
    procs.wait_for(lambda: pool.status()["connections"]["waiting"] == 1, 5)
    pool.ctl("resume")
    assert late.collect(1)[1].status == 200
    assert pool.status()["state"] == "up"
    assert "was not drained" in pool.ctl("resume")
    late.close()


def scribble(worker, seconds):
    """Random bytes all over the board, with the worker's own hand."""
    import random
    dice = random.Random(1)
    with open("/proc/%d/maps" % worker) as f:
        (line,) = [x for x in f if "cgi-fpm-board" in x]
    begin, end = (int(x, 16) for x in line.split()[0].split("-"))
    edge = begin + 65536  # what is behind it is large and mostly empty
    deadline = time.monotonic() + seconds
    with open("/proc/%d/mem" % worker, "r+b", buffering=0) as mem:
        while time.monotonic() < deadline:
            at = dice.choice((begin, dice.randrange(begin, edge),
                              dice.randrange(begin, end - 4096)))
            mem.seek(at)
            mem.write(dice.choice((
                dice.randbytes(4096), b"\xff" * 4096, bytes(4096))))


def test_a_worker_that_scribbles_on_the_board_harms_no_one(start, run_files):
    pool = start("--root", run_files.root, "-o", "pm=dynamic",
                 "-o", "pm.max_children=5", "-o", "pm.start_servers=3")
    pool.wait_ready()
    pool.keeps_workers = False
    pool.keeps_board = False
    victim = pool.workers()[0]
    thread = threading.Thread(target=scribble, args=(victim, 3))
    thread.start()
    served = 0
    while thread.is_alive():
        try:
            served += hello(pool).status == 200
        except (fcgi.Closed, OSError):
            pass
        for verb in ("status", "requests", "--json"):
            args = [verb] if verb != "--json" else [verb, "status"]
            done = pool.try_ctl(*args)
            assert done.returncode in (0, 76), done
            assert "\x1b" not in done.stdout
        assert len(pool.workers()) <= 10  # its 5, and 5 that retire
    thread.join()
    assert served > 0 and pool.process.poll() is None
    pool.ctl("restart")
    pool.ctl("status")
    assert pool.status()["workers"]["max"] == 5
    procs.wait_for(lambda: hello(pool).status == 200, 5)
