"""configured.py - a cgi-fpm with a configuration file that tests rewrite."""

import os
import resource
import shutil
import signal
import tempfile

import fcgi
import procs

# With narrow() for its master, a pool whose workers cannot start.
TOO_LARGE = ("fastcgi.max_reqs = 64", "request_params_max = 64M")
RELOADED = "reloaded: generation"
REFUSED = "nothing was changed"
TOOK_OVER = "took over: generation"
UPGRADE_REFUSED = "ERROR: upgrade: "
STATIC = ("pm = static", "pm.max_children = 2")


def narrow():
    """2 GiB of address space."""
    resource.setrlimit(resource.RLIMIT_AS, (1 << 31, 1 << 31))


class Configured:
    """@DIR@ in a configuration is a folder of its own, @ROOT@ the folder of
    the programs.  Each pool named NAME is expected to listen on
    @DIR@/NAME.sock unless the text says otherwise."""

    def __init__(self, start, run_files):
        self.start = start
        self.files = run_files
        self.dir = tempfile.mkdtemp(prefix="conf-", dir=run_files.dir)
        os.chmod(self.dir, 0o755)
        self.path = os.path.join(self.dir, "cgi-fpm.conf")
        self.pool = None

    def sock(self, name="a"):
        return os.path.join(self.dir, name + ".sock")

    def write(self, text):
        text = text.replace("@DIR@", self.dir)
        text = text.replace("@ROOT@", self.files.root)
        with open(self.path + ".new", "w") as f:
            f.write(text)
        os.rename(self.path + ".new", self.path)

    def run(self, text, *args, name="a", **kw):
        self.write(text)
        self.pool = self.start("-y", self.path, *args,
                               listen=self.sock(name), **kw)
        self.pool.wait_ready()
        self.pool.keeps_workers = False
        return self.pool

    def count(self, line):
        return self.pool.log().count(line)

    def reload(self, text=None, verdict=RELOADED, seconds=10):
        """Until the log has the verdict."""
        if text is not None:
            self.write(text)
        had = self.count(verdict)
        self.pool.send(signal.SIGHUP)
        procs.wait_for(lambda: self.count(verdict) > had, seconds,
                       lambda: "%s: %s" % (verdict, self.pool.log()[-2000:]))

    def refuse(self, text=None, seconds=10):
        self.reload(text, REFUSED, seconds)
        line = [x for x in self.pool.log().splitlines() if REFUSED in x][-1]
        return line.split("reload: ", 1)[1]

    def end(self):
        """What was asked for may still be under way: whoever reads the files
        goes before they do."""
        try:
            if self.pool is not None:
                self.pool.check_and_stop()
        finally:
            self.remove()

    def remove(self):
        shutil.rmtree(self.dir, ignore_errors=True)


class Upgraded(Configured):
    """Runs a copy of the program, which tests replace."""

    def __init__(self, start, run_files, build):
        super().__init__(start, run_files)
        self.original = build.program("cgi-fpm")
        self.program = os.path.join(self.dir, "cgi-fpm")
        self.install(self.original)

    def install(self, path):
        """As package managers do: the running file is not written to."""
        shutil.copy(path, self.program + ".new")
        os.rename(self.program + ".new", self.program)

    def script(self, text):
        with open(self.program + ".new", "w") as f:
            f.write("#!/bin/sh\n" + text)
        os.chmod(self.program + ".new", 0o755)
        os.rename(self.program + ".new", self.program)

    def run(self, text, *args, **kw):
        return super().run(text, *args, program=self.program, **kw)

    def upgrade(self, verdict=TOOK_OVER, seconds=10):
        had = self.count(verdict)
        self.pool.send(signal.SIGUSR2)
        procs.wait_for(lambda: self.count(verdict) > had, seconds,
                       lambda: "%s: %s" % (verdict, self.pool.log()[-2000:]))
        return [x for x in self.pool.log().splitlines() if verdict in x][-1]


def pool_text(name="a", *lines):
    """One pool's section; it listens on its own socket unless told."""
    own = ['cgi.root = "@ROOT@"', "listen.mode = 0666"]
    if not any(line.startswith("listen =") for line in lines):
        own.append('listen = "@DIR@/%s.sock"' % name)
    return 'pool "%s" {\n%s}\n' % (
        name, "".join("    %s\n" % line for line in own + list(lines)))


def ask(address, run_files, program="hello.cgi", query="", **kw):
    """The answer of a program of the folder; a pool's root is that."""
    return fcgi.request(address, {
        "SCRIPT_FILENAME": run_files.program(program),
        "REQUEST_METHOD": "GET", "QUERY_STRING": query}, **kw)
