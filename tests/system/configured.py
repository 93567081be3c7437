"""configured.py - a cgi-fpm with a configuration file that tests rewrite."""

import os
import resource
import shutil
import signal
import tempfile

import pool
import procs

# With narrow() for its master, a pool whose workers cannot start.
TOO_LARGE = ("fastcgi.max_reqs = 64", "request_params_max = 64M")
RELOADED = "reloaded: generation"
REFUSED = "nothing was changed"


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
                       "%s: %s" % (verdict, self.pool.log()[-2000:]))

    def refuse(self, text=None, seconds=10):
        self.reload(text, REFUSED, seconds)
        line = [x for x in self.pool.log().splitlines() if REFUSED in x][-1]
        return line.split("reload: ", 1)[1]

    def remove(self):
        shutil.rmtree(self.dir, ignore_errors=True)


def pool_text(name="a", *lines):
    """One pool's section; it listens on its own socket unless told."""
    own = ['cgi.root = "@ROOT@"', "listen.mode = 0666"]
    if not any(line.startswith("listen =") for line in lines):
        own.append('listen = "@DIR@/%s.sock"' % name)
    return 'pool "%s" {\n%s}\n' % (
        name, "".join("    %s\n" % line for line in own + list(lines)))
