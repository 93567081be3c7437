"""test_control.py - the control socket: who may, what it answers, and that
nobody there slows the supervision."""

import json
import os
import signal
import socket
import subprocess
import threading
import time

import pytest

import fcgi
import procs

ROOT_ONLY = pytest.mark.skipif(os.getuid() != 0, reason="needs root")

NOBODY = 65534


def dial(pool, seconds=10):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(seconds)
    procs.wait_for(lambda: connects(s, pool.control), seconds, "room")
    return s


def connects(s, path):
    try:
        s.connect(path)
        return True
    except BlockingIOError:  # its backlog is full
        return False


def order(pool, line):
    with dial(pool) as s:
        s.sendall(line)
        return read_all(s)


def read_all(s):
    got = b""
    try:
        while True:
            part = s.recv(65536)
            if not part:
                return got
            got += part
    except ConnectionResetError:  # it did not read all of ours
        return got


def respawn_ms(pool, n):
    """How long a killed worker of N is missing."""
    victim = procs.wait_for(
        lambda: len(pool.workers()) == n and pool.workers()[:1])[0]
    os.kill(victim, signal.SIGKILL)
    begin = time.monotonic()
    procs.wait_for(lambda: len(pool.workers()) == n and
                   victim not in pool.workers(), 5, "a new worker")
    return (time.monotonic() - begin) * 1000


def replaces_at_once(pool, n):
    """The best of three: now and then the machine has a pause of its own."""
    took = [respawn_ms(pool, n) for _ in range(3)]
    assert min(took) < 500 * procs.crowd(), took


# --- what it is ---

def test_its_file_is_for_its_owner_alone(root_pool):
    pool = root_pool()
    assert os.stat(pool.control).st_mode & 0o7777 == 0o600


def test_its_file_is_gone_afterwards(root_pool):
    pool = root_pool()
    pool.stop()
    assert not os.path.exists(pool.control)


def test_a_socket_that_cannot_be_made_is_no_start(start, run_files):
    pool = start("-S", "/nowhere/at/all", "--root", run_files.root)
    assert pool.process.wait(15) == 73
    assert "control.listen" in pool.log()
    pool.expect_exit = 73


@ROOT_ONLY
def test_one_that_may_not_be_made_is_a_matter_of_permission(
        build_tree, run_files):
    own = run_files.dir + "/own"
    os.mkdir(own)
    os.chown(own, NOBODY, NOBODY)
    done = subprocess.run(
        [build_tree.program("cgi-fpm"), "-n", "-s", own + "/sock",
         "-S", run_files.dir + "/control", "/bin/true"], cwd="/",
        capture_output=True, text=True, user=NOBODY, group=NOBODY,
        timeout=20, env=build_tree.environ())
    assert done.returncode == 77, done
    assert "control.listen" in done.stderr
    assert "Permission denied" in done.stderr
    os.rmdir(own)


def test_there_is_none_unless_asked_for(build_tree, run_files, start):
    pool = start("--root", run_files.root, "-S", "none")
    pool.wait_ready()
    assert not os.path.exists(pool.control)


# --- the line protocol ---

def test_ping_tells_the_pid(root_pool):
    pool = root_pool()
    assert order(pool, b"ping\n") == b"ok pid %d\n" % pool.pid
    assert pool.ctl("ping") == "pid %d\n" % pool.pid
    assert pool.ctl_json("ping") == {"ok": True, "text": "pid %d" % pool.pid}


def test_a_line_may_come_in_pieces(root_pool):
    pool = root_pool()
    with dial(pool) as s:
        for byte in b"ping\n":
            s.sendall(bytes([byte]))
            time.sleep(0.01)
        assert read_all(s).startswith(b"ok ")


@pytest.mark.parametrize("line", [
    b"\n", b" \n", b"ping%\n", b"ping \n", b"pi\0ng\n", b"%41%\n",
    b"a " * 100 + b"a\n"])
def test_what_is_no_order_is_told_so(root_pool, line):
    pool = root_pool()
    assert order(pool, line).startswith(b"error 76 ")
    assert pool.ctl("ping")


@pytest.mark.parametrize("line,code", [
    (b"dance\n", 64), (b"ping pong\n", 64), (b"scale\n", 64),
    (b"scale nix 3\n", 65), (b"scale 0\n", 64), (b"scale 10001\n", 64),
    (b"scale -1\n", 64), (b"scale 1e3\n", 64), (b"kill x\n", 64),
    (b"kill 1\n", 65), (b"status nix\n", 65), (b"drain nix\n", 65)])
def test_a_wrong_order_is_refused_and_says_why(root_pool, line, code):
    pool = root_pool()
    answer = order(pool, line)
    assert answer.startswith(b"error %d " % code), answer
    assert answer.endswith(b"\n") and answer.count(b"\n") == 1


def test_hostile_words_come_back_inert(root_pool):
    pool = root_pool()
    answer = order(pool, b"status %0A%1B[31m%FF\n")
    assert answer.count(b"\n") == 1 and b"\x1b" not in answer


# --- who may ---

@ROOT_ONLY
def test_X09_another_user_is_refused_by_the_file(root_pool):
    pool = root_pool()
    err = pool.ctl("ping", expect=77, user=NOBODY, group=NOBODY)
    assert "sudo" in err and err.count("\n") == 1


@ROOT_ONLY
def test_X09_another_user_is_refused_even_if_the_file_lets_him_in(root_pool):
    pool = root_pool("-o", "control.mode=0666")
    err = pool.ctl("ping", expect=77, user=NOBODY, group=NOBODY)
    assert "sudo" in err
    pool.ctl("stop", expect=77, user=NOBODY, group=NOBODY)
    procs.wait_for(lambda: "refused" in pool.log(), 5, "a line in the log")
    assert pool.ctl("ping")


@ROOT_ONLY
def test_the_owner_it_was_given_may(root_pool):
    pool = root_pool("-o", "control.owner=nobody")
    assert pool.ctl("ping", user=NOBODY, group=NOBODY)


@ROOT_ONLY
def test_a_group_it_was_given_may(root_pool):
    pool = root_pool("-o", "control.group=games", "-o", "control.mode=0660")
    games = 60
    assert pool.ctl("ping", user=NOBODY, group=NOBODY, extra_groups=[games])
    pool.ctl("ping", user=NOBODY, group=NOBODY, expect=77)


# --- nobody there slows the supervision (X09) ---

def test_X09_a_line_of_ten_megabytes_ends_early(root_pool):
    pool = root_pool(workers=2)
    pool.keeps_workers = False
    with dial(pool) as s:
        sent = 0
        try:
            while sent < 10_000_000:
                sent += s.send(b"x" * 65536)
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert sent < 10_000_000
        assert read_all(s).startswith(b"error 64 ")
        replaces_at_once(pool, 2)
    assert pool.ctl("ping")


def test_X09_silent_clients_do_not_keep_others_out(root_pool):
    pool = root_pool(workers=2)
    pool.keeps_workers = False
    silent = [dial(pool) for _ in range(40)]
    begin = time.monotonic()
    assert pool.ctl("ping")
    assert fcgi.request(pool.address, {
        "SCRIPT_FILENAME": pool.files.program("hello.cgi")}).status == 200
    replaces_at_once(pool, 2)
    assert procs.within(4, begin)
    for s in silent:
        s.close()


def test_X09_who_has_to_give_way_is_told(root_pool):
    pool = root_pool()
    silent = [dial(pool) for _ in range(9)]
    assert pool.ctl("ping")
    assert read_all(silent[0]) == b"error 75 too many clients; try again\n"
    for s in silent:
        s.close()


def test_a_silent_client_is_closed_after_a_while(root_pool):
    pool = root_pool()
    with dial(pool, 10) as s:
        begin = time.monotonic()
        assert read_all(s) == b""
        assert 3 < time.monotonic() - begin
        assert procs.within(9, begin)


@pytest.mark.seconds(90)
def test_X09_a_thousand_clients_cost_nobody_anything(root_pool):
    pool = root_pool(workers=2)
    pool.keeps_workers = False
    for i in range(1000):
        s = dial(pool)
        if i % 3 == 0:
            s.sendall(b"status\n")  # and never reads
        s.close() if i % 2 else setattr(pool, "s%d" % i, s)
    begin = time.monotonic()
    assert fcgi.request(pool.address, {
        "SCRIPT_FILENAME": pool.files.program("hello.cgi")}).status == 200
    replaces_at_once(pool, 2)
    assert procs.within(4, begin)
    for i in range(0, 1000, 2):
        getattr(pool, "s%d" % i).close()
    procs.wait_for(lambda: pool.try_ctl("ping").returncode == 0, 5)


def median_of_15(measure):
    return sorted(measure() for _ in range(15))[7]


def pester(pool, what, over):
    """One client after the other, each as bad as the next."""
    while not over.is_set():
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(1)
            try:
                s.connect(pool.control)
                s.sendall(what)
            except OSError:  # no room, or it has had enough
                time.sleep(0.002)


@pytest.mark.seconds(90)
def test_X09_workers_are_replaced_as_fast_while_all_pester(root_pool):
    pool = root_pool("-o", "pm.restart_delay=1ms", "-o",
                     "pm.restart_delay_max=1ms", workers=3)
    pool.keeps_workers = False
    quiet = median_of_15(lambda: respawn_ms(pool, 3))
    over = threading.Event()
    threads = [threading.Thread(target=pester, args=(pool, what, over))
               for what in (b"", b"x" * (10 << 20), b"status\n", b"pi",
                            b"a " * 4000 + b"\n")]
    silent = [dial(pool) for _ in range(8)]
    for t in threads:
        t.start()
    try:
        pestered = median_of_15(lambda: respawn_ms(pool, 3))
    finally:
        over.set()
        for t in threads:
            t.join()
        for s in silent:
            s.close()
    # Of these times most is the test's own look at /proc.
    assert pestered < (100 + 3 * quiet) * procs.crowd(), (quiet, pestered)
    procs.wait_for(lambda: pool.try_ctl("ping").returncode == 0, 10)


# --- the plain orders ---

def test_stop_stops(root_pool):
    pool = root_pool()
    pool.ctl("stop")
    assert pool.process.wait(15) == 0
    err = pool.ctl("ping", expect=69)
    assert "is cgi-fpm running?" in err and err.count("\n") == 1


def test_a_master_that_died_is_named_as_such(root_pool):
    pool = root_pool()
    pool.process.kill()
    pool.process.wait()
    pool.expect_exit = -9
    assert "not running" in pool.ctl("ping", expect=69)


def test_reopen_logs_opens_them_again(root_pool):
    pool = root_pool("-o", "access.log=@DIR@/access")
    path = os.path.join(pool.dir, "access")
    os.rename(path, path + ".1")
    pool.ctl("reopen-logs")
    assert os.path.exists(path)
    # Workers have the log as a descriptor of its own from now on.
    pool.wait_ready()
    pool.ctl("reopen-logs")
    fcgi.request(pool.address, {
        "SCRIPT_FILENAME": pool.files.program("hello.cgi")})
    procs.wait_for(lambda: os.path.getsize(path) > 0, 5, "a line")


def test_scale_up_and_down(root_pool):
    pool = root_pool(workers=2)
    pool.keeps_workers = False
    assert "it was 2" in pool.ctl("scale", "6")
    procs.wait_for(lambda: len(pool.workers()) == 6, 5, "6 workers")
    assert pool.status()["workers"]["max"] == 6
    name = pool.status()["pool"]
    pool.ctl("scale", name, "1")
    procs.wait_for(lambda: len(pool.workers()) == 1, 5, "1 worker")


def test_scale_beyond_what_there_was_room_for(root_pool):
    pool = root_pool(workers=1)
    pool.keeps_workers = False
    pool.ctl("scale", "60")
    procs.wait_for(lambda: len(pool.workers()) == 60, 10, "60 workers")
    procs.wait_for(lambda: pool.status()["workers"]["idle"] == 60, 10)
    for _ in range(5):
        assert fcgi.request(pool.address, {
            "SCRIPT_FILENAME": pool.files.program("hello.cgi")}).status == 200
    pool.ctl("scale", "1")
    procs.wait_for(lambda: len(pool.workers()) == 1, 10, "1 worker")
    assert pool.status()["requests"]["completed"] == 5


def test_what_changes_something_is_logged_with_who_asked(root_pool):
    pool = root_pool()
    pool.keeps_workers = False
    pool.ctl("scale", "2")
    pool.ctl("ping")
    assert "control: scale" in pool.log()
    assert "of user %d" % os.getuid() in pool.log()
    assert "control: ping" not in pool.log()


def test_errors_are_json_where_json_was_asked_for(root_pool):
    pool = root_pool()
    done = subprocess.run(
        [pool.build.program("cgi-fpmctl"), "scale", "--json", "-S",
         pool.control, "nix", "3"], capture_output=True, text=True,
        env=pool.build.environ(), check=False)
    assert done.returncode == 65
    answer = json.loads(done.stdout)
    assert answer["ok"] is False and answer["code"] == 65
    assert "nix" in answer["error"] and "nix" in done.stderr


# --- reload ---

@pytest.fixture
def conf_pool(start, run_files, tmp_path):
    """A pool of a file: write(line...) changes it."""
    path = tmp_path / "cgi-fpm.conf"

    def write(*lines, head=()):
        path.write_text("%s\n# kept\npool \"www\" {\n%s\n}\n" % (
            "\n".join(head), "\n".join("    " + line for line in (
                'listen = "%s"' % (tmp_path / "sock"),
                "listen.mode = 0666",
                'cgi.root = "%s"' % run_files.root,
                "pm = static") + lines)))

    write("pm.max_children = 1")
    pool = start("-y", str(path), listen=None)
    pool.address = str(tmp_path / "sock")
    pool.wait_ready(1)
    pool.keeps_workers = False
    pool.write = write
    pool.path = path
    return pool


def test_reload_answers_when_the_new_settings_serve(conf_pool):
    conf_pool.write("pm.max_children = 3")
    assert "generation 2" in conf_pool.ctl("reload")
    s = conf_pool.status()
    assert s["generation"] == 2 and s["workers"]["max"] == 3
    assert s["workers"]["idle"] >= 3


def test_reload_of_a_mistake_changes_nothing_and_says_which(conf_pool):
    before = conf_pool.workers()
    conf_pool.write("pm.max_childern = 3")
    err = conf_pool.ctl("reload", expect=78)
    assert "pm.max_childern" in err and "pm.max_children" in err
    assert conf_pool.workers() == before
    assert conf_pool.status()["generation"] == 1


def test_who_leaves_before_the_verdict_is_forgotten(conf_pool):
    conf_pool.write("pm.max_children = 2")
    for _ in range(20):
        s = dial(conf_pool)
        try:
            s.sendall(b"reload\n")
        except BrokenPipeError:
            pass  # eight are there already
        s.close()
    procs.wait_for(lambda: conf_pool.try_ctl("reload").returncode == 0, 5,
                   "there is room again, and a reload")
    assert conf_pool.ctl("ping")


def test_counters_go_on_over_a_reload(conf_pool):
    for _ in range(3):
        fcgi.request(conf_pool.address, {
            "SCRIPT_FILENAME": conf_pool.files.program("hello.cgi")})
    conf_pool.write("pm.max_children = 40")
    conf_pool.ctl("reload")
    assert conf_pool.status()["requests"]["completed"] == 3
    fcgi.request(conf_pool.address, {
        "SCRIPT_FILENAME": conf_pool.files.program("hello.cgi")})
    assert conf_pool.status()["requests"]["completed"] == 4
