"""native.py - programs that speak FastCGI themselves, made for the tests."""

import os
import shutil
import subprocess

import fcgi
import files

SOURCES = os.path.join(files.HERE, "native")


def compile_c(folder, name):
    """A program of libfcgi from native/NAME.c; its path."""
    out = os.path.join(folder, name)
    subprocess.run(
        ["gcc", "-O1", "-o", out, os.path.join(SOURCES, name + ".c"),
         "-lfcgi"], check=True, timeout=60)
    return out


def build_go(folder):
    """native/serve.go with the standard library alone; its path."""
    out = os.path.join(folder, "serve-go")
    env = dict(os.environ, GO111MODULE="off", GOFLAGS="", GOPROXY="off",
               GOCACHE=os.path.join(folder, "gocache"), HOME=folder,
               GOPATH=os.path.join(folder, "gopath"))
    subprocess.run(
        ["go", "build", "-o", out, os.path.join(SOURCES, "serve.go")],
        check=True, timeout=120, env=env)
    return out


def script(folder, name):
    """A program that needs no compiler, copied; its path."""
    out = os.path.join(folder, name)
    shutil.copy(os.path.join(SOURCES, name), out)
    os.chmod(out, 0o755)
    return out


class Kind:
    """A program that speaks FastCGI, how it is started, and what its requests
    name."""

    def __init__(self, command, options=(), **params):
        self.command = command
        self.options = list(options)
        self.params = params


def kinds(folder):
    """Programs that nobody here wrote the FastCGI of, by name."""
    php = script(folder, "serve.php")
    return {
        "libfcgi": Kind([compile_c(folder, "zoo")]),
        "FCGI.pm": Kind([script(folder, "serve.pl")]),
        "Go": Kind([build_go(folder)]),
        "php-cgi": Kind(["/usr/bin/php-cgi"], SCRIPT_FILENAME=php),
        "php-cgi with children": Kind(
            ["/usr/bin/php-cgi"], ["-o", "env.PHP_FCGI_CHILDREN=2"],
            SCRIPT_FILENAME=php),
    }


NAMES = ["libfcgi", "FCGI.pm", "Go", "php-cgi", "php-cgi with children"]


def params(kind, query, body=b""):
    return dict({
        "GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1",
        "REQUEST_METHOD": "POST" if body else "GET", "REQUEST_URI":
        "/?" + query, "SCRIPT_NAME": "/", "QUERY_STRING": query,
        "CONTENT_TYPE": "text/plain", "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": "localhost"}, **kind.params)


class Unclosed(fcgi.Answer):
    """php-cgi leaves out the empty record that ends a stream."""

    def take(self, record):
        self.stdout_closed |= record.type == fcgi.END_REQUEST
        super().take(record)


def ask(address, kind, query, body=b""):
    """The words of the answer of a program of KIND: pid, query, length."""
    with fcgi.Conn(address) as c:
        if "SCRIPT_FILENAME" in kind.params:
            c.answers[1] = Unclosed(1)
        answer = c.request(params(kind, query, body), body, keep=False)
    assert answer.complete and answer.app_status == 0, answer
    assert query.encode() in answer.body, answer
    return answer.body.split()
