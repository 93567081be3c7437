"""faultstart.py - a start, in the foreground or as a daemon, of which one
system call fails; and the stop of what did start all the same.

    s = Starts(build, files, zoo)
    s.play(call, error, n, daemon)    False: there is no Nth CALL

Either it is up, serves and stops with 0; or it exits with a line that says
why.  Nothing is left of it in both cases.
"""

import os
import signal
import subprocess

import load  # noqa: F401  it finds tests/system
import configured
import faults
import pool as pools
import procs

UP = "ready to handle connections"
LIMIT = 20
LOADER_FAILED = 127
# Without them nobody knows whose a file is, and it is left where it is.
LOOKS = ("fstat,newfstatat", "openat", "read")


def calls():
    """Those of faults.py, and what only a start does."""
    return dict(faults.CALLS, **{
        "chdir": "EIO", "close_range": "ENOSYS", "dup2": "EINTR EMFILE",
        "epoll_create1": "EMFILE ENOMEM", "getcwd": "ENOENT",
        "getsockname": "ENOBUFS", "pidfd_open": "EMFILE ENOSYS",
        "setsid": "EPERM"})


class Starts:
    def __init__(self, build, run_files, zoo):
        self.build = build
        self.files = run_files
        self.conf = configured.Configured(None, run_files)
        self.port = pools.free_port()
        self.control = os.path.join(self.conf.dir, "control")
        self.pid_file = os.path.join(self.conf.dir, "pid")
        self.log_path = os.path.join(self.conf.dir, "log")
        self.trace = os.path.join(self.conf.dir, "trace")
        one = "pm = static", "pm.max_children = 1"
        native = configured.pool_text("n", "mode = fastcgi", *one)
        self.conf.write(
            'error_log = "%s"\npid = "%s"\n' % (self.log_path, self.pid_file)
            + configured.pool_text(
                "a", 'listen = {"@DIR@/a.sock", "127.0.0.1:%d"}' % self.port,
                'access.log = "@DIR@/access"', *one)
            + native.replace('cgi.root = "@ROOT@"', 'command = {"%s"}' % zoo))
        self.sockets = [self.conf.sock("a"), self.conf.sock("n"), self.control]
        self.known = {p.pid for p in procs.children(os.getpid())}

    # --- looking ---

    def log(self):
        try:
            with open(self.log_path, errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def injected(self):
        with open(self.trace, errors="replace") as f:
            return "(INJECTED)" in f.read()

    def below(self):
        return [p for p in procs.every() if p.name == "cgi-fpm" and
                self.is_ours(p.pid)]

    def is_ours(self, pid):
        try:
            with open("/proc/%d/cmdline" % pid) as f:
                return self.conf.path in f.read().split("\0")
        except (FileNotFoundError, ProcessLookupError):
            return False

    def master(self):
        pids = {p.pid for p in self.below()}
        return [p.pid for p in self.below() if p.ppid not in pids]

    def gone(self):
        procs.strays(self.known | {self.process.pid})  # reaps
        return self.process.poll() is not None and not self.below()

    # --- one start ---

    def play(self, call, error, n, daemon=False):
        self.daemon = daemon
        for path in (self.log_path, self.trace):
            if os.path.exists(path):
                os.unlink(path)
        self.process = subprocess.Popen(
            ["strace", "-qq", "-o", self.trace, "-e", "trace=" + call, "-e",
             "inject=%s:error=%s:when=%d" % (call, error, n)] +
            ["-f"] * daemon + [self.build.program("cgi-fpm")] +
            ["-n"] * (not daemon) + ["-y", self.conf.path, "-S", self.control],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, cwd=self.conf.dir,
            env=self.build.environ(), start_new_session=True)
        try:
            procs.wait_for(lambda: self.is_up() or self.gone(), LIMIT,
                           "up or gone")
            self.was_up = self.is_up()
            if self.was_up:
                self.serve_and_stop()
            self.judge(call)
        finally:
            self.clean()
        return self.done

    def is_up(self):
        """By its log, or by its control socket where that has no line."""
        if UP in self.log() or not os.path.exists(self.control):
            return UP in self.log()
        done = subprocess.run(
            [self.build.program("cgi-fpmctl"), "-S", self.control, "--json",
             "status"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return done.stdout.count(b'"life":"up"') == 2

    def answers(self, address):
        """A worker whose call failed may have said 503."""
        try:
            answer = configured.ask(address, self.files, seconds=5)
        except OSError:
            return False
        return answer.complete and answer.status in (None, 200)

    def daemon_is_alone(self):
        """Nobody waits for it any more; it was born by a child of strace."""
        return not self.daemon or not any(
            p.ppid == self.process.pid for p in self.below())

    def serve_and_stop(self):
        for address in self.sockets[:2] + [("127.0.0.1", self.port)]:
            procs.wait_for(lambda: self.answers(address), LIMIT, "an answer")
        procs.wait_for(lambda: self.daemon_is_alone(), LIMIT,
                       "who started the daemon has ended")
        for pid in self.master():
            procs.kill(pid, signal.SIGTERM)

    def judge(self, call):
        _, err = self.process.communicate(timeout=LIMIT)
        procs.wait_for(self.gone, 5, "no process")
        self.done = self.injected()
        code = self.process.returncode
        said = [x for x in err.decode().splitlines() if x]
        if self.was_up:
            assert code == 0, (code, said, self.log())
        elif code != LOADER_FAILED:
            assert code not in (None, 0) and len(said) == 1, (
                code, said, self.log())
        if call == "unlink" or (self.was_up and call in LOOKS):
            return
        left = [x for x in os.listdir(self.conf.dir)
                if x.startswith(("pid", "control")) or x.endswith(".sock")]
        assert not left, left

    def end(self):
        self.conf.remove()

    def clean(self):
        for p in self.below():
            procs.kill(p.pid)
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        for path in self.sockets + [self.pid_file]:
            if os.path.exists(path):
                os.unlink(path)
        for name in os.listdir(self.conf.dir):
            if name.startswith("pid"):
                os.unlink(os.path.join(self.conf.dir, name))
