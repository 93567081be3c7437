"""Logs into the journal and into syslog: what arrives there, by the journal's
own program and by receivers that take nothing but what the protocol allows."""

import json
import os
import re
import signal
import socket

import pytest

import procs
import systemd
from asker import Asker

pytestmark = systemd.NEEDED

# $1: a folder that becomes /run, $2: the program; what follows are its
# arguments.  /dev/log is a link into /run then, as systemd has it.
SCRIPT = """
set -e
mount --bind "$1" /run
mkdir -p /run/dev
mount --rbind /dev /run/dev
mount -t tmpfs tmpfs /dev
for name in null zero full urandom random; do
    : >"/dev/$name"
    mount --bind "/run/dev/$name" "/dev/$name"
done
ln -s /proc/self/fd /dev/fd
ln -s /run/systemd/journal/dev-log /dev/log
program=$2
shift 2
exec "$program" "$@"
"""


def parse(datagram):
    """An entry as the protocol has it; everything else is an error."""
    fields = []
    while datagram:
        line, end, rest = datagram.partition(b"\n")
        assert end, datagram
        name, sign, value = line.partition(b"=")
        if not sign:
            length = int.from_bytes(rest[:8], "little")
            value, end, rest = (rest[8:8 + length],
                                rest[8 + length:9 + length],
                                rest[9 + length:])
            assert len(value) == length and end == b"\n"
        assert re.fullmatch(rb"[A-Z][A-Z0-9_]{0,63}", name), name
        fields.append((name.decode(), value.decode()))
        datagram = rest
    assert len(dict(fields)) == len(fields), "a name stands twice"
    return dict(fields)


class Daemons:
    """The sockets of both, of ours, in a folder that is /run for a pool."""

    def __init__(self, folder):
        self.run = str(folder)
        os.chmod(self.run, 0o755)
        os.makedirs(self.run + "/systemd/journal")
        self.native = self.lines = None
        self.entries = []
        self.said = []

    def open(self, name, mode=0o666):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = "%s/systemd/journal/%s" % (self.run, name)
        if os.path.exists(path):
            os.unlink(path)
        s.bind(path)
        os.chmod(path, mode)
        s.setblocking(False)
        return s

    def open_journal(self, mode=0o666):
        self.native = self.open("socket", mode)

    def open_syslog(self):
        self.lines = self.open("dev-log")

    def journal(self, **wanted):
        """The entries so far that have these fields."""
        while self.native is not None:
            try:
                data, fds, _flags, _from = socket.recv_fds(
                    self.native, 1 << 20, 4)
            except BlockingIOError:
                break
            assert not fds
            self.entries.append(parse(data))
        return [e for e in self.entries
                if all(e.get(k) == v for k, v in wanted.items())]

    def syslog(self):
        while self.lines is not None:
            try:
                self.said.append(self.lines.recv(65536).decode())
            except BlockingIOError:
                break
        return self.said

    def close(self):
        for s in (self.native, self.lines):
            if s is not None:
                s.close()


@pytest.fixture
def daemons(tmp_path):
    (tmp_path / "run").mkdir()
    d = Daemons(tmp_path / "run")
    yield d
    d.close()


@pytest.fixture
def inside(start, run_files, build_tree, daemons, tmp_path):
    """inside(options...): an asker whose pool sees these daemons."""

    def make(*args, workers=1):
        script = str(tmp_path / "start")
        with open(script, "w") as f:
            f.write("#!/bin/sh\nexec unshare -m /bin/sh -c '%s' sh %s %s "
                    "\"$@\"\n" % (SCRIPT, daemons.run,
                                  build_tree.program("cgi-fpm")))
        os.chmod(script, 0o755)
        pool = start("-F", str(workers), "--root", run_files.root, *args,
                     program=script).wait_ready(workers)
        return Asker(pool, run_files)

    return make


def come(find, what):
    found = []

    def there():
        found[:] = find()
        return found

    procs.wait_for(there, 5, what)
    return found


# --- the journal ---

def test_the_journal_gets_fields(inside, daemons):
    daemons.open_journal()
    ask = inside("-o", "error_log=journal", "-o", "access.log=journal",
                 "-o", "access.format=json", "-o", "cgi.stderr=log",
                 "-o", 'syslog.ident="two\\nlines"',
                 "-o", "syslog.facility=local3",
                 "-o", "request_slowlog_timeout=50ms")
    worker, = ask.pool.workers()
    ready, = come(lambda: daemons.journal(
        MESSAGE="ready to handle connections"), "the master's word")
    assert ready == {"MESSAGE": "ready to handle connections",
                     "PRIORITY": "5", "SYSLOG_IDENTIFIER": "two\nlines",
                     "SYSLOG_FACILITY": "19", "CGIFPM_LOG": "error"}
    assert ask.get("stderr.cgi", REQUEST_ID="my-id",
                   REQUEST_URI='/"x"').status == 200
    # Not that it was slow, which it may have been.
    said, = come(lambda: [e for e in daemons.journal(
        CGIFPM_LOG="error", CGIFPM_REQUEST_ID="my-id")
        if "slow: runs" not in e["MESSAGE"]], "its stderr")
    assert said["CGIFPM_POOL"] == "cgi-bin" and said["PRIORITY"] == "4"
    assert said["CGIFPM_WORKER"] == str(worker)
    assert "said into stderr: a complaint" in said["MESSAGE"]
    assert "program %s," % said["CGIFPM_PROGRAM"] in said["MESSAGE"]
    access, = come(lambda: daemons.journal(CGIFPM_LOG="access"), "a line")
    assert access["CGIFPM_REQUEST_ID"] == "my-id"
    assert access["CGIFPM_PROGRAM"] == said["CGIFPM_PROGRAM"]
    assert access["CGIFPM_WORKER"] == str(worker)
    assert access["CGIFPM_STATUS"] == "200" and access["PRIORITY"] == "6"
    assert json.loads(access["MESSAGE"])["uri"] == '/"x"'
    ask.get("sleep.cgi", "0.2", REQUEST_ID="slow-one")
    slow, = come(lambda: daemons.journal(
        CGIFPM_LOG="error", CGIFPM_REQUEST_ID="slow-one"), "slow")
    assert int(slow["CGIFPM_PROGRAM"]) > 0
    ask.pool.keeps_workers = False
    os.kill(worker, signal.SIGKILL)
    death, = come(lambda: [e for e in daemons.journal(CGIFPM_POOL="cgi-bin")
                           if "signal 9" in e["MESSAGE"]], "its death")
    assert death["CGIFPM_WORKER"] == str(worker)
    assert ask.pool.log() == ""


def test_a_program_cannot_forge_fields(inside, daemons):
    daemons.open_journal()
    ask = inside("-o", "error_log=journal", "-o", "access.log=journal",
                 "-o", "access.format=%{HTTP_X}e", "-o", "cgi.stderr=log")
    ask.get("query.cgi", HTTP_X="x\nPRIORITY=0\nMESSAGE=fake")
    access, = come(lambda: daemons.journal(CGIFPM_LOG="access"), "a line")
    assert access["MESSAGE"] == r"x\x0aPRIORITY=0\x0aMESSAGE=fake"
    assert access["PRIORITY"] == "6"


def test_without_a_journal_syslog_has_the_lines_until_it_is_there(
        inside, daemons):
    daemons.open_syslog()
    ask = inside("-o", "error_log=journal", "-o", "access.log=journal")
    first = come(lambda: [x for x in daemons.syslog() if "journal" in x],
                 "a warning")[0]
    assert re.fullmatch(
        r"<28>.{15} cgi-fpm\[\d+\]: WARNING: error_log: there is no journal "
        r"\(/run/systemd/journal/socket: No such file or directory\), "
        r"logging to syslog until the logs are opened again", first)
    ask.get("hello.cgi")
    # What is not there loses lines, as a full disk does.
    procs.wait_for(lambda: ask.pool.status()["log_lines_lost"]["access"] == 1,
                   5, "a lost line")
    daemons.open_journal()
    ask.get("hello.cgi")
    come(lambda: daemons.journal(CGIFPM_LOG="access"), "the next line")
    ask.pool.keeps_workers = False  # a socket more each
    ask.pool.ctl("reopen-logs")
    ask.get("nothing.cgi")
    come(lambda: daemons.journal(CGIFPM_LOG="error"), "the error log, too")
    before = len(daemons.syslog())
    ask.get("nothing.cgi")
    assert len(daemons.syslog()) == before


def test_without_either_standard_error_has_the_lines(inside, daemons):
    ask = inside("-o", "error_log=journal")
    assert "there is no journal (/run/systemd/journal/socket: No such file " \
        "or directory), logging to standard error" in ask.pool.log()
    assert "ready to handle connections" in ask.pool.log()
    daemons.open_journal()
    ask.pool.keeps_workers = False  # a socket more each
    ask.pool.ctl("reopen-logs")
    ask.get("nothing.cgi")
    come(lambda: [e for e in daemons.journal(CGIFPM_LOG="error")
                  if "CGIFPM_REQUEST_ID" in e], "a worker's line")


def test_a_stopped_journal_makes_nobody_wait(inside, daemons):
    """Its socket is there and nobody reads it."""
    daemons.open_journal()
    ask = inside("-o", "error_log=journal", "-o", "access.log=journal",
                 workers=2)
    with ask.conn() as conn:
        for _ in range(600):
            assert ask.ask(conn, "hello.cgi").body == b"hello\n"
    got = len(daemons.journal(CGIFPM_LOG="access"))
    assert got < 600
    procs.wait_for(lambda: got + ask.pool.status()["log_lines_lost"]["access"]
                   == 600, 5, "the rest was lost, and counted")
    ask.get("hello.cgi")
    procs.wait_for(lambda: len(daemons.journal(CGIFPM_LOG="access")) == got + 1,
                   5, "there is room again")


def test_a_journal_that_is_restarted_is_found_again(inside, daemons):
    daemons.open_journal()
    ask = inside("-o", "error_log=journal", "-o", "access.log=journal")
    ask.get("hello.cgi")
    daemons.native.close()
    daemons.open_journal()
    ask.get("hello.cgi", REQUEST_ID="second")
    come(lambda: daemons.journal(CGIFPM_REQUEST_ID="second"), "its line")
    assert set(ask.pool.status()["log_lines_lost"].values()) == {0}


def test_workers_that_may_not_connect_get_a_socket(inside, daemons):
    """As in a chroot without /run: the master connects, at the start and
    when the logs are opened again."""
    daemons.open_journal(0o600)
    ask = inside("-o", "error_log=journal", "-o", "access.log=journal",
                 "-o", "user=nobody")
    assert ask.get("nothing.cgi", REQUEST_ID="before").status == 404
    assert len(daemons.journal(CGIFPM_REQUEST_ID="before")) == 2
    daemons.native.close()
    daemons.open_journal(0o600)
    ask.get("nothing.cgi", REQUEST_ID="between")
    procs.wait_for(lambda: ask.pool.status()["log_lines_lost"] == {
        "access": 1, "error": 1, "slow": 0, "failure": 0, "master": 0}, 5,
                   "a lost line of both logs")
    ask.pool.ctl("reopen-logs")
    procs.wait_for(lambda: ask.get("nothing.cgi", REQUEST_ID="after") and
                   len(daemons.journal(CGIFPM_REQUEST_ID="after")) >= 2, 5,
                   "lines of both logs")


# --- syslog and stderr ---

def test_an_access_log_in_syslog(inside, daemons):
    daemons.open_syslog()
    ask = inside("-o", "access.log=syslog", "-o", "access.format=%s %m \\\"",
                 "-o", "syslog.ident=web", "-o", "syslog.facility=local0")
    worker, = ask.pool.workers()
    ask.get("hello.cgi")
    line, = come(daemons.syslog, "a line")
    assert re.fullmatch(r"<134>[A-Z][a-z]{2} [ \d]\d [\d:]{8} "
                        r'web\[%d\]: 200 GET \\"' % worker, line), line


def test_an_access_log_on_standard_error(start, run_files):
    """A file, a pipe, a socket: what a container or systemd gives."""
    pool = start("-F", "1", "-o", "access.log=stderr", "-o",
                 "access.format=line %s", "--root", run_files.root)
    pool.wait_ready(1)
    ask = Asker(pool, run_files)
    ask.get("hello.cgi")
    procs.wait_for(lambda: "\nline 200\n" in pool.log(), 5, "its line")


# --- a real journal ---

CONF = """
error_log = journal
pool "www" {
    listen = "/run/cgi-fpm/www.sock"
    cgi.root = "/srv"
    cgi.stderr = log
    access.log = journal
    pm = static
    pm.max_children = 1
}
"""


def test_a_real_journal_keeps_the_fields(sd):
    sd.install("cgi-fpm.service")
    sd.configure(CONF)
    sd.reload()
    sd.start("cgi-fpm.service")
    systemd.ask(sd, "/run/cgi-fpm/www.sock", REQUEST_ID="one-of-mine",
                SCRIPT_FILENAME="/srv/stderr.cgi")

    def entries(*matches):
        text = sd.run("journalctl", "--directory=/run/log/journal", "-o",
                      "json", "--no-pager", *matches, check=False)
        return [json.loads(x) for x in text.splitlines()
                if x.startswith("{")]

    access, = come(lambda: entries("CGIFPM_REQUEST_ID=one-of-mine",
                                   "CGIFPM_LOG=access"), "the access log")
    said, = come(lambda: entries("CGIFPM_REQUEST_ID=one-of-mine",
                                 "CGIFPM_LOG=error"), "its stderr")
    for e in (access, said):
        assert e["CGIFPM_POOL"] == "www"
        assert e["SYSLOG_IDENTIFIER"] == "cgi-fpm"
        assert e["SYSLOG_FACILITY"] == "3"
        assert e["_TRANSPORT"] == "journal"
        assert e["CGIFPM_WORKER"] == e["_PID"]
    assert access["CGIFPM_STATUS"] == "200" and access["PRIORITY"] == "6"
    assert said["PRIORITY"] == "4"
    assert "a complaint" in said["MESSAGE"]
    assert said["CGIFPM_PROGRAM"] == access["CGIFPM_PROGRAM"]
    master, = come(lambda: entries(
        "CGIFPM_LOG=error", "MESSAGE=ready to handle connections"), "master")
    assert master["_PID"] == str(sd.pid("cgi-fpm.service"))
    sd.ctl("stop", "cgi-fpm.service")
