"""Every way to start it, and every way that must fail, with its reason."""

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


def test_on_an_inherited_listener(start, run_files):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen(5)
        pool = start("-F", "1", listen=s.getsockname(), stdin=s,
                     tail=["--", run_files.program("hello.cgi")])
        pool.wait_ready(1)
    hello(pool)


def test_on_systemds_listener(build_tree, run_files, tmp_path):
    """LISTEN_PID must be the pid, so a shell sets it and executes."""
    path = str(tmp_path / "activated")
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(path)
        s.listen(5)
        process = subprocess.Popen(
            ["/bin/sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', "sh",
             build_tree.program("cgi-fpm"), "-n", "-F", "1", "--",
             run_files.program("hello.cgi")],
            preexec_fn=lambda: os.dup2(s.fileno(), 3), pass_fds=[3],
            env=build_tree.environ(), stderr=subprocess.PIPE)
        try:
            assert fcgi.request(path, {}).body == b"hello\n"
        finally:
            process.terminate()
            text = process.communicate(timeout=15)[1]
    assert process.returncode == 0, text
    assert os.path.exists(path), "the socket is systemd's, not ours"


def test_without_a_listener_it_says_so(run):
    refused(run("-n", "--", "/bin/true"), 78, "-s")


def test_a_stale_socket_is_replaced(start, run_files):
    path = os.path.join(run_files.dir, "stale")
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(path)
    pool = start("-F", "1", "-s", path, listen=None,
                 tail=["--", run_files.program("hello.cgi")])
    pool.address = path
    pool.wait_ready(1)
    hello(pool)


def test_a_live_socket_is_refused(command_pool, run):
    pool = command_pool("hello.cgi")
    done = run("-n", "-s", pool.address, "--", "/bin/true")
    refused(done, 71, pool.address)
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


def test_a_configuration_is_checked_without_starting(run, tmp_path):
    conf = tmp_path / "good.conf"
    conf.write_text('pool "a" { listen = "%s/s"\ncommand = {"/bin/true"} }\n'
                    % tmp_path)
    assert run("-t", "-y", str(conf)).returncode == 0
    printed = run("-tt", "-y", str(conf))
    assert printed.returncode == 0
    assert "/bin/true" in printed.stdout
    assert not os.path.exists(str(tmp_path / "s"))


@pytest.mark.parametrize("line,word", [
    ('nonsense = 1', "nonsense"),
    ('pm.max_children = 0', "pm.max_children"),
    ('pm = sometimes', "pm"),
    ('listen.mode = "0999"', "listen.mode"),
    ('user = "nobody-of-that-name"', "user"),
])
def test_a_bad_configuration_is_refused_by_name(run, tmp_path, line, word):
    conf = tmp_path / "bad.conf"
    conf.write_text('pool "a" {\nlisten = "%s/s"\ncommand = {"/bin/true"}\n'
                    '%s\n}\n' % (tmp_path, line))
    refused(run("-t", "-y", str(conf)), 78, word, "bad.conf")


def test_a_file_that_cannot_be_read_is_66(run):
    refused(run("-n", "-y", "/nonexistent/x.conf"), 66, "/nonexistent/x.conf")


def test_a_missing_program_refuses_the_start(run, tmp_path):
    refused(run("-n", "-s", str(tmp_path / "s"), "--", "/nonexistent/prog"),
            78, "/nonexistent/prog")


def test_usage_errors_are_64(run):
    assert run("--no-such-option").returncode == 64
    assert run("-n", "-s", "x").returncode == 64


def test_a_bad_value_on_the_line_is_78(run, tmp_path):
    refused(run("-n", "-s", str(tmp_path / "s"), "-o", "pm.max_children=x",
                "--", "/bin/true"), 78, "pm.max_children")


def test_version_and_help_go_to_stdout(run):
    for option in ("-v", "--version", "-h", "--help"):
        done = run(option)
        assert done.returncode == 0 and "cgi-fpm" in done.stdout, done


# --- as a daemon ---

def test_the_parent_returns_when_it_serves(run, tmp_path, run_files):
    sock, pidfile = str(tmp_path / "s"), tmp_path / "pid"
    done = run("-s", sock, "-P", str(pidfile), "-F", "2", "-o",
               "error_log=%s" % (tmp_path / "log"), "--",
               run_files.program("hello.cgi"))
    assert done.returncode == 0, done
    pid = int(pidfile.read_text())
    assert fcgi.request(sock, {}).body == b"hello\n"
    assert len(procs.children(pid)) == 2
    assert procs.Process(pid).session != os.getsid(0)
    os.kill(pid, 15)
    procs.wait_for(lambda: not procs.alive(pid), 10, "it stops")
    procs.reap(pid)
    assert not pidfile.exists() and not os.path.exists(sock)


def test_the_parent_tells_why_it_does_not(run, tmp_path):
    done = run("-s", "/nonexistent/folder/s", "-P", str(tmp_path / "pid"),
               "--", "/bin/true")
    refused(done, 71, "/nonexistent/folder/s")
    assert not (tmp_path / "pid").exists()
