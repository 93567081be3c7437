"""test_ctl_top.py - the live view, in a real terminal and in a pipe."""

import os
import shutil
import subprocess
import time

import pytest

import fcgi
import procs


class Terminal:
    """A tmux of its own with one window, which runs cgi-fpmctl top."""

    def __init__(self, pool, *args, width=110, height=24):
        self.socket = os.path.join(pool.dir, "tmux")
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
        try:
            procs.wait_for(lambda: text in self.screen(), 5)
        except AssertionError:
            raise AssertionError("no %r in %s" % (text, self.screen()))
        return self.screen()

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
    screen = t.shows("/second")
    assert "2 of 3 workers busy" in screen
    assert screen.index("/first") < screen.index("/second")
    t.keys("r")
    procs.wait_for(lambda: "/second" in t.screen() and t.screen().index(
        "/second") < t.screen().index("/first"), 5, "reversed")
    a.close()
    procs.wait_for(lambda: "/first" not in t.screen(), 5, "it is over")
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


def test_without_a_master_it_says_so(root_pool):
    pool = root_pool()
    pool.stop()
    assert "is cgi-fpm running?" in pool.ctl("top", expect=69)
