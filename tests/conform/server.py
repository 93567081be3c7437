"""server.py - the server that is asked: started for it, or there already."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import check
import fcgi
import programs

START_SECONDS = 10
SECONDS = 5.0  # how long an ordinary answer may take


class Unreachable(Exception):
    pass


class Server:
    """Where it is, and requests for its programs."""

    def __init__(self, address, root, kind, params):
        self.address = address
        self.root = root
        self.kind = kind
        self.more = params
        self.process = None
        self.dir = None
        self.proof = os.path.join(root, "proof")
        if os.path.exists(self.proof):
            os.unlink(self.proof)

    def params(self, name="hello", query="", body=b"", **more):
        file = name if "." in name else name + "." + self.kind
        params = {
            "GATEWAY_INTERFACE": "CGI/1.1",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REQUEST_METHOD": "POST" if body else "GET",
            "CONTENT_TYPE": "application/octet-stream" if body else "",
            "CONTENT_LENGTH": str(len(body)) if body else "",
            "DOCUMENT_ROOT": self.root,
            "SCRIPT_NAME": "/" + file,
            "SCRIPT_FILENAME": os.path.join(self.root, file),
            "REQUEST_URI": "/" + file,
            "QUERY_STRING": str(query),
        }
        params.update((n, v.replace("{file}", file))
                      for n, v in self.more.items())
        params.update(more)
        return params

    def pairs(self, *args, **more):
        return fcgi.encode_pairs(self.params(*args, **more))

    def bytes(self, name="hello", query="", body=b"", id=1, keep=True,
              **more):
        return fcgi.request_bytes(self.params(name, query, body, **more),
                                  body, keep=keep, id=id)

    def connect(self, seconds=SECONDS):
        return fcgi.Conn(self.address, seconds)

    def ask(self, name="hello", query="", body=b"", seconds=SECONDS, **more):
        """One request on a connection of its own."""
        with self.connect(seconds) as c:
            return c.request(self.params(name, query, body, **more), body,
                             keep=False, seconds=seconds)

    def serves(self, c, id=1):
        """An ordinary request on a kept connection."""
        return check.complete(c.request(self.params(), id=id), b"hello\n")

    def honest(self, seconds=SECONDS):
        """Somebody else is served within this time."""
        begun = time.monotonic()
        check.complete(self.ask(seconds=seconds), b"hello\n")
        took = time.monotonic() - begun
        check.want(took < seconds, "an honest request took %.1f s", took)

    def closes(self, data, seconds=3):
        """DATA costs the connection, and nothing comes for it."""
        with self.connect() as c:
            try:
                c.send_raw(data)
            except (BrokenPipeError, ConnectionResetError):
                return
            came = c.closes_within(seconds)
            check.want(not came, "%r came instead of the end", came[:1])

    def only(self, kind):
        if self.kind != kind:
            raise check.NotApplicable("its programs are no processes")

    def memory(self):
        """KiB of all its processes; where they are not known, the row does
        not apply."""
        if self.process is None:
            raise check.NotApplicable("its processes are not known")
        total = 0
        for pid in os.listdir("/proc"):
            if not pid.isdigit():
                continue
            try:
                if os.getsid(int(pid)) != self.process.pid:
                    continue
                with open("/proc/%s/status" % pid) as f:
                    total += sum(int(line.split()[1]) for line in f
                                 if line.startswith("VmRSS:"))
            except (OSError, ProcessLookupError):
                pass
        return total

    def ran(self):
        return os.path.exists(self.proof)

    # With a server of our own.

    def start(self, command):
        words = {"socket": self.address, "root": self.root, "dir": self.dir}
        argv = [w for word in command
                for w in [fill(word, words)]]
        with open(os.path.join(self.dir, "log"), "wb") as log:
            self.process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, cwd=self.dir)
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                fcgi.connect(self.address, 1).close()
                break
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    self.stop()
                    raise Unreachable("%s does not start: %s" % (
                        shlex.join(argv), self.log())) from None
                time.sleep(0.01)
        try:
            self.honest(10)
        except check.FAILURES as e:
            log = self.log()
            self.stop()
            raise Unreachable("%s serves nothing: %s %s" % (
                shlex.join(argv), check.tell(e), log)) from None

    def log(self):
        with open(os.path.join(self.dir, "log"), errors="replace") as f:
            return f.read()[-500:]

    def stop(self):
        """The whole session: not every server ends its programs."""
        self.process.terminate()
        try:
            self.process.wait(2)
        except subprocess.TimeoutExpired:
            pass
        for pid in os.listdir("/proc"):
            try:
                if pid.isdigit() and (os.getsid(int(pid))
                                      == self.process.pid):
                    os.kill(int(pid), signal.SIGKILL)
            except OSError:
                pass
        self.process.wait()


def fill(word, words):
    for name, value in words.items():
        word = word.replace("{%s}" % name, value)
    return word


def address_of(text):
    host, colon, port = text.rpartition(":")
    return (host.strip("[]"), int(port)) if colon and "/" not in text else text


class open_server:
    """with open_server(options) as s: a Server for one row."""

    def __init__(self, o):
        self.o = o

    def __enter__(self):
        o = self.o
        params = dict(p.split("=", 1) for p in o.param)
        self.dir = tempfile.mkdtemp(prefix="conformance-")
        os.chmod(self.dir, 0o755)
        root = o.root or os.path.join(self.dir, "root")
        os.makedirs(root, exist_ok=True)
        programs.install(root, o.programs)
        address = (address_of(o.connect) if o.connect
                   else os.path.join(self.dir, "socket"))
        s = Server(address, root, o.programs, params)
        s.dir = self.dir
        self.server = s
        try:
            if o.command:
                s.start(o.command)
            else:
                s.honest()
        except check.FAILURES as e:
            self.remove()
            raise Unreachable("%s: %s" % (o.connect, check.tell(e))) from None
        except Unreachable:
            self.remove()
            raise
        return s

    def remove(self):
        shutil.rmtree(self.dir, ignore_errors=True)

    def __exit__(self, *_):
        if self.o.command:
            self.server.stop()
        self.remove()


if sys.version_info < (3, 9):
    sys.exit("this needs Python 3.9")
