"""What becomes of requests and of log lines when a log takes no more: a full
disk, a fifo that nobody reads or that lost its reader, a folder that is gone
or read-only, an input/output error.  Lines are lost, whole, and counted; no
request is lost or waits."""

import errno
import fcntl
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import time

import pytest

import procs
import systemd
from asker import Asker

NAMES = ("error", "access", "slow", "failure")
F_SETPIPE_SZ = 1031
OPTIONS = ("-o", "access.format=%i %s %X %{REQUEST_URI}e",
           "-o", "request_slowlog_timeout=50ms")

privileged = pytest.mark.skipif(not systemd.may_unshare(),
                                reason="needs root, unshare and its leave")


def log_options(folder):
    return ("-o", "error_log=%s/error" % folder,
            "-o", "access.log=%s/access" % folder,
            "-o", "slowlog=%s/slow" % folder,
            "-o", "cgi.failure_log=%s/failure" % folder) + OPTIONS


def lost(pool):
    """Once those who have lost any have said so."""
    before, now = None, pool.status()["log_lines_lost"]
    while now != before:
        time.sleep(0.1)
        before, now = now, pool.status()["log_lines_lost"]
    return now


def told_alike(pool):
    """What is lost, and the text that says it; None if more was meanwhile."""
    before = lost(pool)
    text = pool.ctl("status")
    return (before, text) if lost(pool) == before else None


def ask_all(ask, n, slow=0.1):
    """N of each: one that is well, one that fails and complains, one that
    takes SLOW seconds, in which a worker should find the time to say so; the
    answers are right, and none of them waits."""
    for _ in range(n):
        begun = time.monotonic()
        assert ask.get("hello.cgi", REQUEST_URI="/" + "x" * 400).body == \
            b"hello\n"
        assert ask.get("exit.cgi", 3, HTTP_X_LONG="y" * 900).status == 200
        assert ask.get("stderr.cgi").status == 200
        assert ask.get("sleep.cgi", slow).body == b"slept\n"
        assert procs.within(3, begun)


def read(path):
    with open(path, "rb") as f:
        return f.read().decode()


def whole(text, name):
    """The lines of a log; a piece of one may stand where a disk was full or
    a pipe, but never before another on the same line."""
    begins = {"error": r"\[\d\d-\w{3}-\d{4} [\d:.]+\] [A-Z]+: ",
              "access": r"[0-9a-f]{16} \d{3} \S+ "}.get(name)
    assert text == "" or text.endswith("\n") or begins is None
    if begins is None:
        # Records: each title at the beginning of a line.
        assert len(re.findall(r"\[pool \w+\] request", text)) == len(
            re.findall(r"(?m)^\[[^]]*\] \[pool \w+\] request", text))
        return
    for line in text.splitlines():
        assert len(re.findall(begins, line)) <= 1, line


@pytest.fixture
def full_disk(start, run_files, build_tree, tmp_path):
    """full_disk(options...): an asker whose logs are on a small disk of its
    own, seen from here in ask.logs."""

    def make(*args):
        folder = str(tmp_path / "disk")
        os.mkdir(folder)
        script = str(tmp_path / "start")
        with open(script, "w") as f:
            f.write("#!/bin/sh\nexec unshare -m /bin/sh -c '"
                    "mount -t tmpfs -o size=128k,mode=755 tmpfs %s && "
                    "exec %s \"$@\"' sh \"$@\"\n" % (
                        folder, build_tree.program("cgi-fpm")))
        os.chmod(script, 0o755)
        pool = start("-F", "2", "--root", run_files.root, "-o",
                     "cgi.stderr=log", *log_options(folder), *args,
                     program=script).wait_ready()
        ask = Asker(pool, run_files)
        ask.folder = folder
        ask.logs = "/proc/%d/root%s" % (pool.pid, folder)
        return ask

    return make


def fill(folder):
    """To the last byte; what is in the way is the file to remove."""
    path = folder + "/ballast"
    with open(path, "wb", buffering=0) as f:
        size = 4096
        while size:
            try:
                f.write(b"x" * size)
            except OSError as e:
                assert e.errno == errno.ENOSPC
                size //= 2
    return path


@privileged
def test_R12_a_disk_that_fills_up_loses_lines_not_requests(full_disk):
    ask = full_disk()
    ask_all(ask, 1)
    assert set(lost(ask.pool).values()) == {0}
    ballast = fill(ask.logs)
    ask_all(ask, 35)  # the last page of each file has room for some lines
    # The next line that tells of lines that were dropped is lost as well.
    after, text = procs.wait_for(lambda: told_alike(ask.pool), 10,
                                 "the counts stay, and are told")
    assert after["access"] >= 100 and after["slow"] >= 20, after
    assert after["failure"] >= 20 and after["error"] >= 5, after
    assert "lost lines   %(error)d error log, %(access)d access log, " \
        "%(slow)d slow log, %(failure)d failure log, " % after in text
    os.unlink(ballast)
    ask_all(ask, 3)
    # A line that tells of lines that were dropped may have been lost, too.
    freed = lost(ask.pool)
    assert freed.pop("error") <= after.pop("error") + 2
    assert freed == after
    for name in NAMES:
        whole(read("%s/%s" % (ask.logs, name)), name)
    tail = read(ask.logs + "/access").splitlines()[-12:]
    assert sorted(line.split()[2] for line in tail) == \
        ["exit:0"] * 9 + ["exit:3"] * 3


@privileged
def test_R12_each_line_is_written_or_counted(full_disk):
    """The disk fills up by the log itself: of each line the end is there, or
    it was counted."""
    ask = full_disk("-o", "slowlog=/dev/null",
                    "-o", "cgi.failure_log=/dev/null")
    sent = 0
    with ask.conn() as conn:
        while lost(ask.pool)["access"] < 50 and sent < 2000:
            for _ in range(25):
                ask.ask(conn, "hello.cgi", REQUEST_URI="/%d%s" % (
                    sent, "x" * 700))
                sent += 1
    lines = read(ask.logs + "/access").splitlines()
    ends = [line for line in lines if line.endswith("x" * 700)]
    assert len(ends) + lost(ask.pool)["access"] == sent


@privileged
def test_R12_metrics_count_lost_lines(full_disk):
    ask = full_disk("-o", "pm.status_path=/status")
    fill(ask.logs)
    ask_all(ask, 2)
    shown = ask.get("-", "openmetrics", SCRIPT_NAME="/status",
                    SCRIPT_FILENAME="/status").body.decode()
    found = dict(re.findall(
        r'cgifpm_log_lines_lost_total\{pool="[^"]+",log="(\w+)"\} (\d+)',
        shown))
    assert set(found) == {"error", "access", "slow", "failure", "master"}
    assert int(found["access"]) >= 4 and int(found["failure"]) >= 1
    page = json.loads(ask.get("-", "json", SCRIPT_NAME="/status",
                              SCRIPT_FILENAME="/status").body)
    assert page["log_lines_lost"]["access"] >= 4


@privileged
def test_R12_workers_start_while_the_disk_is_full_or_read_only(full_disk):
    ask = full_disk()
    pool = ask.pool
    pool.keeps_workers = False
    fill(ask.logs)
    for step in ("full", "hidden by one that is read-only"):
        old = pool.workers()
        for pid in old:
            os.kill(pid, signal.SIGKILL)
        procs.wait_for(lambda: len(set(pool.workers()) - set(old)) == 2, 5,
                       "other workers, with the disk " + step)
        ask_all(ask, 1)
        if step == "full":
            subprocess.run(["nsenter", "-m", "-t", str(pool.pid), "mount",
                            "-t", "tmpfs", "-o", "ro", "tmpfs", ask.folder],
                           check=True, stdin=subprocess.DEVNULL)
            # They cannot be opened again, and the old ones are full.
            procs.wait_for(lambda: pool.send(signal.SIGUSR1) or
                           lost(pool)["master"] >= 4, 10, "lost lines")
    old = lost(pool)
    assert old["access"] > 0


def fifos(folder):
    for name in NAMES:
        os.mkfifo("%s/%s" % (folder, name))
    return {name: os.open("%s/%s" % (folder, name),
                          os.O_RDONLY | os.O_NONBLOCK) for name in NAMES}


def drain(fd):
    text = b""
    while True:
        try:
            piece = os.read(fd, 65536)
        except BlockingIOError:
            break
        if not piece:
            break
        text += piece
    return text.decode()


def test_M11_readers_that_stopped_make_nobody_wait(asker, tmp_path):
    """All logs into fifos of one page, which nobody reads; then somebody
    does, then they are gone, then there are others."""
    readers = fifos(tmp_path)
    for fd in readers.values():
        fcntl.fcntl(fd, F_SETPIPE_SZ, 4096)
    ask = asker("-o", "cgi.stderr=log", *log_options(tmp_path), workers=2)
    ask_all(ask, 12)
    count = lost(ask.pool)
    assert count["access"] > 0 and count["failure"] > 0, count
    assert count["slow"] > 0, count
    for name, fd in readers.items():
        whole(drain(fd), name)
    ask_all(ask, 1, 0.5)
    for name, fd in readers.items():
        text = drain(fd)
        assert text.strip(), name
        whole(text, name)
    count = lost(ask.pool)
    for fd in readers.values():
        os.close(fd)
    ask_all(ask, 2, 0.5)
    gone = lost(ask.pool)
    assert gone["access"] == count["access"] + 8
    assert gone["slow"] >= count["slow"] + 2
    others = {name: os.open("%s/%s" % (tmp_path, name),
                            os.O_RDONLY | os.O_NONBLOCK) for name in NAMES}
    for fd in others.values():
        fcntl.fcntl(fd, F_SETPIPE_SZ, 65536)
    # What is told of dropped lines comes later, and may have been lost, too.
    gone = lost(ask.pool)
    ask_all(ask, 1, 0.5)
    assert lost(ask.pool) == gone
    for name, fd in others.items():
        assert drain(fd).strip(), name
        os.close(fd)


def test_R12_a_folder_that_is_gone_leaves_the_old_files(asker, tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    ask = asker(*log_options(folder))
    ask_all(ask, 1)
    os.rename(folder, tmp_path / "moved")
    ask.pool.send(signal.SIGUSR1)
    moved = str(tmp_path / "moved")
    procs.wait_for(lambda: read(moved + "/error").count(
        "going on with the old one") == 4, 5, "it says so of each")
    for name in ("access.log", "slowlog", "cgi.failure_log"):
        assert re.search(r"%s %s/\w+: No such file or directory; going on "
                         "with the old one" % (re.escape(name), folder),
                         read(moved + "/error"))
    ask_all(ask, 1)
    assert len(read(moved + "/access").splitlines()) == 8
    assert read(moved + "/failure").count("ended = exit:3") == 2
    # The administrator makes another: all are there at once.
    folder.mkdir()
    ask.pool.ctl("reopen-logs")
    procs.wait_for(lambda: len(os.listdir(folder)) == 4, 5, "new files")
    ask_all(ask, 1)
    assert read(str(folder / "failure")).count("ended = exit:3") == 1
    assert len(read(str(folder / "access")).splitlines()) == 4
    assert set(lost(ask.pool).values()) == {0}


def test_R12_a_deleted_file_is_made_anew_by_reopening(asker, tmp_path):
    ask = asker(*log_options(tmp_path))
    for name in NAMES:
        os.unlink(tmp_path / name)
    ask_all(ask, 1)  # into files without a name
    ask.pool.send(signal.SIGUSR1)
    procs.wait_for(lambda: all((tmp_path / n).exists() for n in NAMES), 5,
                   "new files")
    procs.wait_for(lambda: ask.get("exit.cgi", 4) and
                   "exit:4" in read(str(tmp_path / "failure")), 5,
                   "the worker has the new ones")
    assert set(lost(ask.pool).values()) == {0}


@pytest.mark.parametrize("name", ["error_log", "access.log", "slowlog"])
def test_a_fifo_without_a_reader_is_told_at_the_start(
        start, run_files, tmp_path, name):
    os.mkfifo(tmp_path / "fifo")
    pool = start("-o", "%s=%s/fifo" % (name, tmp_path), "--root",
                 run_files.root)
    pool.expect_exit = 71
    assert pool.process.wait(10) == 71
    pool.stopped = True
    assert "nobody reads it: a fifo needs its reader first" in pool.log()


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
@privileged
def test_R12_an_io_error_of_a_log_is_a_lost_line(asker, tmp_path):
    ask = asker(*log_options(tmp_path), "-o", "cgi.stderr=log")
    worker, = ask.pool.workers()
    tracer = subprocess.Popen(
        ["strace", "-qq", "-o", "/dev/null", "-p", str(worker), "-e",
         "trace=write", "-P", str(tmp_path / "access"), "-P",
         str(tmp_path / "slow"), "-P", str(tmp_path / "failure"),
         "-P", str(tmp_path / "error"), "-e", "inject=write:error=EIO"],
        stdin=subprocess.DEVNULL)
    try:
        procs.wait_for(lambda: "TracerPid:\t%d\n" % tracer.pid in read(
            "/proc/%d/status" % worker), 5, "it is traced")
        # It is called traced before its first system call is looked at.
        procs.wait_for(lambda: ask_all(ask, 1, 0.5) or min(
            lost(ask.pool)[n] for n in NAMES) >= 2, 10, "lost lines")
    finally:
        tracer.terminate()
        tracer.wait()
    before = lost(ask.pool)
    ask_all(ask, 1)
    assert lost(ask.pool) == before


def test_R12_rotation_without_end_loses_no_line(asker, tmp_path):
    """Every request is in exactly one of the files that were rotated."""
    ask = asker(*log_options(tmp_path), workers=2)
    asked = 0
    for i in range(60):
        for name in NAMES:
            os.rename(tmp_path / name, tmp_path / ("%s.%d" % (name, i)))
        ask.pool.send(signal.SIGUSR1)
        for _ in range(3):
            ask.get("exit.cgi", 3)
            asked += 1
        procs.wait_for(lambda: all((tmp_path / n).exists() for n in NAMES),
                       5, "new files")
    texts = {name: "".join(read(p) for p in glob.glob(
        "%s/%s*" % (tmp_path, name))) for name in NAMES}
    assert len(texts["access"].splitlines()) == asked
    assert texts["failure"].count("ended = exit:3") == asked
    assert set(lost(ask.pool).values()) == {0}
