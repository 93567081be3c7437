"""What programs do, and what the web server is told of it."""

import os
import time

import programs
from check import complete, status, want


def row_C01(s):
    """a program that answers while it reads: 8 MiB each way, exact"""
    s.only("cgi")
    body = os.urandom(8 << 20)
    a = complete(s.ask("echo", body=body, seconds=8))
    want(a.body == body, "%d of %d bytes", len(a.body), len(body))


def row_C02(s):
    """a program that reads nothing of 1 MiB: its answer is delivered"""
    complete(s.ask("noread", body=b"x" * (1 << 20)), b"not read\n")


def row_C03(s):
    """a program that reads a part, or closes its stdin"""
    complete(s.ask("readsome", body=b"12345" + b"x" * (1 << 20)), b"12345")
    complete(s.ask("closein", body=b"x" * (1 << 20)), b"closed\n")


def row_C04(s):
    """1 MB of stderr beside the answer"""
    s.only("cgi")
    a = complete(s.ask("stderr"), b"complained\n")
    want(not 0 < len(a.stderr) < 1000000, "%d bytes of it", len(a.stderr))


def row_C05(s):
    """a program closes stdout and runs on: its exit code still counts"""
    s.only("cgi")
    a = complete(s.ask("closeout"), b"closed\n")
    want(a.app_status == 7, "appStatus %d", a.app_status)


def row_C06(s):
    """a background job that keeps stdout does not hold the answer"""
    s.only("cgi")
    begun = time.monotonic()
    complete(s.ask("daemon"), b"daemon\n")
    took = time.monotonic() - begun
    want(took < 2, "%.1f s", took)


def row_C13(s):
    """appStatus is the exit code"""
    for code in (0, 1, 3, 127, 255):
        a = complete(s.ask("exit", code))
        want(a.app_status == code, "exit %d: appStatus %d", code,
             a.app_status)


def row_C13s(s):
    """a death by a signal is told, and not as an exit code below 128"""
    a = s.ask("signal", "SEGV")
    want(a.eof or a.app_status >= 128, "appStatus %s", a.app_status)


def row_C14(s):
    """a program that dies in its answer: the torso is no whole answer"""
    a = s.ask("crash")
    want(not (a.complete and a.app_status == 0), "END with appStatus 0")
    want(not a.ended, "END_REQUEST, which web servers take for the end")


def row_C15(s):
    """a program without any output is an error"""
    s.only("cgi")
    for code in (0, 1):
        a = status(s.ask("silent", code), 500, 502)
        want(a.app_status == code, "exit %d: appStatus %d", code,
             a.app_status)


def row_C17(s):
    """output is passed on as it comes, not when it is complete"""
    with s.connect() as c:
        begun = time.monotonic()
        c.send_request(s.params("slow"))
        c.read_until(lambda: b"first" in c.answer().stdout)
        took = time.monotonic() - begun
        complete(c.finish(), b"first\nsecond\n")
        want(took < 0.7, "%.1f s", took)


def row_C18(s):
    """no such program is a 404, one that may not run a 403, else 500"""
    status(s.ask("nothing"), 404)
    if s.kind == "cgi":
        status(s.ask("plain"), 403)
        status(s.ask("badinterp"), 500)


def row_C20(s):
    """a program has descriptors 0, 1 and 2 and no other"""
    s.only("cgi")
    a = complete(s.ask("state"))
    # The shell keeps its script open, at 10 and above.
    fds = [int(n) for n in a.body.splitlines() if n.isdigit()]
    want({0, 1, 2} <= set(fds), "%r", fds)
    more = [n for n in fds if 2 < n < 10]
    want(not more, "also %r", more)


def row_C21(s):
    """a program's signals are neither ignored nor blocked"""
    s.only("cgi")
    a = complete(s.ask("state"))
    for line in a.body.splitlines():
        if line.startswith(b"Sig"):
            want(int(line.split()[1], 16) == 0, "%s", line.decode())


def row_C31(s):
    """all 256 bytes pass both ways"""
    complete(s.ask("binary"), bytes(range(256)))
    body = bytes(range(256)) * 256
    with s.connect() as c:
        complete(c.request(s.params("echo", body=body), body), body)


def row_X01(s):
    """nothing outside the root runs"""
    s.only("cgi")
    outside = programs.install_outside(s.root)
    try:
        name = os.path.basename(outside)
        for path in (outside, s.root + "/../" + name,
                     s.root + "/none/../../" + name):
            s.ask(SCRIPT_FILENAME=path, SCRIPT_NAME="/../" + name)
            want(not s.ran(), "SCRIPT_FILENAME=%s ran",
                 path.replace(os.path.dirname(s.root), ""))
    finally:
        os.unlink(outside)


def row_X14(s):
    """error answers tell no paths"""
    a = s.ask("nothing")
    want(a.complete, "no complete answer")
    want(s.root.encode() not in a.stdout + a.stderr, "the root's path")
