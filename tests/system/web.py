"""web.py - the five web servers, each with its snippet of etc/.

What a test adds is only what makes a server run in the foreground, without
privileges, in a folder of its own; socket, root and port of the snippet are
replaced by the test's.
"""

import http.client
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile

import files
import pool
import procs

START_SECONDS = 10
NAMES = ["nginx", "apache", "lighttpd", "haproxy", "caddy"]

NGINX = """
daemon off;
pid @DIR@/pid;
error_log stderr info;
events { worker_connections 256; }
http {
access_log off;
client_body_temp_path @DIR@/tmp;
fastcgi_temp_path @DIR@/tmp;
proxy_temp_path @DIR@/tmp;
uwsgi_temp_path @DIR@/tmp;
scgi_temp_path @DIR@/tmp;
include @SNIPPET@;
}
"""

APACHE = """
ServerRoot /usr/lib/apache2
LoadModule mpm_event_module modules/mod_mpm_event.so
LoadModule authz_core_module modules/mod_authz_core.so
LoadModule proxy_module modules/mod_proxy.so
LoadModule proxy_fcgi_module modules/mod_proxy_fcgi.so
ServerName localhost
Listen 127.0.0.1:@PORT@
PidFile @DIR@/pid
ErrorLog /dev/stderr
DefaultRuntimeDir @DIR@
Mutex file:@DIR@
DocumentRoot @WWW@
StartServers 1
ThreadsPerChild 8
MinSpareThreads 1
MaxSpareThreads 8
MaxRequestWorkers 8
KeepAliveTimeout 1
Include @SNIPPET@
"""

LIGHTTPD = """
server.document-root = "@WWW@"
server.bind = "127.0.0.1"
server.port = @PORT@
server.upload-dirs = ( "@DIR@" )
include "@SNIPPET@"
"""

HAPROXY = """
global
	log stderr format raw local0
	maxconn 100
defaults
	timeout connect 5s
	timeout client 60s
	timeout server 60s
"""

CADDY = """
{
	admin off
	auto_https off
}
import @SNIPPET@
"""

# name: (snippet, main file, command line)
SERVERS = {
    "nginx": ("nginx.conf", NGINX,
              ["/usr/sbin/nginx", "-e", "stderr", "-c", "@MAIN@"]),
    "apache": ("apache.conf", APACHE,
               ["/usr/sbin/apache2", "-D", "FOREGROUND", "-f", "@MAIN@"]),
    "lighttpd": ("lighttpd.conf", LIGHTTPD,
                 ["/usr/sbin/lighttpd", "-D", "-f", "@MAIN@"]),
    "haproxy": ("haproxy.cfg", HAPROXY,
                ["/usr/sbin/haproxy", "-db", "-f", "@MAIN@",
                 "-f", "@SNIPPET@"]),
    "caddy": ("Caddyfile", CADDY,
              ["/usr/bin/caddy", "run", "--adapter", "caddyfile",
               "--config", "@MAIN@"]),
}


def unprivileged():
    """How to start a server that should not be root."""
    if os.getuid() != 0:
        return {}
    user = pwd.getpwnam("www-data")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


class WebServer:
    def __init__(self, name, sock, run_files, main=None, text=None):
        """MAIN replaces the whole configuration (see test_git.py), TEXT
        the snippet."""
        snippet, usual_main, command = SERVERS[name]
        self.name = name
        self.port = pool.free_port()
        self.dir = tempfile.mkdtemp(prefix="web-", dir=run_files.dir)
        self.words = {"@DIR@": self.dir, "@PORT@": str(self.port),
                      "@WWW@": run_files.www, "@SOCKET@": str(sock),
                      "@SNIPPET@": os.path.join(self.dir, "snippet"),
                      "@MAIN@": os.path.join(self.dir, "main")}
        os.mkdir(os.path.join(self.dir, "tmp"))
        if text is None:
            with open(os.path.join(files.TOP, "etc", snippet)) as f:
                text = f.read()
        self._write("snippet", self._own(text, sock, run_files))
        self._write("main", self._fill(main or usual_main))
        self._give_away(self.dir, os.path.join(self.dir, "tmp"))
        self.log_path = os.path.join(self.dir, "log")
        with open(self.log_path, "ab") as log:
            self._give_away(self.log_path)
            self.process = subprocess.Popen(
                [self._fill(word) for word in command],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self.dir, env={"PATH": "/usr/bin:/bin",
                                   "HOME": self.dir}, **unprivileged())

    def _own(self, text, sock, run_files):
        """The snippet with this run's socket, root and port."""
        return (text.replace("/run/cgi-fpm/www.sock", str(sock))
                .replace("/srv/www", run_files.www)
                .replace(":8080", ":%d" % self.port))

    def _fill(self, text):
        for word, value in self.words.items():
            text = text.replace(word, value)
        return text

    def _write(self, name, text):
        with open(os.path.join(self.dir, name), "w") as f:
            f.write(text)

    def _give_away(self, *paths):
        who = unprivileged()
        if who:
            for path in paths:
                os.chown(path, who["user"], who["group"])

    def wait_ready(self):
        procs.wait_for(self._accepts, START_SECONDS, self.name + " accepts")
        return self

    def _accepts(self):
        if self.process.poll() is not None:
            raise AssertionError("%s exited: %s" % (self.name, self.log()))
        try:
            socket.create_connection(("127.0.0.1", self.port), 5).close()
            return True
        except ConnectionError:
            return False

    def log(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()

    def url(self, path):
        return "http://127.0.0.1:%d%s" % (self.port, path)

    def request(self, method, path, body=None, headers=None):
        """An http.client.HTTPResponse, its body not read yet."""
        conn = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        conn.request(method, path, body, headers or {})
        response = conn.getresponse()
        response.connection = conn  # lives as long as the answer
        return response

    def get(self, path):
        """(status, body)"""
        with self.request("GET", path) as response:
            return response.status, response.read()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self._kill()
        shutil.rmtree(self.dir, ignore_errors=True)

    def _kill(self):
        for p in procs.descendants(self.process.pid):
            procs.kill(p.pid)
        self.process.kill()
        self.process.wait()
