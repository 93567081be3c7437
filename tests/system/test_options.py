"""Starting: what is refused, with which exit code, and what a start does."""

import grp
import json
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time

import pytest

import fcgi
import procs


@pytest.fixture
def cgi_fpm(build_tree, tmp_path):
    """cgi_fpm(args...): run it to its end in a folder of its own."""

    def run(*args, stdin=subprocess.DEVNULL, program=None, **popen):
        return subprocess.run(
            [program or build_tree.program("cgi-fpm"), *args], stdin=stdin,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path,
            env=build_tree.environ(popen.pop("env", None)), timeout=20,
            text=True, check=False, **popen)

    run.build = build_tree
    return run


def assert_refused(result, code, *parts):
    """One line on stderr, and nothing else."""
    lines = result.stderr.splitlines()
    assert result.returncode == code, result
    assert len(lines) == 1 and lines[0].startswith("cgi-fpm: "), result
    for part in parts:
        assert part in lines[0], result
    assert result.stdout == ""


PROGRAM = "/bin/cat"


# --- usage ---

@pytest.mark.parametrize("args, part", [
    ([], "no program"),
    (["-n"], "no program"),
    (["--bogus"], "--bogus is no option"),
    (["-x"], "-x is no option"),
    (["-s"], "-s needs an argument"),
    (["-y", "f", PROGRAM], "exclude each other"),
    (["-y", "f", "-s", "s"], "exclude each other"),
    (["-y", "f", "-p", "9"], "exclude each other"),
    (["-y", "f", "-a", "::1"], "exclude each other"),
    (["-y", "f", "--root", "/"], "exclude each other"),
    (["-a", "::1", PROGRAM], "-a ADDR needs -p PORT"),
])
def test_a_usage_error_exits_with_64(cgi_fpm, args, part):
    assert_refused(cgi_fpm(*args), 64, part)


# --- names and values ---

@pytest.mark.parametrize("args, parts", [
    (["-F", "many", PROGRAM], ["pm.max_children", "'many'", "1 to 10000"]),
    (["-F", "0", PROGRAM], ["pm.max_children"]),
    (["-b", "x", PROGRAM], ["listen.backlog", "'x'"]),
    (["-M", "9", PROGRAM], ["listen.mode", "'9'"]),
    (["-U", "no-such-user", PROGRAM], ["listen.owner", "no-such-user"]),
    (["-G", "no-such-group", PROGRAM], ["listen.group", "no-such-group"]),
    (["-u", "no-such-user", PROGRAM], ["no-such-user"]),
    (["-g", "no-such-group", PROGRAM], ["no-such-group"]),
    (["-c", "/nowhere", PROGRAM], ["chroot", "/nowhere"]),
    (["-d", "/nowhere", PROGRAM], ["chdir", "/nowhere"]),
    (["-o", "pm", PROGRAM], ["'pm' is not NAME=VALUE"]),
    (["-o", "pm.max_childen=3", PROGRAM], ["did you mean", "max_children"]),
    (["-o", "pm=static; evil", PROGRAM], ["pm", "'static; evil'"]),
    (["-o", "pm=a\nb", PROGRAM], ["pm", "'a?b'"]),
    (["-o", "pm.min_spare_servers=9", "-o", "pm.max_spare_servers=8",
      PROGRAM], ["min_spare_servers (9)", "max_spare_servers (8)"]),
    (["--name", "a b", PROGRAM], ["name"]),
    (["--root", "/", PROGRAM], ["command and cgi.root exclude"]),
    (["--root", "/nowhere"], ["cgi.root", "/nowhere"]),
    (["/nowhere/prog"], ["command", "/nowhere/prog"]),
    (["/etc/passwd"], ["command", "not executable"]),
    (["/etc"], ["command", "not a regular file"]),
    (["-s", "x" * 120, PROGRAM], ["listen", "unix socket"]),
    (["-s", "tcp:localhost:http?", PROGRAM], ["listen"]),
])
def test_a_bad_name_or_value_exits_with_78(cgi_fpm, args, parts):
    assert_refused(cgi_fpm("-s", "s", "-n", *args), 78, *parts)


def test_without_a_listener_it_says_what_to_give(cgi_fpm):
    assert_refused(cgi_fpm("-n", PROGRAM), 78, "-s PATH", "-p PORT",
                   "descriptor 0", "LISTEN_FDS")


POOL = """pool "%s" {
    listen = %s
    command = /bin/cat
%s}
"""


@pytest.mark.parametrize("text, parts", [
    ("", ["no pool"]),
    (POOL % ("git", "/s", "pm.max_children = many\n"),
     ["pool 'git'", "pm.max_children", "'many' is not a number from 1 to"]),
    (POOL % ("a", "/s", "nonsense = 1\n"), ["pool 'a'", "'nonsense'"]),
    (POOL % ("a", "/s", "") + POOL % ("a", "/t", ""), ["pool 'a'"]),
    (POOL % ("a", "/s", "") + POOL % ("b", "/s", ""),
     ["pool 'b'", "/s", "pool 'a'"]),
    ('pool "a" { listen = /s }', ["neither command nor cgi.root"]),
    ('pool "a" { listen = /s', ["never closed"]),
])
def test_a_bad_file_exits_with_78_and_is_named(cgi_fpm, tmp_path, text, parts):
    path = tmp_path / "bad.conf"
    path.write_text(text)
    assert_refused(cgi_fpm("-n", "-y", str(path)), 78, str(path), *parts)
    assert_refused(cgi_fpm("-t", "-y", str(path)), 78, str(path), *parts)


def test_a_file_that_cannot_be_read_exits_with_66(cgi_fpm, tmp_path):
    assert_refused(cgi_fpm("-y", "/nowhere.conf"), 66, "/nowhere.conf")
    assert_refused(cgi_fpm("-y", str(tmp_path)), 66, str(tmp_path))
    (tmp_path / "a.conf").write_text('include("none.conf")\n')
    assert_refused(cgi_fpm("-t", "-y", "a.conf"), 66, "a.conf", "none.conf")


# --- what the system refuses ---

@pytest.mark.parametrize("more", [["-n"], []], ids=["foreground", "daemon"])
def test_a_socket_that_cannot_be_made_exits_with_71(cgi_fpm, more):
    assert_refused(cgi_fpm(*more, "-s", "/nowhere/sock", "-o",
                           "error_log=/dev/null", PROGRAM),
                   71, "/nowhere/sock")


@pytest.mark.parametrize("more", [["-n"], []], ids=["foreground", "daemon"])
def test_a_socket_in_use_is_refused_and_left_alone(cgi_fpm, tmp_path, more):
    path = str(tmp_path / "sock")
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(path)
        s.listen()
        assert_refused(cgi_fpm(*more, "-s", path, PROGRAM), 71, path)
        with socket.socket(socket.AF_UNIX) as c:
            c.connect(path)


def as_nobody():
    nobody = pwd.getpwnam("nobody")
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become nobody")
def test_only_root_may_run_programs_as_another(cgi_fpm, run_files):
    # Nobody may be unable to get to the build tree.
    copy = shutil.copy(cgi_fpm.build.program("cgi-fpm"), run_files.dir)
    result = cgi_fpm("-n", "-s", "s", "-u", "daemon", PROGRAM, program=copy,
                     preexec_fn=as_nobody)
    assert_refused(result, 77, "only root")
    result = cgi_fpm("-t", "-s", "/s", "-u", "daemon", PROGRAM, program=copy,
                     preexec_fn=as_nobody)
    assert result.returncode == 0, result


# --- looking only ---

def test_help_and_version_go_to_stdout(cgi_fpm):
    shown = cgi_fpm("--help")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "--root DIR" in shown.stdout and "-y, --config" in shown.stdout
    shown = cgi_fpm("-v")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith("cgi-fpm 0.")


def test_a_good_file_is_tested_with_0(cgi_fpm, tmp_path):
    path = tmp_path / "good.conf"
    path.write_text(POOL % ("a", "/nowhere/sock", "listen.mode = 0666"))
    result = cgi_fpm("-t", "-y", str(path))
    assert result.returncode == 0
    assert result.stderr == (
        "cgi-fpm: configuration %s test is successful\n" % path)
    assert result.stdout == ""


def test_what_tt_prints_can_be_read_again(cgi_fpm, tmp_path):
    first = cgi_fpm("-tt", "-s", "tcp:127.0.0.1:9", "-F", "3", "-o",
                    "env.A=it's \\ $x", "-o", "command={/bin/cat, 'a b'}",
                    "-o", "request_idle_timeout=1500ms")
    assert first.returncode == 0, first
    assert "pm.max_children = 3\n" in first.stdout
    assert "request_idle_timeout = 1500ms\n" in first.stdout
    (tmp_path / "again.conf").write_text(first.stdout)
    again = cgi_fpm("-tt", "-y", "again.conf")
    assert again.returncode == 0, again
    assert again.stdout == first.stdout


# --- a start that works ---

def ask(pool):
    answer = fcgi.request(pool.address, {"REQUEST_METHOD": "GET"})
    assert answer.status == 200, answer
    return answer


def test_the_socket_has_its_mode_and_owner(start, run_files):
    if os.geteuid() != 0:
        pytest.skip("needs root to give a file away")
    pool = start("-F", "1", "-M", "0620", "-U", "daemon", "-G", "nogroup",
                 tail=["--", run_files.program("hello.cgi")]).wait_ready(1)
    info = os.stat(pool.address)
    assert stat.S_IMODE(info.st_mode) == 0o620
    assert info.st_uid == pwd.getpwnam("daemon").pw_uid
    assert info.st_gid == grp.getgrnam("nogroup").gr_gid


def test_relative_paths_are_those_of_the_start(start, run_files):
    pool = start("-F", "1", "-s", "other.sock", "-P", "the.pid", "--root",
                 "cgi-bin", listen=None)
    pool.address = os.path.join(pool.dir, "other.sock")
    assert_refused_by_log(pool, "cgi.root")
    os.symlink(run_files.root, os.path.join(pool.dir, "cgi-bin"))
    again = start("-F", "1", "-s", "./x.sock", "-P", "the.pid",
                  tail=["--", os.path.relpath(run_files.program("hello.cgi"),
                                              pool.dir)],
                  listen=None)
    again.address = os.path.join(again.dir, "x.sock")
    again.wait_ready(1)
    ask(again)
    with open(os.path.join(again.dir, "the.pid")) as f:
        assert int(f.read()) == again.pid
    again.stop()
    assert os.listdir(again.dir) == ["log"]


def assert_refused_by_log(pool, part):
    assert pool.process.wait(10) == 78
    assert part in pool.log()
    pool.expect_exit = 78


def test_a_file_may_have_several_pools_and_lines_override(start, run_files):
    conf = os.path.join(run_files.dir, "two.conf")
    with open(conf, "w") as f:
        for name in ("one", "two"):
            f.write('pool "%s" {\n listen = "%s/%s.sock"\n'
                    ' command = {"%s"}\n pm.max_children = 7\n'
                    ' env { WHO = "%s"\n A = file }\n}\n'
                    % (name, run_files.dir, name,
                       run_files.program("env.cgi"), name))
    pool = start("-y", conf, "-F", "1", "-o", "env.A=line", listen=None)
    for name in ("one", "two"):
        pool.address = os.path.join(run_files.dir, name + ".sock")
        pool.wait_ready(2)
        environ = json.loads(ask(pool).body)["environ"]
        assert "WHO=" + name in environ
        assert "A=line" in environ


def test_programs_as_root_are_warned_about(start, run_files):
    if os.geteuid() != 0:
        pytest.skip("needs root")
    pool = start("-F", "1", "--name", "rooted",
                 tail=["--", run_files.program("hello.cgi")]).wait_ready(1)
    assert "rooted: its programs run as root" in pool.log()
    pool = start("-F", "1", "-u", "nobody", "--name", "humble",
                 tail=["--", run_files.program("hello.cgi")]).wait_ready(1)
    assert "as root" not in pool.log()


def test_a_listener_on_descriptor_0_is_used(start, run_files):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        pool = start("-F", "1", stdin=s, listen=s.getsockname(),
                     tail=["--", run_files.program("hello.cgi")])
        pool.wait_ready(1)
        ask(pool)


def test_listeners_of_the_service_manager_go_to_their_pools(
        cgi_fpm, tmp_path, run_files):
    """Passed as systemd does: from 3 on, for the pid of the new process."""
    conf = tmp_path / "x.conf"
    conf.write_text("".join(
        'pool "%s" { command = {"%s"} env { WHO = %s } pm = static '
        "pm.max_children = 1 }\n" % (n, run_files.program("env.cgi"), n)
        for n in ("one", "two")))
    listeners = [socket.socket(socket.AF_UNIX) for _ in range(2)]
    for name, s in zip(("two", "one"), listeners):
        s.bind(str(tmp_path / name))
        s.listen()
    script = ("import fcntl, os, sys;"
              "high = [fcntl.fcntl(int(a), fcntl.F_DUPFD, 50)"
              " for a in sys.argv[1:3]];"
              "os.dup2(high[0], 3); os.dup2(high[1], 4);"
              "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='2',"
              " LISTEN_FDNAMES='two:one'); os.execv(sys.argv[3],"
              " sys.argv[3:])")
    binary = cgi_fpm.build.program("cgi-fpm")
    with open(tmp_path / "log", "wb") as log:
        p = subprocess.Popen(
            [sys.executable, "-c", script,
             *[str(s.fileno()) for s in listeners], binary, "-n", "-y",
             str(conf)],
            pass_fds=[s.fileno() for s in listeners], stdout=log, stderr=log,
            stdin=subprocess.DEVNULL, env=cgi_fpm.build.environ())
    try:
        for name in ("one", "two"):
            answer = fcgi.request(str(tmp_path / name),
                                  {"REQUEST_METHOD": "GET"})
            assert "WHO=" + name in json.loads(answer.body)["environ"]
            assert not any(
                v.startswith("LISTEN_")
                for v in json.loads(answer.body)["environ"])
    finally:
        p.terminate()
        code = p.wait(15)
        said = (tmp_path / "log").read_text()
    assert code == 0, said
    # They were not ours to remove.
    assert (tmp_path / "one").exists() and (tmp_path / "two").exists()


# --- a daemon ---

def stop(pid):
    """End the daemon, which is our child now (we are its subreaper)."""
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    raise AssertionError("the daemon does not stop")


def test_a_daemon_serves_once_its_parent_says_so(
        cgi_fpm, tmp_path, run_files):
    strange, ours = os.pipe()
    os.set_inheritable(ours, True)
    result = cgi_fpm("-s", "s", "-P", "pid", "-F", "2", "-o",
                     "error_log=%s" % (tmp_path / "log"),
                     run_files.program("hello.cgi"), pass_fds=[ours])
    os.close(ours)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    pid = int((tmp_path / "pid").read_text())
    try:
        answer = fcgi.request(str(tmp_path / "s"), {"REQUEST_METHOD": "GET"})
        assert answer.status == 200
        assert os.getsid(pid) == pid
        assert os.readlink("/proc/%d/cwd" % pid) == "/"
        assert os.readlink("/proc/%d/fd/2" % pid) == "/dev/null"
        # Nobody but us had the other end of this pipe.
        assert os.read(strange, 1) == b""
        with open("/proc/%d/stat" % pid) as f:
            assert f.read().rsplit(")", 1)[1].split()[0] in "SRD"
    finally:
        os.close(strange)
        code = stop(pid)
    assert code == 0
    assert sorted(os.listdir(tmp_path)) == ["log"]


def test_a_daemon_that_cannot_start_says_why_and_leaves_nothing(
        cgi_fpm, tmp_path):
    result = cgi_fpm("-s", "s", "-P", "/nowhere/pid", PROGRAM)
    assert_refused(result, 73, "/nowhere/pid")
    # It cleans up once it has said so.
    procs.wait_for(lambda: os.listdir(tmp_path) == [], 5, "nothing is left")


@pytest.mark.parametrize("line, why", [
    ("#!/nowhere/sh -e\n",
     "its interpreter /nowhere/sh: No such file or directory"),
    ("#!/bin/sh\r\n", "its first line ends with CR LF")])
def test_a_script_without_its_interpreter_is_refused(
        cgi_fpm, tmp_path, line, why):
    script = tmp_path / "script"
    script.write_bytes(line.encode())
    script.chmod(0o755)
    result = cgi_fpm("-n", "-s", "s", str(script))
    assert_refused(result, 78, "cannot be executed: " + why)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become nobody")
@pytest.mark.parametrize("mode, step", [
    ("fastcgi", "executing the program"),
    ("cgi", "command, which the pool's user must be able to execute")])
def test_a_daemon_tells_at_which_step_its_workers_failed(
        cgi_fpm, tmp_path, mode, step):
    program = tmp_path / "mine"
    shutil.copy("/bin/true", program)
    os.chmod(program, 0o700)
    result = cgi_fpm("-s", "s", "-u", "nobody", "-d", "/", "-o",
                     "mode=" + mode, str(program))
    assert_refused(
        result, 78, "its workers cannot start: %s: Permission denied" % step)
