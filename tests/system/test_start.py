"""Where it listens and what it runs; test_options.py has the errors."""

import os
import socket
import stat
import subprocess

import pytest

import fcgi
import pool as pools
import procs


def hello(pool):
    answer = fcgi.request(pool.address, {})
    assert answer.body == b"hello\n"


@pytest.fixture
def run(build_tree, tmp_path):
    """run(args...): cgi-fpm until it ends; the finished process."""

    def it(*args, **kw):
        return subprocess.run(
            [build_tree.program("cgi-fpm"), *args], timeout=20, cwd=tmp_path,
            env=build_tree.environ(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **kw)

    return it


def refused(done, code, *words):
    """It ended with CODE and one line of reason."""
    assert done.returncode == code, done
    lines = [line for line in done.stderr.splitlines()
             if "WARNING" not in line]  # root is warned of, for one
    assert len(lines) == 1, lines
    for word in words:
        assert word in done.stderr


# --- where it listens ---

def test_over_tcp(command_pool):
    hello(command_pool("hello.cgi", listen="tcp"))


@pytest.mark.parametrize("form", ["unix:%s", "%s"])
def test_on_a_unix_socket_in_either_form(start, run_files, form):
    path = os.path.join(run_files.dir, "either")
    pool = start("-F", "1", "-s", form % path, listen=None,
                 tail=["--", run_files.program("hello.cgi")])
    pool.address = path
    pool.wait_ready(1)
    hello(pool)
    assert pool.stop() == 0
    assert not os.path.exists(path), "the socket is removed"


@pytest.mark.parametrize("form,host", [("tcp:127.0.0.1:%d", "127.0.0.1"),
                                       ("tcp6:[::1]:%d", "::1")])
def test_on_fcgiwraps_forms_of_tcp(start, run_files, form, host):
    port = pools.free_port()
    pool = start("-F", "1", "-s", form % port, listen=None,
                 tail=["--", run_files.program("hello.cgi")])
    procs.wait_for(lambda: answers(host, port), 5, "it accepts")
    pool.address = (host, port)
    hello(pool)


def answers(host, port):
    try:
        socket.create_connection((host, port), 1).close()
        return True
    except ConnectionError:
        return False


def test_a_stale_socket_is_replaced(start, run_files):
    path = os.path.join(run_files.dir, "stale")
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(path)
    pool = start("-F", "1", "-s", path, listen=None,
                 tail=["--", run_files.program("hello.cgi")])
    pool.address = path
    pool.wait_ready(1)
    hello(pool)


def test_a_file_that_is_no_socket_is_refused_and_kept(run, tmp_path):
    path = tmp_path / "precious"
    path.write_text("data")
    refused(run("-n", "-s", str(path), "--", "/bin/true"), 71, str(path))
    assert path.read_text() == "data"


def test_the_socket_is_0660_unless_told(start, run_files):
    path = os.path.join(run_files.dir, "mode")
    pool = start("-F", "1", "-s", path, listen=None,
                 tail=["--", run_files.program("hello.cgi")])
    pool.address = path
    pool.wait_ready(1)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o660


# --- what it runs ---

def test_a_command_with_arguments(start, run_files):
    pool = start("-F", "1", tail=["--", "/bin/printf", "%s|", "-n", "a b"])
    pool.wait_ready(1)
    assert fcgi.request(pool.address, {}).stdout == b"-n|a b|"


def test_pools_of_a_file(start, run_files, tmp_path):
    conf = tmp_path / "pools.conf"
    other = str(tmp_path / "other")
    conf.write_text("""
pool "one" {
    listen = "@DIR@/sock"
    pm = static
    pm.max_children = 1
    command = {"%s"}
}
pool "two" {
    listen = "%s"
    pm = static
    pm.max_children = 2
    cgi.root = "%s"
    env { COLOUR = "blue" }
}
""".replace("@DIR@", str(tmp_path)) % (
        run_files.program("hello.cgi"), other, run_files.root))
    pool = start("-y", str(conf), listen=None)
    pool.address = str(tmp_path / "sock")
    pool.wait_ready(3)
    hello(pool)
    answer = fcgi.request(other, {
        "SCRIPT_FILENAME": run_files.program("env.cgi")})
    assert b'"COLOUR=blue"' in answer.body


def test_a_missing_program_refuses_the_start(run, tmp_path):
    refused(run("-n", "-s", str(tmp_path / "s"), "--", "/nonexistent/prog"),
            78, "/nonexistent/prog")
