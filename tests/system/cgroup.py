"""cgroup.py - a control group for each systemd that a test runs.

Units are groups beneath that of their manager.  Two managers in one group
have one group for two units of the same name, and kill each other's
processes: so each gets a group of its own, where the system lets us make one.
"""

import os

import procs

TOP = "/sys/fs/cgroup"


def _folders():
    """Ours, in each hierarchy that systemd counts by."""
    with open("/proc/self/cgroup") as f:
        for line in f:
            _number, controllers, path = line.rstrip("\n").split(":", 2)
            if controllers == "name=systemd":
                yield TOP + "/systemd" + path
            elif controllers == "":
                yield (TOP + "/unified" if os.path.isdir(TOP + "/unified")
                       else TOP) + path


class Cgroup:
    def __init__(self, name):
        self.folders = []
        for folder in _folders():
            try:
                os.mkdir(os.path.join(folder, name))
                self.folders.append(os.path.join(folder, name))
            except OSError:
                pass  # as before, one for all

    def enter(self):
        """Called by who shall be in it, between fork and exec."""
        for folder in self.folders:
            with open(os.path.join(folder, "cgroup.procs"), "w") as f:
                f.write(str(os.getpid()))

    def _try_to_remove(self):
        for folder in self.folders:
            for path, _names, _files in os.walk(folder, topdown=False):
                try:
                    os.rmdir(path)
                except OSError:  # somebody in it is about to end
                    pass
        return not any(map(os.path.exists, self.folders))

    def remove(self):
        """Once all in it were told to end."""
        procs.wait_for(self._try_to_remove, 10, "the control group is empty")
