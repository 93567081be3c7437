"""The slow log and the failure log."""

import os
import re
import signal

import procs


def read(path):
    with open(path) as log:
        return log.read()


def test_a_slow_request_is_told_with_where_its_program_stands(
        asker, tmp_path):
    log = tmp_path / "slow.log"
    ask = asker("-o", "request_slowlog_timeout=1s",
                "-o", "slowlog=%s" % log)
    with ask.conn() as conn:
        ask.send(conn, "tree.cgi", 1, REQUEST_URI="/slow?<\n>")
        procs.wait_for(lambda: log.exists() and "program" in read(log), 5,
                       "the slow log has it")
        program = re.search(r"program (\d+) \((\S+)\): state [SRD]",
                            read(log))
        assert procs.alive(int(program[1]))
        assert "waits in" in read(log) or "system call" in read(log)
        assert re.search(r"  child \d+ \(", read(log))
        assert r"request = GET /slow?<\x0a>" in read(log)
        assert "script_filename = " + ask.files.program("tree.cgi") in \
            read(log)
        conn.abort(1)
        conn.collect(1)
    ask.get("hello.cgi")
    assert read(log).count("request = ") == 1
    assert ask.pool.log().count(": slow: runs for ") == 1


def test_a_failed_request_leaves_what_is_needed_to_find_out_why(
        asker, tmp_path):
    log = tmp_path / "failures.log"
    ask = asker("-o", "cgi.failure_log=%s" % log)
    ask.get("hello.cgi")
    assert read(log) == ""
    ask.get("stderr.cgi")  # stderr alone is no failure
    assert read(log) == ""
    ask.get("exit.cgi", 3, HTTP_COOKIE="secret=1", HTTP_X="a\x1bb",
            HTTP_AUTHORIZATION="Basic secret")
    ask.get("signal.cgi", 11)
    ask.get("silent.cgi", 0)
    ask.get("badinterp.cgi")
    ask.get("nothing.cgi")  # a 404 is no failure
    text = read(log)
    assert re.findall(r"ended = (.*)", text) == [
        "exit:3", "sig:11", "exit:0", "cannot be started"]
    assert "secret" not in text
    assert "HTTP_COOKIE = (8 bytes)" in text
    assert r"HTTP_X = a\x1bb" in text
    assert "  exit 3\n" in text and "stdout:\n  Content-Type:" in text


def test_a_failure_log_has_an_end(asker, tmp_path):
    log = tmp_path / "failures.log"
    ask = asker("-o", "cgi.failure_log=%s" % log,
                "-o", "cgi.failure_log_max=4K")
    for _ in range(40):
        ask.get("exit.cgi", 3)
    assert 4096 <= os.path.getsize(log) < 4096 + 16384


def test_logs_opened_again_are_the_same_workers(asker, tmp_path):
    log = tmp_path / "failures.log"
    ask = asker("-o", "cgi.failure_log=%s" % log)
    ask.get("exit.cgi", 3)
    os.rename(log, tmp_path / "old")
    old = ask.pool.workers()
    ask.pool.send(10)
    procs.wait_for(log.exists, 5, "a new file")
    procs.wait_for(lambda: ask.get("exit.cgi", 4) and "exit:4" in read(log),
                   5, "it is written to")
    assert "exit:3" not in read(log)
    assert ask.pool.workers() == old


def test_who_comes_after_logs_were_opened_again_is_in_the_new_ones(
        asker, tmp_path):
    """All of them, also when the worker has had no time to look."""
    ask = asker("-o", "access.log=%s/access" % tmp_path,
                "-o", "error_log=%s/error" % tmp_path)
    worker, = ask.pool.workers()
    for name in ("access", "error"):
        os.rename(tmp_path / name, tmp_path / ("old-" + name))
    os.kill(worker, signal.SIGSTOP)
    procs.wait_for(lambda: procs.state(worker) == "T", 5, "it stands")
    with ask.conn() as conn:
        ask.pool.ctl("reopen-logs")
        ask.send(conn, "nothing.cgi", keep=False)
        os.kill(worker, signal.SIGCONT)
        assert conn.finish().status == 404
    assert "nothing.cgi" in read(tmp_path / "error")
    assert " 404\n" in read(tmp_path / "access")
    assert read(tmp_path / "old-access") == ""


def test_what_cannot_be_opened_refuses_the_start(start, run_files):
    for name in ("access.log", "slowlog", "cgi.failure_log"):
        pool = start("-F", "1", "-o", name + "=/nonexistent/x",
                     tail=["--", run_files.program("hello.cgi")])
        pool.expect_exit = 71
        assert pool.process.wait(10) == 71
        pool.stopped = True
        assert name + " /nonexistent/x: No such file" in pool.log()
