"""test_ctl_top.py - the live view, in a real terminal and in a pipe."""

import json
import os
import pty
import shutil
import subprocess
import tempfile
import time

import pytest

import fcgi
import procs


class Terminal:
    """A tmux of its own with one window, which runs cgi-fpmctl top."""

    def __init__(self, pool, *args, width=110, height=24):
        # Not that of one before, which may be about to go.
        self.socket = os.path.join(tempfile.mkdtemp(dir=pool.dir), "tmux")
        env = dict(pool.build.environ(), TERM="xterm-256color",
                   LC_ALL="C.UTF-8", SHELL="/bin/sh")
        self.env = env
        command = [pool.build.program("cgi-fpmctl"), "-S", pool.control,
                   "top", "--interval=200ms", *args]
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(width),
                  "-y", str(height), *command)

    def tmux(self, *args):
        return subprocess.run(
            ["tmux", "-S", self.socket, *args], env=self.env, timeout=10,
            capture_output=True, text=True, check=False).stdout

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def shows(self, text):
        """TEXT, also where it goes on in the next line."""
        return self.meets(lambda s: text in s.replace("\n", ""), text)

    def meets(self, condition, what):
        """The first screen that does; an earlier one may be half drawn."""
        def met():
            screens.append(self.screen())
            return condition(screens[-1])

        screens = []
        try:
            procs.wait_for(met, 5)
        except AssertionError:
            raise AssertionError("no %s in %s" % (what, screens[-1]))
        return screens[-1]

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def alive(self):
        return bool(self.tmux("list-sessions"))

    def kill(self):
        self.tmux("kill-server")
        procs.wait_for(lambda: not self.alive(), 5)


@pytest.fixture
def terminal():
    if shutil.which("tmux") is None:
        pytest.skip("tmux is missing")
    made = []

    def make(*args, **kw):
        made.append(Terminal(*args, **kw))
        return made[-1]

    yield make
    for t in made:
        t.kill()


def slow(pool, uri):
    c = fcgi.Conn(pool.address)
    c.send_request({"SCRIPT_FILENAME": pool.files.program("sleep.cgi"),
                    "QUERY_STRING": "30", "REQUEST_URI": uri,
                    "REQUEST_METHOD": "GET"})
    procs.wait_for(lambda: uri in pool.ctl("requests"), 5, uri)
    return c


def test_it_lives(root_pool, terminal):
    pool = root_pool(workers=3)
    t = terminal(pool)
    t.shows("0 of 3 workers busy")
    a = slow(pool, "/first")
    t.shows("/first")
    b = slow(pool, "/second")
    t.meets(lambda s: "2 of 3 workers busy" in s and
            0 < s.find("/first") < s.find("/second"), "both, the older first")
    t.keys("r")
    t.meets(lambda s: 0 < s.find("/second") < s.find("/first"), "reversed")
    a.close()
    t.meets(lambda s: "/first" not in s and "/second" in s, "it is over")
    b.close()
    t.shows("0 of 3 workers busy")


def test_its_keys(root_pool, terminal):
    pool = root_pool(workers=2)
    t = terminal(pool)
    t.shows("sort (age)")
    t.keys("s")
    t.shows("sort (pool)")
    assert " idle " not in t.screen()
    t.keys("w")
    t.shows(" idle ")
    t.keys("p")
    t.shows("PAUSED")
    c = slow(pool, "/unseen")
    time.sleep(0.5)
    assert "/unseen" not in t.screen()
    t.keys("p")
    t.shows("/unseen")
    t.keys("q")
    procs.wait_for(lambda: not t.alive(), 5, "it quit")
    c.close()


@pytest.mark.parametrize("width,height", [(20, 5), (40, 10), (200, 50)])
def test_terminals_of_any_size(root_pool, terminal, width, height):
    pool = root_pool()
    c = slow(pool, "/" + "long" * 50)
    t = terminal(pool, width=width, height=height)
    screen = t.shows("cgi-fpm")
    assert all(len(line) <= width for line in screen.split("\n"))
    t.tmux("resize-window", "-x", "70", "-y", "15")
    t.shows("WORKER")
    c.close()


def test_hostile_uris_do_not_reach_the_terminal(root_pool, terminal):
    pool = root_pool()
    c = fcgi.Conn(pool.address)
    c.send_request({"SCRIPT_FILENAME": pool.files.program("sleep.cgi"),
                    "QUERY_STRING": "30",
                    "REQUEST_URI": "/\x1b[2J\x1b]0;owned\x07"})
    t = terminal(pool)
    t.shows("\\x1b[2J")
    c.close()


def rows_of(screen):
    return [row for row in screen.split("\n") if row.strip()]


def test_wide_and_combining_characters_stay_on_their_line(root_pool,
                                                         terminal):
    """And those that turn the direction of writing are not obeyed."""
    pool = root_pool()
    c = fcgi.Conn(pool.address)
    c.send_request({"SCRIPT_FILENAME": pool.files.program("sleep.cgi"),
                    "QUERY_STRING": "30",
                    "REQUEST_URI": ("/\u202eabc" + "\u4e2d" * 30 +
                                    "e\u0301\u0301" * 20).encode()})
    procs.wait_for(lambda: "abc" in pool.ctl("requests"), 5, "it runs")
    for width in 110, 111, 90:
        t = terminal(pool, width=width)
        # The title, the pools and the requests with their heads, the help.
        t.meets(lambda s: len(rows_of(s)) == 6 and
                "\\xe2\\x80\\xaeabc\u4e2d" in rows_of(s)[4] and
                "quit" in rows_of(s)[5], "six rows")
        t.kill()
    c.close()


@pytest.mark.parametrize("name", ["dumb", "unknown-to-all"])
def test_a_terminal_that_cannot_be_drawn_on_gets_lines(root_pool, name):
    pool = root_pool()
    env = dict(pool.build.environ(), TERM=name)
    command = "%s -S %s top -n 2 -d 100ms" % (
        pool.build.program("cgi-fpmctl"), pool.control)
    done = subprocess.run(["script", "-qec", command, "/dev/null"], env=env,
                          capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done
    assert done.stdout.count("of 1 workers busy") == 2
    assert "\x1b" not in done.stdout


def test_a_master_that_goes_is_told_and_may_come_back(root_pool, terminal):
    pool = root_pool()
    t = terminal(pool)
    t.shows("workers busy")
    pool.stop()
    t.shows("is cgi-fpm running?")
    t.keys("q")
    procs.wait_for(lambda: not t.alive(), 5, "it quit")


def test_into_a_pipe_it_prints_lines(root_pool):
    pool = root_pool(workers=2)
    out = pool.ctl("top", "--count=2", "--interval=100ms")
    assert "\x1b" not in out
    assert out.count("of 2 workers busy") == 2
    assert out.count(" idle ") == 4


def test_for_programs_it_prints_an_object_a_line(root_pool):
    pool = root_pool(workers=2)
    busy = slow(pool, "/as-json")
    out = pool.ctl("--json", "top", "-n", "3", "-d", "200ms")
    frames = [json.loads(line) for line in out.splitlines()]
    assert len(frames) == 3
    assert all(set(f) == {"time", "pools"} for f in frames)
    times = [f["time"] for f in frames]
    assert times == sorted(times) and times[2] - times[0] >= 0.35
    assert abs(times[2] - time.time()) < 20
    like_status = pool.status()
    for f in frames:
        one, = f["pools"]
        assert set(one) == set(like_status) | {"requests_per_second"}
        assert "/as-json" in json.dumps(one)
    assert frames[0]["pools"][0]["requests_per_second"] == 0
    busy.close()


def test_its_lines_tell_how_many_requests_came_meanwhile(root_pool):
    pool = root_pool(workers=2)
    top = subprocess.Popen(
        [pool.build.program("cgi-fpmctl"), "-S", pool.control, "top",
         "--json", "--interval=200ms"], text=True,
        env=pool.build.environ(), stdout=subprocess.PIPE)

    def frame():  # a line at once, not a block
        found, = json.loads(top.stdout.readline())["pools"]
        return found

    last = frame()
    for _ in range(10):
        fcgi.request(pool.address, {
            "SCRIPT_FILENAME": pool.files.program("hello.cgi")})
    while last["requests"]["accepted"] < 10:
        now = frame()
        # When it was looked at is told by how old a worker was.
        seconds = now["processes"][0]["age"] - last["processes"][0]["age"]
        came = now["requests"]["accepted"] - last["requests"]["accepted"]
        assert now["requests_per_second"] * seconds == pytest.approx(
            came, rel=0.01)
        last = now
    top.kill()
    top.wait()
    top.stdout.close()


def test_the_last_of_some_frames_stays_to_be_read(root_pool):
    """On a terminal -n 1 showed nothing at all."""
    pool = root_pool(workers=2)
    ours, its = pty.openpty()
    with subprocess.Popen(
            [pool.build.program("cgi-fpmctl"), "-S", pool.control, "top",
             "-n", "1"], stdin=its, stdout=its, stderr=its,
            # The terminal library never frees what it read of terminals.
            env=dict(pool.build.environ(), TERM="xterm",
                     ASAN_OPTIONS="detect_leaks=0:exitcode=99")) as top:
        os.close(its)
        said = b""
        while True:
            try:
                said += os.read(ours, 4096)
            except OSError:  # nobody has the other end any more
                break
    os.close(ours)
    assert top.returncode == 0
    left = said.split(b"\x1b[?1049l")[-1]  # the screen of before is back
    assert b"0 of 2 workers busy" in left and b"WORKER" in left


def test_json_needs_no_terminal_and_ignores_one(root_pool, terminal):
    pool = root_pool()
    t = terminal(pool, "--json", width=200, height=50)
    t.shows('{"time":')
    t.shows('"requests_per_second":')
    assert "quit" not in t.screen()


def test_without_a_master_it_says_so(root_pool):
    pool = root_pool()
    pool.stop()
    assert "is cgi-fpm running?" in pool.ctl("top", expect=69)
    assert "is cgi-fpm running?" in pool.ctl("--json", "top", expect=69)


def test_one_pool_or_none(root_pool):
    pool = root_pool()
    for verb in ("top", "status", "requests", "check", "advise"):
        assert "one pool, or none for all" in pool.ctl(
            verb, "a", "b", expect=64)
