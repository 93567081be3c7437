"""systemd.py - a real systemd for a test, without booting one.

A user instance in a mount namespace of its own: /run is empty there, so that
the shipped units with all their paths run as they are, the programs of the
build tree stand where `make install` would put them, and a journal listens.
Root may even apply the sandboxing of a system unit.
"""

import json
import os
import re
import signal
import shutil
import subprocess
import tempfile
import threading
import time

import pytest

import cgroup
import fcgi
import files
import procs

SOURCES = os.path.join(files.TOP, "etc", "systemd")
SYSTEMD = "/lib/systemd/systemd"
JOURNALD = "/lib/systemd/systemd-journald"


def may_unshare():
    """Are there new namespaces for us?"""
    return (os.geteuid() == 0 and shutil.which("unshare") is not None
            and subprocess.run(["unshare", "-m", "--pid", "--fork", "true"],
                               stderr=subprocess.DEVNULL).returncode == 0)


NEEDED = pytest.mark.skipif(
    not os.path.exists(JOURNALD) or not may_unshare(),
    reason="needs root, systemd, unshare and its leave")

# $1: the folder of the build's programs, $2: where they are installed,
# $3: the settings' folder, $4: what becomes /srv, $5: the journal's program,
# $6: the folder of passwd and group.
SCRIPT = """
set -e
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system /run/user /run/systemd/journald.conf.d
printf '[Journal]\\nReadKMsg=no\\nStorage=volatile\\nRuntimeMaxUse=8M\\n' \
    >/run/systemd/journald.conf.d/test.conf
mkdir -p "$2" "$3" /srv
mount -t tmpfs tmpfs "$2"
mount -t tmpfs tmpfs "$3"
for program in cgi-fpm cgi-fpmctl; do
    : >"$2/$program"
    mount --bind "$1/$program" "$2/$program"
done
mount --bind "$4" /srv
for file in passwd group; do
    mount --bind "$6/$file" "/etc/$file"
done
"$5" </dev/null >/dev/null 2>&1 &
exec /lib/systemd/systemd --user --unit=basic.target
"""


class Failed(Exception):
    """systemctl said no."""


class Systemd:
    def __init__(self, build, srv, sbindir="/usr/local/sbin",
                 sysconfdir="/usr/local/etc"):
        self.build = build
        self.sbindir = sbindir
        self.sysconfdir = sysconfdir
        self.dir = tempfile.mkdtemp(prefix="systemd-")
        os.chmod(self.dir, 0o755)
        self.units = os.path.join(self.dir, "config", "systemd", "user")
        os.makedirs(self.units)
        self.log_path = os.path.join(self.dir, "log")
        self._make_users()
        env = build.environ({
            "XDG_RUNTIME_DIR": "/run", "HOME": self.dir,
            "XDG_CONFIG_HOME": os.path.join(self.dir, "config"),
            "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent",
            # With TERM systemd sends CONT, which may come when the process
            # is ending already and stops itself to look for leaks; then it
            # waits for its own stop forever.
            "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0:exitcode=99",
        })
        self.env = env
        self.group = cgroup.Cgroup(os.path.basename(self.dir))
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                ["unshare", "-m", "sh", "-c", SCRIPT, "sh", build.path,
                 sbindir, sysconfdir, srv, JOURNALD,
                 os.path.join(self.dir, "etc")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env,
                preexec_fn=self.group.enter)
        procs.wait_for(self._running, 10, "systemd runs: " + self.log())
        # Services of other users tell a system instance, too.
        os.chmod(self.path("/run/systemd/notify"), 0o777)

    def _make_users(self):
        """This machine's, and those that the package adds."""
        etc = os.path.join(self.dir, "etc")
        os.mkdir(etc)
        for name in ("passwd", "group"):
            shutil.copy("/etc/" + name, etc)
        subprocess.run(
            ["systemd-sysusers", "--root=" + self.dir,
             os.path.join(SOURCES, "cgi-fpm.sysusers")], check=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, timeout=20)
        for name in ("passwd", "group"):
            os.chmod(os.path.join(etc, name), 0o644)

    def log(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()

    # --- inside ---

    def path(self, inside):
        """A path of the namespace, for somebody outside of it."""
        return "/proc/%d/root%s" % (self.process.pid, inside)

    def run(self, *argv, check=True, **kw):
        done = subprocess.run(
            ["nsenter", "-m", "-t", str(self.process.pid), *argv],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, env=self.env, timeout=50,
            **kw)
        if check and done.returncode != 0:
            raise Failed("%r: %d: %s" % (argv, done.returncode, done.stdout))
        return done.stdout

    def ctl(self, *argv, check=True):
        return self.run("systemctl", "--user", "--no-pager", *argv,
                        check=check)

    def show(self, unit, name):
        return self.ctl("show", "-P", name, unit).strip()

    def pid(self, unit):
        return int(self.show(unit, "MainPID"))

    def state(self, unit):
        return self.show(unit, "ActiveState")

    def wait_state(self, unit, state, seconds=10):
        try:
            procs.wait_for(lambda: self.state(unit) == state, seconds)
        except AssertionError:
            raise AssertionError("%s is not %s within %g s: %s" % (
                unit, state, seconds, self.status(unit))) from None

    def journal(self):
        """What cgi-fpm logged so far: [(priority, line)]."""
        text = self.run("journalctl", "-D", "/run/log/journal", "-o", "json",
                        "--no-pager", "-t", "cgi-fpm", check=False)
        found = []
        for line in text.splitlines():
            if line.startswith("{"):
                entry = json.loads(line)
                found.append((int(entry["PRIORITY"]), entry["MESSAGE"]))
        return found

    def status(self, unit):
        return (self.ctl("status", "-l", unit, check=False)
                + repr(self.journal()))

    # --- units ---

    def write(self, name, text):
        """A unit, or a drop-in "UNIT.d/NAME.conf"; known after reload()."""
        path = os.path.join(self.units, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)

    def install(self, name, *fences):
        """A unit as it is installed, with drop-ins of etc/systemd."""
        for folder in (SOURCES, os.path.join(self.build.path, "etc/systemd")):
            if os.path.exists(os.path.join(folder, name)):
                with open(os.path.join(folder, name)) as f:
                    self.write(name, f.read())
        for fence in fences:
            with open(os.path.join(SOURCES, fence)) as f:
                self.write("%s.d/%s" % (name, fence), f.read())

    def configure(self, text, name="cgi-fpm.conf"):
        path = os.path.join(self.sysconfdir, name)
        outside = self.path(path)
        os.makedirs(os.path.dirname(outside), exist_ok=True)
        with open(outside, "w") as f:
            f.write(text)
        return path

    def reload(self):
        self.ctl("daemon-reload")

    def start(self, *units):
        try:
            self.ctl("start", *units)
        except Failed as e:
            raise Failed("%s\n%s" % (e, "\n".join(
                self.status(u) for u in units))) from None

    def forget(self):
        """Stop and remove all units: what a test leaves to the next."""
        names = sorted(n for n in os.listdir(self.units)
                       if not n.endswith(".d"))
        running = [n for n in names if "@." not in n]
        running += re.findall(r"\S*cgi-fpm@\S+",
                              self.ctl("list-units", "--all", "--plain",
                                       "--no-legend", "cgi-fpm@*"))
        if running:
            self.ctl("stop", *running, check=False)
            self.ctl("reset-failed", check=False)
        for name in os.listdir(self.units):
            path = os.path.join(self.units, name)
            if os.path.isdir(path):
                shutil.rmtree(path)
            else:
                os.remove(path)
        self.reload()

    # --- its life ---

    def _running(self):
        if self.process.poll() is not None:
            raise AssertionError("systemd ended: " + self.log())
        said = self.ctl("is-system-running", check=False)
        return "running" in said or "degraded" in said

    def stop(self):
        left = procs.descendants(self.process.pid)
        self.ctl("exit", check=False)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            pass
        for p in left:  # the journal at least
            if p.pid in {q.pid for q in procs.every() if q.name == p.name}:
                procs.kill(p.pid)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.group.remove()
        shutil.rmtree(self.dir, ignore_errors=True)


def ask(sd, inside, **params):
    """A request over a socket of the namespace."""
    answer = fcgi.request(sd.path(inside),
                          dict(params, REQUEST_METHOD="GET"))
    assert answer.status == 200, answer
    return answer


class Load:
    """Requests one after another on new connections, until told to end."""

    def __init__(self, path):
        self.path = path
        self.done = 0
        self.lost = []
        self.ending = False
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self.ending:
            try:
                answer = fcgi.request(self.path, {"REQUEST_METHOD": "GET"})
                assert answer.status == 200 and answer.complete, answer
            except (OSError, AssertionError, fcgi.Closed) as e:
                self.lost.append(repr(e))
                time.sleep(0.05)
            self.done += 1

    def wait_more(self, n):
        goal = self.done + n
        procs.wait_for(lambda: self.done >= goal, 10, "more requests")

    def __enter__(self):
        self.thread.start()
        self.wait_more(5)
        return self

    def __exit__(self, *_):
        self.ending = True
        self.thread.join(15)
