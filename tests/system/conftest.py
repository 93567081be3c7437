"""conftest.py - fixtures, and what is looked for after every test."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile

import pytest

import asker as asking
import build
import fcgi
import files
import manager as handing
import native
import pool
import procs
import statuspage
import systemd
import web
from configured import Configured, Upgraded
from rows import make_target, target  # noqa: F401 (fixtures)

sys.path.insert(0, os.path.join(files.TOP, "tests", "soak"))  # load.py

TEST_SECONDS = 60


def pytest_configure(config):
    procs.become_subreaper()
    if procs.DELAYED:
        send = fcgi.Conn.send_raw

        def send_late(*args, **kw):
            procs.dawdle()
            return send(*args, **kw)

        fcgi.Conn.send_raw = send_late
    config.addinivalue_line(
        "markers", "plain_only: not repeated with the sanitized build")
    config.addinivalue_line(
        "markers", "seconds(n): the test may take so long")


def pytest_generate_tests(metafunc):
    if "build_tree" in metafunc.fixturenames:
        trees = build.builds(files.TOP)
        if metafunc.definition.get_closest_marker("plain_only"):
            trees = trees[:1]
        metafunc.parametrize("build_tree", trees, scope="session",
                             ids=[t.name for t in trees])


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Where everything is installed, a skipped test is a failed one, but for
    those that a user cannot run."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("CGIFPM_NO_SKIP"):
        if os.geteuid() == 0 or "needs root" not in str(report.longrepr):
            report.outcome = "failed"


@pytest.fixture(autouse=True)
def time_limit(request):
    """No test hangs: it fails, with the place where it stood."""
    mark = request.node.get_closest_marker("seconds")
    seconds = mark.args[0] if mark else TEST_SECONDS

    def late(_signal, _frame):
        raise TimeoutError("the test took more than %d s" % seconds)

    old = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, old)


@pytest.fixture(scope="session")
def run_files():
    f = files.Files()
    yield f
    f.remove()


@pytest.fixture(scope="session")
def known_children():
    """Pids of servers that outlive a test."""
    return set()


@pytest.fixture(autouse=True)
def no_orphans(known_children):
    before = {p.pid for p in procs.children(os.getpid())}
    yield
    left = []

    def none_left():
        left[:] = procs.strays(known_children | before)
        return not left

    try:
        procs.wait_for(none_left, 5, "no process left behind")
    except AssertionError:
        for p in left:
            procs.kill(p.pid)
        raise AssertionError("left behind: %r" % left) from None


@pytest.fixture
def start(build_tree, run_files, no_orphans):
    """start(args..., tail=[program...]): a Pool, not yet waited for."""
    started = []

    def make(*args, **kw):
        started.append(pool.Pool(build_tree, args, run_files, **kw))
        return started[-1]

    yield make
    failures = []
    for p in reversed(started):
        try:
            p.check_and_stop()
        except Exception as e:  # every pool is stopped, then all is told
            failures.append(e)
        p.remove()
    if failures:
        raise failures[0]


@pytest.fixture
def root_pool(start, run_files):
    """A pool over the programs/ folder, one worker unless told."""

    def make(*args, workers=1, **kw):
        p = start("-F", str(workers), "--root", run_files.root, *args, **kw)
        return p.wait_ready(workers)

    return make


@pytest.fixture
def command_pool(start, run_files):
    """A pool with a fixed program of the programs/ folder."""

    def make(program, *args, workers=1, **kw):
        tail = ["--", run_files.program(program)]
        return start("-F", str(workers), *args, tail=tail,
                     **kw).wait_ready(workers)

    return make


@pytest.fixture
def conf(start, run_files):
    """A cgi-fpm with a configuration file, see configured.py."""
    c = Configured(start, run_files)
    yield c
    c.end()


@pytest.fixture
def upgraded(start, run_files, build_tree):
    """As conf, and the program may be replaced by another."""
    c = Upgraded(start, run_files, build_tree)
    yield c
    c.end()


@pytest.fixture(scope="session")
def zoo(run_files):
    """The program native/zoo.c."""
    return native.compile_c(run_files.dir, "zoo")


@pytest.fixture(scope="session")
def kinds(run_files):
    """Real programs of mode = fastcgi by name, see native.py."""
    return native.kinds(run_files.dir)


@pytest.fixture
def listener(tmp_path):
    """listener(name): a listening unix socket in the test's folder."""
    made = []

    def make(name):
        s = socket.socket(socket.AF_UNIX)
        s.bind(str(tmp_path / name))
        s.listen()
        made.append(s)
        return s

    yield make
    for s in made:
        s.close()


@pytest.fixture
def handed(build_tree, run_files, tmp_path):
    """handed(sockets, args...): a cgi-fpm that was started with them."""
    started = []

    def make(sockets, *args, **how):
        argv = [build_tree.program("cgi-fpm"), "-n", *args]
        fds = [s if isinstance(s, int) else s.fileno() for s in sockets]
        with open(tmp_path / "log", "wb") as log:
            p = subprocess.Popen(
                handing.hand_over(argv, fds, **how), pass_fds=fds,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=str(tmp_path), env=build_tree.environ())
        p.said = lambda: (tmp_path / "log").read_text()
        started.append(p)
        return p

    yield make
    for p in started:
        if p.poll() is None:
            p.terminate()
            assert p.wait(15) == 0, p.said()
        assert "Sanitizer" not in p.said()


@pytest.fixture
def asker(root_pool, run_files):
    """asker(options...): a pool over programs/ to be asked, see asker.py."""

    def make(*args, **kw):
        return asking.Asker(root_pool(*args, **kw), run_files)

    return make


@pytest.fixture
def own_root(start, run_files):
    """own_root(options...): an Asker with an empty root, and the root."""
    root = pathlib.Path(tempfile.mkdtemp(dir=run_files.dir))
    root.chmod(0o755)

    def make(*args, workers=1, **kw):
        p = start("-F", str(workers), "--root", str(root), *args, **kw)
        a = asking.Asker(p.wait_ready(workers), run_files)
        a.root = root
        a.at = lambda name, **more: a.get(
            name, SCRIPT_FILENAME="%s/%s" % (root, name), **more)
        return a

    make.root = root
    return make


@pytest.fixture
def status(start, run_files):
    """status(options...): a pool with a status page, see statuspage.py."""

    def make(*args, workers=2, **kw):
        pool = start("-F", str(workers), "-o", "pm.status_path=/status",
                     "-o", "ping.path=/ping", "--name", "www", "--root",
                     run_files.root, *args, **kw)
        pool.wait_ready(workers + 1)
        return statuspage.StatusPool(pool, run_files)

    return make


@pytest.fixture
def env_of():
    """The environment in an answer of env.cgi, as a dictionary."""

    def parse(body):
        pairs = json.loads(body)["environ"]
        names = [p.split("=", 1)[0] for p in pairs]
        assert len(set(names)) == len(names), "a name stands twice"
        return dict(p.split("=", 1) for p in pairs)

    return parse


@pytest.fixture
def serve(run_files):
    """serve(name, pool): a WebServer in front of it, stopped before it."""
    started = []

    def make(name, pool, **kw):
        started.append(web.WebServer(name, pool.address, run_files, **kw))
        return started[-1].wait_ready()

    yield make
    for s in started:
        s.stop()


@pytest.fixture(scope="session")
def manager(build_tree, run_files):
    """A real systemd; see systemd.py."""
    s = systemd.Systemd(build_tree, run_files.root)
    yield s
    s.stop()


@pytest.fixture
def sd(manager):
    """The same, without units before and after the test."""
    yield manager
    manager.forget()
