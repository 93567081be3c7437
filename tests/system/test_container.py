"""cgi-fpm as process 1 of a pid namespace, which is what a container is to
it: everybody's last parent, with signals that do nothing unless handled."""

import os
import re
import signal
import subprocess
import time

import pytest

import fcgi
import files
import procs
import systemd

pytestmark = pytest.mark.skipif(
    not systemd.may_unshare(), reason="needs root, unshare and its leave")


class Container:
    def __init__(self, build, root, folder, *args):
        self.address = os.path.join(folder, "sock")
        self.log_path = os.path.join(folder, "log")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child",
                 build.program("cgi-fpm"), "-n", "-s", self.address, "-F",
                 "2", *args, "--root", root], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, env=build.environ(), cwd=folder)
        procs.wait_for(lambda: os.path.exists(self.address), 5, "it listens")
        self.init = procs.children(self.process.pid)[0].pid
        procs.wait_for(lambda: len(procs.children(self.init)) == 2, 5,
                       "workers")

    def ask(self, program, **params):
        answer = fcgi.request(self.address, dict(
            params, SCRIPT_NAME="/" + program, REQUEST_METHOD="GET"))
        assert answer.status == 200, answer
        return answer

    def inside(self):
        """Those in it, but for the master and its workers."""
        workers = [p.pid for p in procs.children(self.init)
                   if p.name == "cgi-fpm"]
        return [p for p in procs.descendants(self.init)
                if p.pid not in workers]

    def log(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()

    def stop(self, number, seconds=10):
        os.kill(self.init, number)
        return self.process.wait(seconds)


@pytest.fixture
def container(build_tree, run_files, tmp_path):
    started = []

    def make(*args):
        tmp_path.chmod(0o755)
        started.append(Container(
            build_tree, run_files.root, str(tmp_path), *args))
        return started[-1]

    yield make
    for c in started:
        if c.process.poll() is None:
            assert c.stop(signal.SIGTERM) == 0, c.log()
        assert "Sanitizer" not in c.log()


def test_it_is_process_1_and_serves(container):
    c = container()
    with open("/proc/%d/status" % c.init) as f:
        numbers = [line for line in f if line.startswith("NSpid:")]
    assert numbers[0].split()[-1] == "1"
    assert c.ask("hello.cgi").body


def test_orphans_of_programs_become_its_children_and_are_reaped(container):
    c = container()
    for _ in range(5):
        c.ask("setsid.cgi", QUERY_STRING="2")
    orphans = [p for p in c.inside() if p.ppid == c.init]
    assert len(orphans) > 1, "they are its children"
    procs.wait_for(lambda: not c.inside(), 10, "all were reaped")


def test_a_daemon_of_a_program_is_left_alone_until_the_end(container):
    """It has a session of its own; only the end of process 1 is its end."""
    c = container()
    c.ask("setsid.cgi", QUERY_STRING="60")
    daemon = procs.wait_for(
        lambda: [p for p in c.inside() if p.ppid == c.init], 5, "a daemon")[0]
    assert daemon.session != procs.Process(c.init).session
    time.sleep(0.3)
    assert procs.alive(daemon.pid)
    assert c.stop(signal.SIGTERM) == 0
    procs.wait_for(lambda: not procs.alive(daemon.pid), 2, "it is gone")


class Memory:
    """A control group with little memory; version 1 or 2, whichever is."""

    def __init__(self, mib):
        old, new = "/sys/fs/cgroup/memory", "/sys/fs/cgroup"
        first = os.path.isdir(old)
        self.path = os.path.join(old if first else new,
                                 "cgi-fpm-test-%d" % os.getpid())
        try:
            os.mkdir(self.path)
            self.write("memory.limit_in_bytes" if first else "memory.max",
                       mib << 20)
        except OSError as e:
            self.remove()
            pytest.skip("no control group can be made here: %s" % e)

    def write(self, name, value):
        with open(os.path.join(self.path, name), "w") as f:
            f.write(str(value))

    def remove(self):
        if os.path.isdir(self.path):
            procs.wait_for(self._removed, 5, "the group is empty")

    def _removed(self):
        try:
            os.rmdir(self.path)
            return True
        except OSError:
            return False


@pytest.fixture
def memory():
    m = Memory(96)
    yield m
    m.remove()


@pytest.mark.plain_only
def test_H03_a_program_that_eats_all_memory_ends_alone(memory, container):
    c = container()
    for pid in [c.init] + [p.pid for p in procs.descendants(c.init)]:
        memory.write("cgroup.procs", pid)
    workers = [p.pid for p in procs.children(c.init)]
    for _ in range(3):
        answer = fcgi.request(c.address, {"SCRIPT_NAME": "/hog.cgi",
                                          "QUERY_STRING": "400"})
        assert (answer.status, answer.app_status) == (502, 128 + 9), answer
        assert c.ask("hello.cgi").body
    assert [p.pid for p in procs.children(c.init)] == workers
    assert c.process.poll() is None
    assert c.stop(signal.SIGTERM) == 0


@pytest.mark.parametrize("number", [
    signal.SIGTERM, signal.SIGINT, signal.SIGQUIT], ids=lambda n: n.name)
def test_a_request_ends_before_a_container_stops(container, number):
    c = container()
    with fcgi.Conn(c.address) as conn:
        conn.send_request({"SCRIPT_NAME": "/sleep.cgi",
                           "QUERY_STRING": "2"})
        procs.wait_for(c.inside, 5, "the program runs")
        os.kill(c.init, number)
        assert conn.collect(1)[1].complete
    assert c.process.wait(10) == 0, c.log()
    assert not os.path.exists(c.address)


def test_signals_that_are_for_others_do_not_end_it(container):
    c = container()
    for number in (signal.SIGUSR1, signal.SIGTTIN, signal.SIGTTOU,
                   signal.SIGHUP, signal.SIGPIPE, signal.SIGALRM,
                   signal.SIGUSR1):
        os.kill(c.init, number)
        time.sleep(0.02)
    assert c.ask("hello.cgi").body
    assert c.process.poll() is None


def test_the_health_check_tells_a_container_that_works(
        container, build_tree, run_files):
    with open(os.path.join(files.TOP, "etc", "Containerfile")) as f:
        check = f.read().split("HEALTHCHECK", 1)[1].split("CMD", 1)[1]
    words = check.replace("\\\n", " ").split("\n")[0].split()
    c = container()
    argv = [build_tree.program("cgi-fpmctl")] + [
        c.address if w.endswith(".sock") else w for w in words[1:]]
    argv = [w.replace("/srv/cgi-bin/health.cgi", run_files.program("hello.cgi"))
            for w in argv]

    def healthy():
        return subprocess.run(
            argv, env=build_tree.environ(), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            timeout=15).returncode

    assert words[0] == "cgi-fpmctl" and healthy() == 0
    assert c.stop(signal.SIGTERM) == 0
    assert healthy() != 0


def test_the_container_is_built_with_what_the_bootstrap_installs():
    with open(os.path.join(files.TOP, "bootstrap")) as f:
        wanted = re.search("build_packages='([^']*)'", f.read()).group(1)
    with open(os.path.join(files.TOP, "etc", "Containerfile")) as f:
        listed = f.read().split()
    for name in wanted.split():
        if name.endswith("-dev") or name in ("gcc", "make", "pkg-config"):
            assert name in listed, name
