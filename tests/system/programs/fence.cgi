#!/usr/bin/python3
"""What the fence around this process lets through, as JSON.

QUERY_STRING: the TCP port to try."""

import errno
import json
import os
import socket


def try_to(act):
    try:
        act()
        return "ok"
    except OSError as e:
        return errno.errorcode.get(e.errno, str(e.errno))


def dial():
    with socket.socket() as s:
        s.settimeout(2)
        s.connect(("127.0.0.1", int(os.environ["QUERY_STRING"])))


def write(path):
    def act():
        with open(path, "w"):
            pass
        os.remove(path)
    return act


status = dict(line.split(":\t", 1)
              for line in open("/proc/self/status").read().splitlines()
              if ":\t" in line)
print("Content-Type: application/json\r\n\r")
print(json.dumps({
    "uid": os.getuid(),
    "dial": try_to(dial),
    "home": try_to(lambda: os.listdir("/root")),
    "etc": try_to(write("/etc/cgi-fpm-fence")),
    "tmp": try_to(write("/tmp/cgi-fpm-fence")),
    "cpuinfo": try_to(lambda: open("/proc/cpuinfo").close()),
    "chroot": try_to(lambda: os.chroot("/")),
    "NoNewPrivs": status["NoNewPrivs"].strip(),
    "CapBnd": int(status["CapBnd"], 16),
    "Seccomp": status["Seccomp"].strip(),
}))
