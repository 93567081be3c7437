"""Failure modes of starting programs and of what they inherit, C18 to C34."""

import json
import os
import shutil
import signal
import socket
import stat
import threading

import pytest

import fcgi
import procs
from asker import Asker, together

ROOT_ONLY = pytest.mark.skipif(os.getuid() != 0, reason="needs root")


def seen(answer):
    assert answer.status == 200, answer
    return json.loads(answer.body)


def write(path, text, mode=0o755):
    path.write_text(text)
    path.chmod(mode)
    return path


HELLO = "#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\n%s'\n"


# --- C18, C19: what cannot be executed ---

def make_kinds(root):
    """One of each kind: {name: status}."""
    write(root / "text.cgi", "no program\n", 0o644)
    write(root / "garbage.cgi", "\1\2\3 garbage\n")
    write(root / "noint.cgi", "#!/nowhere/interpreter\n")
    write(root / "denied.cgi", "#!%s/text.cgi\n" % root)
    write(root / "folder.cgi", "#!%s\n" % root)
    write(root / "empty.cgi", "")
    (root / "dir.cgi").mkdir()
    os.mkfifo(root / "fifo.cgi", 0o755)
    write(root / "fifoint.cgi", "#!%s/fifo.cgi\n" % root)
    (root / "dangling.cgi").symlink_to("nowhere")
    (root / "loop.cgi").symlink_to("loop.cgi")
    s = socket.socket(socket.AF_UNIX)
    s.bind(str(root / "socket.cgi"))
    s.close()
    return {"text.cgi": 403, "garbage.cgi": 500, "noint.cgi": 500,
            "denied.cgi": 500, "folder.cgi": 500, "empty.cgi": 500,
            "dir.cgi": 403, "fifo.cgi": 403, "fifoint.cgi": 500,
            "dangling.cgi": 404, "loop.cgi": 403, "socket.cgi": 403,
            "nothing.cgi": 404}


def test_C18_what_cannot_be_executed_is_told_apart(own_root):
    kinds = make_kinds(own_root.root)
    a = own_root()
    got = {name: a.at(name).status for name in kinds}
    assert got == kinds
    for name in set(kinds) - {"nothing.cgi"}:
        # Of many such lines at once only some are written: ask again.
        procs.wait_for(lambda: name in a.pool.log() or not a.at(name).status,
                       10, "the log says why: " + name)


@ROOT_ONLY
def test_C18_a_device_is_not_executed(own_root):
    os.mknod(own_root.root / "null.cgi", stat.S_IFCHR | 0o777,
             os.makedev(1, 3))
    assert own_root().at("null.cgi").status == 403


def test_C18_a_program_that_is_being_written_is_a_500(own_root):
    path = own_root.root / "busy.cgi"
    shutil.copy("/bin/true", path)
    path.chmod(0o755)
    a = own_root()
    with open(path, "r+b"):
        answer = a.at("busy.cgi")
        assert answer.status == 500
        procs.wait_for(lambda: "Text file busy" in a.pool.log(), 5)
    assert a.at("busy.cgi").status == 502  # it says nothing, but it runs


def test_C18_an_environment_that_does_not_fit_is_a_431(own_root):
    write(own_root.root / "x.cgi", HELLO % "x")
    a = own_root("-o", "request_params_max=16M", "-o", "rlimit_as=1G")
    big = {"HTTP_X%d" % n: "x" * 131000 for n in range(100)}
    answer = a.at("x.cgi", **big)
    assert answer.status == 431
    assert a.at("x.cgi").body == b"x"


@pytest.mark.parametrize("way", ["missing", "not executable"])
def test_C18_a_command_that_vanishes_is_told(start, run_files, tmp_path, way):
    path = write(tmp_path / "x.cgi", HELLO % "x")
    for folder in [tmp_path, *tmp_path.parents]:
        if folder.name.startswith("pytest"):
            folder.chmod(0o755)
    pool = start("-F", "1", tail=["--", str(path)]).wait_ready(1)
    assert fcgi.request(pool.address, {}).body == b"x"
    if way == "missing":
        path.unlink()
    else:
        path.chmod(0o644)
    told = 404 if way == "missing" else 403
    assert fcgi.request(pool.address, {}).status == told
    (worker,) = pool.workers()
    os.kill(worker, signal.SIGKILL)
    procs.wait_for(lambda: len(pool.workers()) == 1
                   and worker not in pool.workers(), 5, "another worker")
    pool.keeps_workers = False
    assert fcgi.request(pool.address, {}).status == told


def test_C19_while_it_is_replaced_the_old_or_the_new_one_runs(own_root):
    root = own_root.root
    write(root / "x.cgi", HELLO % "0")
    a = own_root(workers=2)
    done = threading.Event()

    def replace():
        n = 0
        while not done.is_set():
            n = (n + 1) % 10
            write(root / "new", HELLO % n)
            os.rename(root / "new", root / "x.cgi")
        return True

    def ask():
        try:
            for _ in range(100):
                answer = a.at("x.cgi")
                assert answer.status == 200 and answer.body.isdigit(), answer
        finally:
            done.set()
        return True

    assert all(together(replace, ask))


# --- C20 to C22: what a program inherits ---

def test_C20_a_program_has_three_descriptors_and_no_more(asker):
    a = asker(workers=2)
    others = [a.conn() for _ in range(5)]
    try:
        a.ask(others[0], "hello.cgi")
        with a.conn() as c:
            a.send(c, "sleep.cgi", 30, id=7)  # its pipes are there meanwhile
            procs.wait_for(a.pool.programs, 5, "it runs")
            got = seen(a.ask(c, "env.cgi"))
            c.abort(7)
            c.finish(7)
        assert sorted(got["fds"]) == ["0", "1", "2"]
        assert got["fds"]["0"] == "/dev/null"
        assert all(got["fds"][n].startswith("pipe:") for n in "12")
        got = seen(a.get("env.cgi", body=b"x" * 10))
        assert sorted(got["fds"]) == ["0", "1", "2"]
        assert len(set(got["fds"].values())) == 3, "each its own"
    finally:
        for c in others:
            c.close()


def test_C20_descriptors_of_our_own_parent_are_not_passed_on(start, run_files):
    leaked = os.open("/etc/passwd", os.O_RDONLY)
    os.set_inheritable(leaked, True)
    try:
        p = start("-F", "1", "--root", run_files.root, close_fds=False)
        a = Asker(p.wait_ready(1), run_files)
        assert sorted(seen(a.get("env.cgi"))["fds"]) == ["0", "1", "2"]
    finally:
        os.close(leaked)


def odd_parent():
    """What a careless parent leaves to us: ignored and blocked signals."""
    for number in (signal.SIGCHLD, signal.SIGHUP, signal.SIGINT,
                   signal.SIGUSR1, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGUSR2,
                                              signal.SIGCHLD})


@pytest.mark.parametrize("parent", [None, odd_parent])
def test_C21_signals_of_a_program_are_as_new(start, run_files, parent):
    p = start("-F", "1", "--root", run_files.root, preexec_fn=parent)
    a = Asker(p.wait_ready(1), run_files)
    status = dict(line.split(":", 1) for line in
                  a.get("sigs.cgi").body.decode().splitlines() if ":" in line)
    for name in ("SigIgn", "SigBlk", "SigPnd", "ShdPnd"):
        assert int(status[name], 16) == 0, (name, status[name])


def test_C22_folder_mask_limits_and_priority_are_those_configured(
        start, run_files):
    p = start("-F", "1", "--root", run_files.root, "-o", "umask=0027",
              "-o", "rlimit_files=77", "-o", "rlimit_core=0",
              "-o", "process.priority=5", env={"MASTERS": "own"},
              preexec_fn=lambda: os.umask(0o077))
    a = Asker(p.wait_ready(1), run_files)
    got = seen(a.get("env.cgi"))
    assert got["cwd"] == run_files.root
    assert got["umask"] == 0o027
    limits = {line[:26].strip(): line[26:].split()[:2]
              for line in got["limits"][1:]}
    assert limits["Max open files"] == ["77", "77"]
    assert limits["Max core file size"] == ["0", "0"]
    assert not [e for e in got["environ"] if e.startswith("MASTERS=")]
    with a.conn() as c:
        a.send(c, "sleep.cgi", 60)
        pid = procs.wait_for(a.pool.programs, 5)[0].pid
        procs.wait_for(lambda: os.getpriority(os.PRIO_PROCESS, pid) == 5)
        c.abort()
        c.finish()


def test_C22_a_workers_own_limits_are_not_the_programs(asker, run_files):
    a = asker("-o", "rlimit_files=20", "-o", "rlimit_fsize=0")
    with a.conn() as c:  # more than 20 descriptors in the worker
        for id in range(1, 9):
            a.send(c, "sleep.cgi", 0.3, id=id)
        for id in range(1, 9):
            assert c.finish(id).body == b"slept\n"


def test_C22_chdir_is_obeyed(asker, run_files):
    a = asker("-o", "chdir=" + run_files.www)
    assert seen(a.get("env.cgi"))["cwd"] == run_files.www
