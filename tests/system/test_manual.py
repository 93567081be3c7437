"""test_manual.py - the examples of cgi-fpmctl(8) do what it says."""

import os
import re
import shlex

import pytest

import fcgi
import files
import procs

def examples():
    """The command lines of root, without what a pipe does with the output."""
    with open(os.path.join(files.TOP, "man", "cgi-fpmctl.8")) as f:
        text = f.read().split(".Sh EXAMPLES\n")[1].split(".Sh SEE ALSO")[0]
    lines = re.findall(r"^(?:\.Dl )?# cgi-fpmctl (.*)$", text, re.M)
    return [re.split(r" [|>] ", line)[0] for line in lines]


@pytest.fixture
def git(start, run_files, tmp_path):
    # Where web servers may look, for `check`.
    sock = os.path.join(run_files.dir, "manual-%d.sock" % os.getpid())
    conf = tmp_path / "cgi-fpm.conf"
    conf.write_text("""pool "git" {
    listen = "%s"
    cgi.root = "%s"
    request_terminate_timeout = 30s
}
""" % (sock, run_files.root))
    pool = start("-y", str(conf), "-o", "listen.mode=0666", listen=None)
    pool.address = sock
    pool.wait_ready()
    pool.keeps_workers = False
    return pool


def test_every_example_can_be_typed_as_it_is(git):
    conn = fcgi.Conn(git.address)
    conn.send_request({"SCRIPT_FILENAME": git.files.program("sleep.cgi"),
                       "QUERY_STRING": "30"})
    procs.wait_for(lambda: git.ctl_json("requests")["requests"], 5, "it runs")
    worker = git.ctl_json("requests")["requests"][0]["worker"]
    told = {}
    lines = examples()
    assert len(lines) > 18
    for line in lines:
        words = shlex.split(line.replace("4714", str(worker)))
        if words[0] == "top":  # for an hour
            words = ["top", "-d", "100ms", "-n", "2"] + (
                ["git"] if "git" in words else [])
        done = git.try_ctl(*words)
        # There is not enough to advise yet.
        assert done.returncode == (75 if words[0] == "advise" else 0), done
        told[line] = done.stdout
    assert "40 workers at most" in told["scale git 40"]
    assert told["set git request_terminate_timeout=5m"] == (
        "request_terminate_timeout=5m, it was 30s\n")
    assert "killed" in told["kill 4714"]
    assert git.process.wait(15) == 0
    conn.close()
