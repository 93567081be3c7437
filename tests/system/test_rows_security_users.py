"""Failure modes that matter for security, X10 to X17: logs, other users'
processes, what is told to strangers."""

import os
import re
import signal
import subprocess
import tempfile
import time

import pytest

import fcgi
import procs
from procs import NOBODY
from asker import Asker
from test_rows_programs_start import HELLO, seen, write

ROOT_ONLY = pytest.mark.skipif(os.getuid() != 0, reason="needs root")


SHOW_C = r"""
#include <stdio.h>
#include <unistd.h>

int
main(void)
{
	char buf[4096];
	ssize_t n;
	long sum = 0;

	while ((n = read(0, buf, sizeof(buf))) > 0)
		sum += n;
	(void)fputs("not to be seen\n", stderr);
	return printf("A: b\n\n%s sees %s %s, %ld bytes\n",
	    getcwd(buf, sizeof(buf)),
	    access("/bin/show", X_OK) == 0 ? "/bin/show" : "nothing",
	    access("/etc/passwd", F_OK) == 0 ? "and more" : "only",
	    n == 0 ? sum : -1L) < 0;
}
"""


@pytest.fixture
def nobodys(start, run_files):
    """nobodys(options...): an Asker of a pool that changed its user."""

    def make(*args, user=str(NOBODY), group=str(NOBODY), **kw):
        args += ("-u", user) + (("-g", group) if group else ())
        p = start("-F", "1", "--root", run_files.root, *args, **kw)
        return Asker(p.wait_ready(1), run_files)

    return make


# --- X10: what strangers write into logs ---

FORGERY = [b"[21-Nov-2026 20:00:00] ERROR: forged", b"\r\n\n", b"\x1b[2J",
           b"\0fscf\0", b"\x9b1m", b"%s%n%x", b"\xff\xfe", b"a\bb\x7f"]


def lines_of(path):
    with open(path, "rb") as f:
        return f.read().split(b"\n")


def assert_harmless(path):
    for line in lines_of(path):
        assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f\x9b]", line), line
        assert not line.startswith(FORGERY[0]), line
        assert len(line) <= 16384 + 512  # log_limit at most, and a head


def test_X10_a_programs_stderr_cannot_forge_the_log(own_root):
    write(own_root.root / "evil.cgi", "#!/usr/bin/perl\n"
          "print 'Content-Type: text/plain', \"\\n\\nx\";\n"
          "print STDERR pack 'H*', $ENV{QUERY_STRING};\n"
          "print STDERR 'y' x $ENV{HTTP_LONG};\n")
    a = own_root("-o", "cgi.stderr=both")
    for piece in FORGERY:
        sent = b"first" + piece + b"\n" + piece + b"last"
        answer = a.at("evil.cgi", query=sent.hex(), HTTP_LONG="0")
        assert answer.stderr == sent
    a.at("evil.cgi", HTTP_LONG=str(1 << 20))
    assert b"forged" in b"".join(lines_of(a.pool.log_path))
    assert_harmless(a.pool.log_path)


def test_X10_a_request_cannot_forge_the_logs(asker, tmp_path):
    access = str(tmp_path / "access")
    a = asker("-o", "access.log=" + access, "-o", "access.format=a %R %u %m %r "
              "%q %{HTTP_X}e %{X-Out}o %f %s")
    for n, piece in enumerate(FORGERY):
        evil = piece.replace(b"\0", b"")
        fcgi.request(a.pool.address, {
            "SCRIPT_FILENAME": a.files.root.encode() + b"/" + evil,
            "SCRIPT_NAME": evil, "REQUEST_METHOD": evil, "HTTP_X": evil,
            "QUERY_STRING": evil, "REMOTE_USER": evil, "REMOTE_ADDR": evil})
        assert len(lines_of(access)) == n + 2, "one line a request"
    fcgi.request(a.pool.address, {
        "SCRIPT_FILENAME": a.files.root + "/" + "\n" * 4000,
        "HTTP_X": "\x1b" * 100000})
    assert_harmless(access)
    assert_harmless(a.pool.log_path)


# --- X11, X17: the worker's own secrets ---

SPY = """#!/usr/bin/perl
my $worker = getppid;
print "Content-Type: text/plain\\r\\n\\r\\n";
for ("/proc/$worker/mem", "/proc/$worker/environ", "/proc/$worker/maps") {
	open(my $f, '+<', $_) || open($f, '<', $_) or next;
	print "opened $_\\n" if defined sysread $f, my $buf, 1;
}
opendir(my $d, "/proc/$worker/fd") and print "listed its descriptors\\n";
for (0 .. 30) {
	print "read a link\\n" if defined readlink "/proc/$worker/fd/$_";
	open(my $f, '<', "/proc/$worker/fd/$_") and print "opened fd $_\\n";
}
print "traced\\n" if syscall(101, 16, $worker, 0, 0) == 0;
print "took a descriptor\\n"
  if (my $p = syscall(434, $worker, 0)) >= 0 && syscall(438, $p, 5, 0) >= 0;
print "done\\n";
"""


@ROOT_ONLY
def test_X11_X17_a_program_cannot_look_into_its_worker(start, own_root,
                                                       run_files):
    write(own_root.root / "spy.cgi", SPY)
    a = own_root("-u", str(NOBODY), "-g", str(NOBODY))
    assert a.at("spy.cgi").body == b"done\n"


# --- X12: users ---

@ROOT_ONLY
@pytest.mark.parametrize("user,group", [
    (str(NOBODY), str(NOBODY)), ("nobody", None), ("nobody", "www-data"),
    ("65534", None)])
def test_X12_privileges_are_given_up_whole(nobodys, user, group):
    a = nobodys(user=user, group=group)
    uid = {"nobody": "65534"}.get(user, user)
    gid = {None: "65534", "www-data": "33"}.get(group, group)
    worker = open("/proc/%d/status" % a.pool.workers()[0]).read()
    program = a.get("sigs.cgi").body.decode()
    for text in (worker, program):
        status = dict(line.split(":", 1) for line in text.splitlines()
                      if ":" in line)
        status = {k: v.split() for k, v in status.items()}
        assert status["Uid"] == [uid] * 4
        assert status["Gid"] == [gid] * 4
        assert set(status["Groups"]) <= {gid}
        for cap in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
            assert int(status[cap][0], 16) == 0, cap


@pytest.mark.parametrize("told", ["yes", "no"])
@pytest.mark.parametrize("mode", ["cgi", "fastcgi"])
def test_X12_no_new_privileges_where_that_is_asked(start, run_files, mode,
                                                   told):
    tail = ["--", run_files.program("sigs.cgi")]
    if mode == "fastcgi":
        tail = ["--", "/bin/sleep", "1000"]
    pool = start("-F", "1", "-o", "mode=" + mode, "-o",
                 "no_new_privs=" + told, tail=tail).wait_ready(1)
    text = open("/proc/%d/status" % pool.workers()[0]).read()
    if mode == "cgi":
        text += fcgi.request(pool.address, {
            "REQUEST_METHOD": "GET"}).body.decode()
    found = [line.split()[1] for line in text.splitlines()
             if line.startswith("NoNewPrivs:")]
    assert found and set(found) == {"1" if told == "yes" else "0"}


@ROOT_ONLY
@pytest.mark.parametrize("how", [["--", "/bin/show"], ["--root", "/bin"]])
def test_X12_a_root_of_its_own_needs_nothing_but_the_program(start, tmp_path,
                                                             how):
    """No /dev, no /tmp, no shell, and stderr goes to /dev/null."""
    (tmp_path / "bin").mkdir()
    subprocess.run(["gcc", "-static", "-xc", "-", "-o",
                    str(tmp_path / "bin" / "show")], check=True,
                   input=SHOW_C, text=True)
    pool = start("-F", "1", "-c", str(tmp_path), "-o", "cgi.stderr=null",
                 tail=how).wait_ready(1)
    params = {"REQUEST_METHOD": "GET", "SCRIPT_FILENAME": "/bin/show"}
    for body in (b"", b"x" * 200000):
        answer = fcgi.request(pool.address, dict(
            params, CONTENT_LENGTH=str(len(body))), body)
        assert answer.body == b"/bin sees /bin/show only, %d bytes\n" % (
            len(body)), pool.log()
        assert answer.complete and answer.app_status == 0


@ROOT_ONLY
def test_X12_root_cannot_be_had_back(nobodys):
    a = nobodys()
    write_as = a.files.program("regain.cgi")
    with open(write_as, "w") as f:
        f.write("#!/usr/bin/perl\nuse POSIX;\nprint \"A: b\\n\\n\";\n"
                "$< = $> = 0; $( = $) = '0 0'; POSIX::setuid(0);\n"
                "print \"$< $> \", (split ' ', $()[0], \"\\n\";\n")
    os.chmod(write_as, 0o755)
    try:
        assert a.get("regain.cgi").body == b"%d %d %d\n" % ((NOBODY,) * 3)
    finally:
        os.unlink(write_as)


def test_X12_an_unknown_user_refuses_the_start(build_tree, run_files):
    for args in (["-u", "no-such-user"], ["-u", "nobody", "-g", "no-such"],
                 ["-u", "4294967295", "-g", "1"], ["-u", "54321"]):
        done = subprocess.run(
            [build_tree.program("cgi-fpm"), "-n", "-s",
             run_files.dir + "/never", "--root", run_files.root, *args],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=10,
            env=build_tree.environ())
        assert done.returncode == 78, done
        assert not os.path.exists(run_files.dir + "/never")


# --- X13, X14: what is told ---

def test_X13_secrets_of_others_are_not_inherited(start, run_files, tmp_path):
    canary = "canary-%d" % os.getpid()
    config = tmp_path / "conf"
    socks = [run_files.dir + "/x13-%d" % n for n in range(2)]
    config.write_text("".join('pool "p%d" {\nlisten = "%s"\n'
                              'cgi.root = "%s"\nenv { SECRET%d = "%s" }\n'
                              'pm = static\npm.max_children = 1\n}\n'
                              % (n, socks[n], run_files.root, n, canary)
                              for n in range(2)))
    p = start("-y", str(config), listen=None, env={"MASTER_SECRET": canary})
    p.address = socks[0]
    p.wait_ready(2)
    got = seen(Asker(p, run_files).get("env.cgi"))
    assert [e for e in got["environ"] if canary in e] == [
        "SECRET0=" + canary]


def test_X14_error_bodies_tell_nothing(asker):
    a = asker("-o", "request_body_max=10",
              "-o", "request_terminate_timeout=1500ms")
    answers = [a.get("nothing.cgi"), a.get("plain.txt"), a.get("silent.cgi"),
               a.get("badinterp.cgi"), a.get("hello.cgi", HTTP_X="\0"),
               a.get("hello.cgi", HTTP_X="x" * 200000),
               a.get("sha256.cgi", body=b"x" * 20), a.get("sleep.cgi", 9),
               a.get("signal.cgi", "KILL")]
    assert {x.status for x in answers} == {404, 403, 502, 500, 400, 431, 413,
                                           504}
    again = a.get("other.cgi"), a.get("folder/../plain.txt")
    for x in answers + list(again):
        text = x.stdout.decode()
        assert not re.search(r"/|\.cgi|cgi-fpm|pid|worker|program \d|errno",
                             text.replace("text/plain", "")), text
        assert len(text) < 200
    assert again[0].stdout == answers[0].stdout


# --- X15: links in the way ---

@pytest.mark.parametrize("option", ["error_log", "access.log", "pid"])
def test_X15_a_link_is_not_written_through(build_tree, run_files, option):
    folder = tempfile.mkdtemp(dir=run_files.dir)
    victim = os.path.join(folder, "victim")
    with open(victim, "w") as f:
        f.write("precious\n")
    link = os.path.join(folder, "link")
    os.symlink(victim, link)
    process = subprocess.Popen(
        [build_tree.program("cgi-fpm"), "-n", "-s", folder + "/s", "-F", "1",
         "-o", "%s=%s" % (option, link), "--root", run_files.root],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, env=build_tree.environ())
    try:
        procs.wait_for(lambda: process.poll() is not None
                       or os.path.exists(folder + "/s"), 5, "it decided")
        time.sleep(0.1)
    finally:
        if process.poll() is None:
            process.terminate()
        text = process.communicate(timeout=10)[1].decode()
    assert open(victim).read() == "precious\n", text
    assert os.path.exists(victim)


# --- X16: a program against its own pool ---

BOMB = """#!/usr/bin/perl
$SIG{CHLD} = 'IGNORE';
my $n = 0;
for (1 .. 60) {
	my $pid = fork;
	last unless defined $pid;
	if (!$pid) { sleep 30; exit }
	$n++;
}
print "Content-Type: text/plain\\r\\n\\r\\n$n\\n";
kill 'KILL', -1 if $ENV{QUERY_STRING};
"""


def belongs(pid, user):
    try:
        return os.stat("/proc/%d" % pid).st_uid == user
    except FileNotFoundError:
        return False


@ROOT_ONLY
def test_X16_a_fork_bomb_meets_its_limit(own_root):
    write(own_root.root / "bomb.cgi", BOMB)
    write(own_root.root / "x.cgi", HELLO % "fine")
    a = own_root("-u", str(NOBODY), "-g", str(NOBODY),
                 "-o", "rlimit_nproc=20", "-o", "cgi.linger=100ms")
    answer = a.at("bomb.cgi")
    assert 0 < int(answer.body) <= 20
    assert answer.complete
    for q in procs.every():
        if q.name == "bomb.cgi" and belongs(q.pid, NOBODY):
            procs.kill(q.pid)
    assert a.at("x.cgi").body == b"fine"


@ROOT_ONLY
def test_X16_a_program_that_kills_its_pool_does_not_kill_the_master(own_root):
    write(own_root.root / "bomb.cgi", BOMB)
    write(own_root.root / "x.cgi", HELLO % "fine")
    a = own_root("-u", str(NOBODY), "-g", str(NOBODY), workers=2)
    a.pool.keeps_workers = False
    with a.conn() as c:
        a.send(c, "x", "kill", SCRIPT_FILENAME=str(a.root / "bomb.cgi"))
        c.finish()
    procs.wait_for(lambda: len(a.pool.workers()) == 2, 5, "they are back")
    assert a.at("x.cgi").body == b"fine"


@ROOT_ONLY
@pytest.mark.parametrize("option", [
    "error_log", "access.log", "pid", "slowlog", "cgi.failure_log",
    "control.listen", "listen"])
@pytest.mark.parametrize("mode, code", [(0o777, 78), (0o1777, 0)])
def test_X15_no_file_of_root_where_everybody_may_replace_it(
        build_tree, run_files, tmp_path, option, mode, code):
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(mode)
    args = ["-o", "%s=%s/file" % (option, folder)]
    if option == "slowlog":
        args += ["-o", "request_slowlog_timeout=1s"]
    if option != "listen":
        args += ["-s", str(tmp_path / "s")]
    done = subprocess.run(
        [build_tree.program("cgi-fpm"), "-n", "-t", *args, "--root",
         run_files.root], stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=10, env=build_tree.environ())
    assert done.returncode == code, done
    if code:
        assert option in done.stderr
        assert "everybody may replace files in %s" % folder in done.stderr
