"""cgi-fpmctl check, and what -t says beyond the syntax."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

import pytest

import pool as pools
import procs
import web


@pytest.fixture
def check(build_tree):
    def run(pool, *args):
        return subprocess.run(
            [build_tree.program("cgi-fpmctl"), "-S",
             os.path.join(pool.dir, "control"), "check", *args],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            timeout=20, env=build_tree.environ(None))
    return run


HELLO_C = r"""
#include <stdio.h>
int main(void) { return puts("Content-Type: text/plain\n\nhello") < 0; }
"""


def steered(start, run_files, *args, tail):
    pool = start("-F", "1", "-S", "@DIR@/control", *args, tail=tail)
    return pool.wait_ready(1)


def test_a_pool_that_works_is_told_so(start, run_files, check):
    pool = steered(start, run_files,
                   tail=["--", run_files.program("hello.cgi")])
    done = check(pool, "--json")
    rows = json.loads(done.stdout)
    assert done.returncode == 0, rows
    assert all(r["ok"] and r["pool"] == "hello.cgi" for r in rows)
    assert any("with status 200 and application status 0" in r["text"]
               for r in rows)
    text = check(pool).stdout
    assert ": the web server's user www-data may connect\n" in text
    assert "nginx, which is installed here, needs:" in text
    assert "fastcgi_pass unix:%s;" % pool.address in " ".join(text.split())


def test_a_socket_the_web_server_cannot_use_is_found(
        start, run_files, check):
    pool = steered(start, run_files, "-M", "0600",
                   tail=["--", run_files.program("hello.cgi")])
    done = check(pool)
    assert done.returncode == 1
    assert "www-data may not connect (mode 0600" in done.stdout
    assert "set listen.group = www-data" in done.stdout


def test_a_root_is_shown_as_a_folder_of_the_site(start, run_files, check):
    pool = steered(start, run_files, "--root", run_files.root, tail=[])
    text = check(pool).stdout
    head, base = os.path.split(run_files.root)
    assert "location /%s/ {" % base in text
    assert "SCRIPT_FILENAME %s$fastcgi_script_name;" % head in text


def test_a_fastcgi_program_behind_mode_cgi_is_recognised(
        start, run_files, check, tmp_path):
    program = tmp_path / "app.pl"
    program.write_text("#!/bin/sh\n# use FCGI;\n"
                       "printf 'Content-Type: x\\n\\nx'\n")
    program.chmod(0o755)
    pool = steered(start, run_files, tail=["--", str(program)])
    done = check(pool)
    assert done.returncode == 1
    assert "speaks FastCGI itself (use FCGI): use mode = fastcgi" in \
        done.stdout


def test_an_answer_that_is_an_error_is_none(start, run_files, check):
    pool = steered(start, run_files,
                   tail=["--", run_files.program("silent.cgi")])
    done = check(pool)
    assert done.returncode == 1
    (line,) = [x for x in done.stdout.split("\n") if "application" in x]
    assert line.startswith("BAD") and "with status 502 and" in line


def test_a_drained_pool_is_told_and_not_waited_for(start, run_files, check):
    pool = steered(start, run_files,
                   tail=["--", run_files.program("hello.cgi")])
    pool.keeps_workers = False
    pool.ctl("drain")
    procs.wait_for(lambda: not pool.status()["processes"], 5, "none is left")
    begun = time.monotonic()
    done = check(pool, "--json")
    assert procs.within(5, begun) and done.returncode == 1
    (row,) = [r for r in json.loads(done.stdout) if not r["ok"]]
    assert row["check"] == "state"
    assert row["text"] == "drained, 0 workers: cgi-fpmctl resume has it " \
        "take requests again"
    pool.ctl("resume")


def test_without_a_master_it_says_where_it_looked(build_tree, tmp_path):
    done = subprocess.run(
        [build_tree.program("cgi-fpmctl"), "-S", str(tmp_path / "none"),
         "check"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        timeout=20, env=build_tree.environ(None))
    assert done.returncode == 69
    assert str(tmp_path / "none") in done.stderr


# --- what the web servers need: taken as it is, by the real ones ---

# What stands around the lines, and those who print them.
AROUND = {
    "nginx": "server { listen 127.0.0.1:8080; %s }",
    "apache": "%s",
    "lighttpd": "%s",
    "haproxy": "frontend www\n mode http\n bind 127.0.0.1:8080\n %s\n%s",
    "caddy": "http://:8080 {\n bind 127.0.0.1\n %s }",
}
TITLES = {"nginx": "nginx", "apache": "Apache", "lighttpd": "lighttpd",
          "haproxy": "HAProxy", "caddy": "Caddy"}


def lines_for(name, text):
    head = "\n%s, which is installed here, needs:\n" % TITLES[name]
    block = text.split(head)[1].split("\n\n")[0] + "\n"
    if name != "haproxy":
        return AROUND[name] % block
    use = re.search(r"# in a frontend: (.*)", block)[1]
    return AROUND[name] % (use, block)


@pytest.mark.plain_only
@pytest.mark.parametrize("listen", ["unix", "tcp", "tcp6", "all"])
@pytest.mark.parametrize("name", web.NAMES)
def test_the_lines_for_a_web_server_are_what_it_needs(
        start, run_files, check, serve, name, listen):
    port = pools.free_port()
    args = {"unix": [], "tcp": ["-a", "127.0.0.1", "-p", str(port)],
            "tcp6": ["-s", "tcp6:[::1]:%d" % port],
            "all": ["-a", "0.0.0.0", "-p", str(port)]}[listen]
    pool = start("--root", run_files.root, "-F", "1", "-S", "@DIR@/control",
                 *args, listen="unix" if listen == "unix" else None)
    if listen != "unix":
        pool.address = ("::1" if listen == "tcp6" else "127.0.0.1", port)
    pool.wait_ready(1)
    server = serve(name, pool, text=lines_for(name, check(pool).stdout))
    assert server.get("/cgi-bin/hello.cgi") == (200, b"hello\n")
    status, body = server.get("/cgi-bin/env.cgi/more?a=b")
    pairs = dict(p.split("=", 1) for p in json.loads(body)["environ"])
    assert status == 200 and pairs["QUERY_STRING"] == "a=b"
    assert pairs["PATH_INFO"] == "/more"


@pytest.mark.plain_only
@pytest.mark.parametrize("name", web.NAMES)
def test_the_lines_for_a_fixed_program_likewise(
        start, run_files, check, serve, name):
    pool = steered(start, run_files,
                   tail=["--", run_files.program("hello.cgi")])
    server = serve(name, pool, text=lines_for(name, check(pool).stdout))
    assert server.get("/any/thing") == (200, b"hello\n")


# --- may the user execute it: asked of the kernel ---

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture
def open_dir(run_files):
    """A folder that everybody may search, unlike those of pytest."""
    path = tempfile.mkdtemp(prefix="open-", dir=run_files.dir)
    os.chmod(path, 0o755)
    return pathlib.Path(path)


@pytest.fixture
def tested(build_tree, open_dir):
    """What -t says about a program: tested(path, options...)."""
    def run(*args, tail=()):
        done = subprocess.run(
            [build_tree.program("cgi-fpm"), "-t", "-s", str(open_dir / "s"),
             "-M", "0666", *args, *tail], stderr=subprocess.PIPE, text=True,
            env=build_tree.environ(None))
        lines = done.stderr.splitlines()
        if done.returncode == 0:
            return lines[:-1]
        assert done.returncode == 78 and len(lines) == 1, done.stderr
        return lines
    return run


@pytest.fixture
def script(open_dir):

    def make(mode, text="#!/bin/sh\n", folder=None):
        path = open_dir
        if folder is not None:
            path = path / "folder"
            path.mkdir(exist_ok=True)
        path = path / "program.sh"
        path.write_bytes(text.encode())
        path.chmod(mode)
        if folder is not None:
            path.parent.chmod(folder)
        return str(path)
    return make


AS_NOBODY = ("-u", "nobody", "-g", "nogroup")


@ROOT_ONLY
@pytest.mark.parametrize("how,words", [
    (dict(mode=0o755), None),
    (dict(mode=0o711), "may not read it (mode 0711), which its interpreter"),
    (dict(mode=0o744), "may not execute it (mode 0744)"),
    (dict(mode=0o755, folder=0o750), "may not search the directory"),
    (dict(mode=0o755, folder=0o711), None),
    (dict(mode=0o755, text="#!/usr/bin/nowhere -x\n"),
     "its interpreter /usr/bin/nowhere: No such file"),
    (dict(mode=0o755, text="#!/bin/sh\r\n"), "CR LF"),
    (dict(mode=0o755, text="#! /usr/bin/env perl\n"), None),
    (dict(mode=0o755, text="no script\n"), None)])
def test_what_keeps_a_user_from_a_program_is_named(
        start, run_files, check, tested, script, how, words):
    path = script(0o755, folder=0o755 if "folder" in how else None)
    pool = steered(start, run_files, *AS_NOBODY, "-M", "0666",
                   tail=["--", path])
    assert script(**how) == path
    told = tested(*AS_NOBODY, tail=["--", path])
    rows = [r for r in json.loads(check(pool, "--json").stdout)
            if r["check"] == path]
    if words is None:
        assert told == [] and rows[0]["ok"]
        assert rows[0]["text"] == "user nobody may execute it"
    else:
        assert len(told) == 1 and words in told[0], told
        assert not rows[0]["ok"] and words in rows[0]["text"], rows


@ROOT_ONLY
def test_what_is_allowed_by_a_list_alone_is_allowed(tested, script):
    """And what is by its modes and not by the list, is not."""
    if shutil.which("setfacl") is None:
        pytest.skip("setfacl is missing")
    path = script(0o700)
    assert "may not" in tested(*AS_NOBODY, tail=["--", path])[0]
    subprocess.run(["setfacl", "-m", "u:nobody:rx", path], check=True)
    assert tested(*AS_NOBODY, tail=["--", path]) == []
    os.unlink(path)
    path = script(0o755)
    subprocess.run(["setfacl", "-m", "u:nobody:-", path], check=True)
    assert "may not execute it" in tested(*AS_NOBODY, tail=["--", path])[0]


@ROOT_ONLY
def test_a_program_in_a_root_of_its_own(start, run_files, check, tested,
                                        open_dir):
    jail = open_dir / "jail"
    (jail / "bin").mkdir(parents=True)
    for d in (open_dir, jail, jail / "bin"):
        d.chmod(0o755)
    program = jail / "bin" / "hello"
    subprocess.run(["gcc", "-static", "-xc", "-", "-o", str(program)],
                   input=HELLO_C, text=True, check=True)
    pool = steered(start, run_files, "-c", str(jail), *AS_NOBODY, "-M",
                   "0666", tail=["--", "/bin/hello"])
    done = check(pool)
    assert "ok   hello: %s: user nobody may execute it" % program in \
        done.stdout, done
    program.chmod(0o700)
    done = check(pool)
    assert done.returncode == 1
    assert "BAD  hello: %s: user nobody may not execute it (mode 0700)" % (
        program) in done.stdout
    jailed = ("-c", str(jail)) + AS_NOBODY
    assert "%s: user nobody may not execute it" % program in tested(
        *jailed, tail=["--", "/bin/hello"])[0]
    program.chmod(0o755)
    assert tested(*jailed, tail=["--", "/bin/hello"]) == []
    program.write_bytes(b"#!/bin/sh\n")
    assert "its interpreter /bin/sh: No such file" in tested(
        *jailed, tail=["--", "/bin/hello"])[0]


@ROOT_ONLY
def test_a_folder_of_programs_is_to_be_searched(tested, open_dir):
    root = open_dir / "root"
    root.mkdir()
    root.chmod(0o700)
    assert "may not search it (mode 0700)" in tested(
        *AS_NOBODY, "--root", str(root))[0]
    root.chmod(0o711)
    assert tested(*AS_NOBODY, "--root", str(root)) == []


@ROOT_ONLY
def test_a_socket_for_nobody_is_found_before_it_is_made(tested, script,
                                                        open_dir):
    tail = ["--", script(0o755)]
    assert tested(tail=tail) == []
    told = tested("-M", "0600", tail=tail)
    assert "www-data may not connect (mode 0600, owner root, group root): set " \
        "listen.group = www-data" in told[0]
    assert tested("-M", "0660", "-G", "www-data", tail=tail) == []
    os.chmod(open_dir, 0o700)
    told = tested("-M", "0660", "-G", "www-data", tail=tail)
    assert "www-data may not search the directory %s" % open_dir in told[0]


@ROOT_ONLY
def test_a_socket_behind_a_shut_folder_is_found(start, run_files, check,
                                                open_dir):
    folder = open_dir / "shut"
    folder.mkdir(mode=0o700)
    pool = start("-F", "1", "-s", str(folder / "s"), "-M", "0666",
                 "-S", "@DIR@/control", listen=None,
                 tail=["--", run_files.program("hello.cgi")])
    pool.address = str(folder / "s")
    pool.wait_ready(1)
    done = check(pool)
    assert "www-data may not search the directory %s" % folder in done.stdout
    folder.chmod(0o711)
    assert check(pool).returncode == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="-u needs root")
def test_the_test_of_settings_knows_what_a_user_may_not(
        build_tree, run_files, tmp_path):
    program = tmp_path / "mine.sh"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    done = subprocess.run(
        [build_tree.program("cgi-fpm"), "-t", "-s", str(tmp_path / "s"),
         "-u", "nobody", "--", str(program)], stderr=subprocess.PIPE,
        text=True, env=build_tree.environ(None))
    assert done.returncode == 0
    assert "user nobody may not" in done.stderr
