"""build.py - where the programs under test are, and how they are started."""

import os

SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:exitcode=99",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
}

DELAYS = os.environ.get("CGIFPM_DELAYS")  # the library of delayshim.c


class Build:
    """One build tree: CGIFPM_BUILD names them, separated by colons."""

    def __init__(self, path):
        self.path = os.path.abspath(path)
        self.name = os.path.basename(self.path)

    def program(self, name):
        path = os.path.join(self.path, name)
        if not os.access(path, os.X_OK):
            raise AssertionError(path + " is missing: build first")
        return path

    def environ(self, extra=None):
        env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
        env.update(SANITIZERS)
        if DELAYS:
            env["LD_PRELOAD"] = DELAYS
            env["DELAY_SEED"] = os.environ.get("DELAY_SEED", "0")
        env.update(extra or {})
        return env


def builds(top):
    paths = os.environ.get("CGIFPM_BUILD") or os.path.join(top, "build")
    return [Build(p) for p in paths.split(":")]
