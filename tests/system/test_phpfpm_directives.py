"""test_phpfpm_directives.py - what php-fpm's directives do here."""

import os
import signal
import time

import pytest

import fcgi
import native
import procs

ROOT_ONLY = pytest.mark.skipif(os.getuid() != 0, reason="needs root")


def change(ask, *lines):
    """Set on the living pool, whose workers are replaced by that."""
    ask.pool.keeps_workers = False
    old = set(ask.pool.workers())
    ask.pool.ctl("set", *lines)
    procs.wait_for(lambda: not old & set(ask.pool.workers()), 10, "all new")


# --- security.limit_extensions ---

def test_only_programs_with_an_extension_of_the_list_are_run(asker):
    ask = asker("-o", "security.limit_extensions=.cgi")
    assert ask.get("hello.cgi").body == b"hello\n"
    assert ask.get("hello.cgi/more.txt").body == b"hello\n"
    change(ask, "security.limit_extensions={.pl, .sh}")
    answer = ask.get("hello.cgi")
    assert answer.status == 403
    assert ask.files.root not in answer.body.decode()
    procs.wait_for(lambda: "none of security.limit_extensions" in
                   ask.pool.log(), 5, "the log says why")
    change(ask, "security.limit_extensions=\".txt .cgi\"")
    assert ask.get("hello.cgi").status == 200
    change(ask, "security.limit_extensions=")
    assert ask.get("hello.cgi").status == 200


# --- access.suppress_path ---

def test_a_suppressed_path_leaves_no_line(asker, tmp_path):
    path = tmp_path / "access.log"
    ask = asker("-o", "access.log=%s" % path, "-o", "access.format=%m %r %s",
                "-o", "access.suppress_path={/hello.cgi, /ping, /exit.cgi}")

    def get(name, query="", **more):
        more.setdefault("SCRIPT_NAME", "/" + name)
        more.setdefault("REQUEST_METHOD", "GET")
        return ask.get(name, query, **more)

    assert get("hello.cgi").status == 200
    assert get("hello.cgi", REQUEST_METHOD="HEAD").status == 200
    get("hello.cgi", "a=b")
    get("hello.cgi", REQUEST_METHOD="POST")
    get("exit.cgi", 3)
    get("sleep.cgi", 0)
    assert path.read_text().splitlines() == [
        "GET /hello.cgi 200", "POST /hello.cgi 200", "GET /exit.cgi 200",
        "GET /sleep.cgi 200"]
    change(ask, "access.suppress_path={/sleep.cgi, /ping}",
           "ping.path=/ping")
    get("hello.cgi")
    get("sleep.cgi", "")
    assert get("hello.cgi", SCRIPT_NAME="/ping").body == b"pong"
    assert path.read_text().splitlines()[4:] == ["GET /hello.cgi 200"]


# --- process.dumpable ---

def is_dumpable(pid):
    """Its files of /proc are its user's, not root's."""
    return os.stat("/proc/%d/status" % pid).st_uid != 0


@ROOT_ONLY
def test_workers_of_another_user_are_dumpable_when_told(asker):
    ask = asker("-o", "user=nobody", workers=1)
    assert not any(is_dumpable(p) for p in ask.pool.workers())
    change(ask, "process.dumpable=yes")
    procs.wait_for(lambda: ask.pool.workers() and all(
        is_dumpable(p) for p in ask.pool.workers()), 5, "they are")
    assert ask.get("hello.cgi").body == b"hello\n"


# --- request_terminate_timeout_track_finished ---

def test_a_program_whose_answer_is_complete_may_run_on_when_told(asker):
    ask = asker("-o", "request_terminate_timeout=2s",
                "-o", "request_idle_timeout=1s",
                "-o", "request_terminate_timeout_track_finished=no")
    begun = time.monotonic()
    answer = ask.get("closeout.cgi", "3,7")
    assert answer.body == b"closed stdout\n" and answer.complete
    assert answer.app_status == 7
    assert time.monotonic() - begun >= 3
    change(ask, "request_terminate_timeout=200ms")
    assert ask.get("sleep.cgi", 5).status == 504
    change(ask, "request_terminate_timeout_track_finished=yes")
    answer = ask.get("closeout.cgi", "20,7")
    assert answer.app_status in (143, 137) or not answer.complete


# --- request_slowlog_trace_depth ---

@ROOT_ONLY
@pytest.mark.parametrize("depth,least", [(0, 0), (1, 1), (2, 1)])
def test_kernel_stacks_of_the_slow_log_are_as_deep_as_told(
        asker, tmp_path, depth, least):
    if not os.access("/proc/self/stack", os.R_OK):
        pytest.skip("kernel stacks cannot be read here")
    log = tmp_path / "slow.log"
    ask = asker("-o", "request_slowlog_timeout=1s",
                "-o", "request_slowlog_trace_depth=%d" % depth,
                "-o", "slowlog=%s" % log)
    with ask.conn() as c:
        ask.send(c, "sleep.cgi", 30)
        procs.wait_for(lambda: "running for" in log.read_text(), 5, "a record")
    lines = log.read_text().splitlines()
    # One that runs at that very moment has a short stack.
    assert least <= len([x for x in lines if "    [<" in x]) <= depth


# --- catch_workers_output, decorate_workers_output ---

SAYING = '{"level": "warn", "path": "C:\\\\x"}'


@pytest.fixture
def saying(start, run_files):
    """A program of its own that writes a line to stdout and one to stderr
    for each request, with the options given."""

    def make(*args):
        zoo = native.compile_c(run_files.dir, "zoo")
        pool = start("-o", "mode=fastcgi", "-F", "1", *args,
                     tail=["--", zoo, "say", SAYING])
        pool.wait_ready(1)
        pool.keeps_workers = False
        return pool

    return make


def says(pool):
    """Its lines in the log, once it answered."""
    before = len(pool.log().splitlines())
    assert fcgi.request(pool.address, {"QUERY_STRING": "x"}).complete
    time.sleep(0.1)  # nothing tells that no line will come
    return [line for line in pool.log().splitlines()[before:]
            if "level" in line]


def stderr_of(pid):
    try:
        return os.readlink("/proc/%d/fd/2" % pid)
    except OSError:  # it has gone
        return None


def test_output_of_programs_is_decorated_or_plain_or_dropped(saying):
    pool = saying()
    procs.wait_for(lambda: len(says(pool)) == 2, 5, "both lines")
    assert all("NOTICE: pool zoo: program " in x for x in says(pool))
    pool.ctl("set", "decorate_workers_output=no")
    procs.wait_for(lambda: says(pool) == [
        "out " + SAYING, "err " + SAYING], 5, "as they were written")
    pool.ctl("set", "catch_workers_output=no")
    procs.wait_for(lambda: says(pool) == [], 5, "none")
    procs.wait_for(lambda: [stderr_of(pid) for pid in pool.workers()] ==
                   ["/dev/null"], 5, "one worker, and nobody hears it")
    pool.ctl("set", "catch_workers_output=yes", "decorate_workers_output=yes")
    procs.wait_for(lambda: any("program " in x for x in says(pool)), 5,
                   "again")


def test_dropped_output_survives_an_upgrade(saying):
    pool = saying("-o", "catch_workers_output=no")
    assert says(pool) == []
    first = pool.workers()
    pool.send(signal.SIGUSR2)
    procs.wait_for(lambda: pool.workers() and
                   not set(first) & set(pool.workers()), 10, "a new one")
    assert says(pool) == []


# --- what one mode has and the other has not ---

@pytest.mark.parametrize("line,says", [
    ("security.limit_extensions=.php", "opens its scripts itself"),
    ("process.dumpable=yes", "dumpable"),
    ("access.suppress_path=/ping", "web server's log"),
    ("request_slowlog_trace_depth=3", "the program has the requests"),
    ("request_terminate_timeout_track_finished=no",
     "the program has the requests"),
])
def test_native_programs_have_no_such_directive(start, run_files, line, says):
    pool = start("-o", "mode=fastcgi", "-o", line,
                 tail=["--", run_files.program("hello.cgi")])
    pool.expect_exit = 78
    assert pool.process.wait(10) == 78
    pool.stopped = True
    assert says in pool.log()
