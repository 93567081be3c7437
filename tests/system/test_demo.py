"""What ./bootstrap run serves, tried as its own text says."""

import os
import re
import signal
import subprocess
import urllib.request

import pytest

import files
import procs
from test_git import git

pytestmark = [pytest.mark.plain_only, pytest.mark.seconds(150)]


@pytest.fixture
def demo(build_tree, tmp_path):
    """(URL, process) of a running demonstration."""
    process = subprocess.Popen(
        [os.path.join(files.TOP, "tools", "demo"), build_tree.path],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        # A shell cannot trap what was ignored when it started, as INT is in
        # whatever runs in the background.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        env={"PATH": "/usr/sbin:/usr/bin:/bin", "TMPDIR": "/tmp",
             "HOME": "/nonexistent"})
    text = ""
    for line in process.stdout:
        text += line
        if "ctrl-C" in line:
            break
    found = re.search(r"http://localhost:\d+", text)
    assert found, text
    yield found.group(), process
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    process.stdout.read()
    process.wait(20)
    process.stdout.close()


def page(url):
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.read().decode()


def test_the_demonstration_does_what_it_says(demo, tmp_path):
    url, process = demo
    assert "cgit" in page(url + "/")
    assert "cgi-fpm.git" in page(url + "/cgit/")
    assert "cgi-fpm" in page(url + "/gitweb/")
    assert "a=b" in page(url + "/programs/environment.cgi/extra/path?a=b")
    assert "multipart" in page(url + "/programs/upload.cgi")
    git(tmp_path, "clone", "-q", url + "/git/cgi-fpm.git", "copy")
    git(tmp_path / "copy", "commit", "-q", "--allow-empty", "-m", "hello")
    git(tmp_path / "copy", "push", "-q", "origin", "HEAD")
    below = [p.pid for p in procs.descendants(process.pid)]
    assert below
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    procs.wait_for(lambda: not any(map(procs.alive, below)), 2,
                   "nothing still runs")
