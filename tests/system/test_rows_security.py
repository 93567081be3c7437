"""Failure modes that matter for security, X01 to X08: which program runs,
and what it is told."""

import json
import os
import signal
import stat
import subprocess
import tempfile
import time

import pytest

import fcgi
import procs
from asker import Asker
from test_rows_programs_start import HELLO, write

SAFE = {"GATEWAY_INTERFACE", "REQUEST_METHOD", "SCRIPT_FILENAME",
        "SCRIPT_NAME", "QUERY_STRING", "CONTENT_LENGTH", "PATH"}

DANGEROUS = """
HTTP_PROXY PATH IFS ENV BASH_ENV BASH_FUNC_ls BASHOPTS SHELLOPTS PS4 CDPATH
GLOBIGNORE PROMPT_COMMAND LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT LD_DEBUG
LD_BIND_NOW LD_ORIGIN_PATH LD_PROFILE LD_SHOW_AUXV LD_USE_LOAD_BIAS
GLIBC_TUNABLES GCONV_PATH GETCONF_DIR LOCPATH NLSPATH MALLOC_TRACE
MALLOC_PERTURB_ HOSTALIASES LOCALDOMAIN RES_OPTIONS RESOLV_HOST_CONF TZDIR
PERL5LIB PERL5OPT PERL5DB PERLLIB PERLIO PERLIO_DEBUG PERL_HASH_SEED
PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONINSPECT PYTHONWARNINGS RUBYLIB
RUBYOPT GEM_PATH GEM_HOME BUNDLE_GEMFILE NODE_OPTIONS NODE_PATH LUA_PATH
LUA_INIT LUA_CPATH TCLLIBPATH PHPRC PHP_INI_SCAN_DIR PHP_VALUE
PHP_ADMIN_VALUE JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS CLASSPATH
AWKPATH DYLD_INSERT_LIBRARIES DYLD_LIBRARY_PATH
""".split()

NO_NAMES = ["", "A=B", "A B", "A-B", "1A", "A\nB", "A\0B", "()", "\x7f",
            "BASH_FUNC_ls%%", "BASH_FUNC_ls()", "\u00c4", "A.B", "A:B", "%n"]


# --- X01: which program ---

@pytest.fixture
def yard(own_root):
    """A root with links of all kinds, and something outside of it."""
    root = own_root.root
    outside = root.parent / (root.name + ".outside")
    outside.mkdir()
    outside.chmod(0o755)
    write(outside / "out.cgi", HELLO % "outside")
    write(root / "in.cgi", HELLO % "inside")
    (root / "sub").mkdir(mode=0o755)
    write(root / "sub" / "deep.cgi", HELLO % "deep")
    (root / "rel.cgi").symlink_to("sub/deep.cgi")
    (root / "up.cgi").symlink_to("sub/../in.cgi")
    (root / "abs.cgi").symlink_to(root / "in.cgi")
    (root / "absdir").symlink_to(root / "sub")
    (root / "out.cgi").symlink_to(outside / "out.cgi")
    (root / "relout.cgi").symlink_to("../%s/out.cgi" % outside.name)
    (root / "outdir").symlink_to(outside)
    (root / "slash").symlink_to("/")
    (root / "self.cgi").symlink_to("/proc/self/exe")
    (root / "twice.cgi").symlink_to("out.cgi")
    own_root.outside = outside
    return own_root


INSIDE = {"in.cgi": b"inside", "rel.cgi": b"deep", "up.cgi": b"inside",
          "abs.cgi": b"inside", "absdir/deep.cgi": b"deep",
          "sub/../in.cgi": b"inside", "./in.cgi": b"inside",
          "sub//deep.cgi": b"deep", ".//in.cgi": b"inside",
          "sub/deep.cgi/..": b"deep"}
OUTSIDE = ["out.cgi", "relout.cgi", "outdir/out.cgi", "slash/bin/sh",
           "self.cgi", "twice.cgi", "../../../../../../bin/sh",
           "sub/../../{out}/out.cgi", "../{out}/out.cgi", "."]


def test_X01_links_and_dots_that_stay_inside_are_followed(yard):
    a = yard()
    got = {name: a.at(name).body for name in INSIDE}
    assert got == INSIDE


def test_X01_nothing_outside_of_the_root_runs(yard):
    a = yard()
    for name in OUTSIDE:
        answer = a.at(name.format(out=yard.outside.name))
        assert answer.status in (403, 404), (name, answer)
        assert b"outside" not in answer.stdout


def test_X01_whole_paths_outside_of_the_root_are_refused(yard):
    a = yard()
    root = str(yard.root)
    for path in ("/bin/sh", "/proc/self/exe", root + ".outside/out.cgi",
                 root + "/../%s/out.cgi" % yard.outside.name, "in.cgi",
                 "/" + "x" * 4095, "/.." + root,
                 root, root + "/", "", "/", "proxy:fcgi://h/bin/sh",
                 "proxy:", "proxy:fcgi://h", "%2fbin%2fsh"):
        answer = a.get("x", SCRIPT_FILENAME=path, SCRIPT_NAME="")
        assert answer.status in (403, 404), (path, answer)
    answer = a.get("x", SCRIPT_FILENAME=root + "/in.cgi\0/bin/sh")
    assert answer.status == 400
    assert a.at("in.cgi").body == b"inside"


@pytest.mark.parametrize("prefix", [
    "proxy:fcgi://127.0.0.1:9000", "proxy:balancer://pool"])
def test_X01_apaches_prefix_is_no_way_around(yard, prefix):
    a = yard()
    at = prefix + str(yard.root)
    assert a.get("x", SCRIPT_FILENAME=at + "/in.cgi").body == b"inside"
    for name in OUTSIDE:
        path = at + "/" + name.format(out=yard.outside.name)
        assert a.get("x", SCRIPT_FILENAME=path).status in (403, 404)


def test_X01_document_root_chooses_nothing_outside(yard):
    a = yard()

    def ask(root, name):
        return fcgi.request(a.pool.address, {"DOCUMENT_ROOT": root,
                                             "SCRIPT_NAME": name})

    assert ask(str(yard.root), "/in.cgi").body == b"inside"
    for root, name in (("/", "/bin/sh"), (str(yard.outside), "/out.cgi"),
                       (str(yard.root), "/../" + yard.outside.name
                        + "/out.cgi"), ("/bin", "/sh"), ("", "/bin/sh")):
        answer = ask(root, name)
        assert answer.status in (403, 404), (root, name, answer)


def test_X01_a_root_that_is_itself_a_link_is_a_root(start, yard, run_files):
    link = str(yard.root) + ".link"
    os.symlink(yard.root, link)
    p = start("-F", "1", "--root", link)
    a = Asker(p.wait_ready(1), run_files)
    for name in ("in.cgi", "abs.cgi", "rel.cgi"):
        assert a.get(name, SCRIPT_FILENAME=link + "/" + name).status == 200
    for name in ("out.cgi", "relout.cgi", "slash/bin/sh"):
        assert a.get(name, SCRIPT_FILENAME=link + "/" + name).status == 403


# --- X03: the socket ---

def modes_on_its_way(build_tree, run_files, final, args):
    """Of a socket while it is made; strace holds that back in between, so
    that it can be looked at."""
    folder = tempfile.mkdtemp(dir=run_files.dir)
    path = folder + "/s"
    calls = "chmod,fchmod,fchmodat,fchown,fchownat,listen"
    tracer = subprocess.Popen(
        ["strace", "-o", "/dev/null", "-e", "trace=" + calls, "-e",
         "inject=%s:delay_enter=150000" % calls,
         build_tree.program("cgi-fpm"), "-n", "-s", path, "-F", "1", "-S",
         folder + "/control", "--root", run_files.root, *args],
        stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        preexec_fn=lambda: os.umask(0), env=build_tree.environ())
    seen = set()

    def look():
        if os.path.exists(path):
            seen.add(stat.S_IMODE(os.stat(path).st_mode))
        return final in seen

    try:
        procs.wait_for(look, 5, "a socket with mode %o" % final)
        time.sleep(0.3)
        seen.add(stat.S_IMODE(os.stat(path).st_mode))
    finally:
        for p in procs.children(tracer.pid):
            procs.kill(p.pid, signal.SIGTERM)
        tracer.wait(10)
    return seen


@pytest.mark.plain_only
@pytest.mark.parametrize("mode", [None, 0o620])
def test_X03_the_socket_is_never_wider_than_it_will_be(build_tree, run_files,
                                                       mode):
    final = mode or 0o660
    args = ["-M", "%04o" % mode] if mode else []
    for _ in range(5):  # who is late to look sees only the end
        seen = modes_on_its_way(build_tree, run_files, final, args)
        assert not [oct(m) for m in seen if m & ~final]
        if len(seen) > 1:
            return
    raise AssertionError("it was never seen on its way")


# --- X04 to X07: the environment ---

def test_X04_the_proxy_header_is_never_passed(asker, env_of):
    a = asker()
    env = env_of(a.get("env.cgi", HTTP_PROXY="http://evil/",
                       HTTP_PROXY_X="1").body)
    assert "HTTP_PROXY" not in env and env["HTTP_PROXY_X"] == "1"


@pytest.mark.parametrize("mode", ["safe", "strict"])
def test_X05_no_dangerous_name_is_passed(asker, env_of, mode):
    assert len(DANGEROUS) >= 60
    a = asker("-o", "cgi.env=" + mode)
    env = env_of(a.get("env.cgi", **{n: "/evil" for n in DANGEROUS}).body)
    assert set(env) & set(DANGEROUS) == {"PATH"}
    assert "/evil" not in env["PATH"]


def test_X05_strict_passes_what_the_standard_knows(asker, env_of):
    a = asker("-o", "cgi.env=strict")
    known = {n: "v" for n in (
        "AUTH_TYPE CONTENT_TYPE PATH_INFO PATH_TRANSLATED REMOTE_ADDR "
        "REMOTE_HOST REMOTE_IDENT REMOTE_USER SERVER_NAME SERVER_PORT "
        "SERVER_PROTOCOL SERVER_SOFTWARE HTTP_HOST HTTP_X_ANY").split()}
    others = {n: "v" for n in ("DOCUMENT_ROOT REQUEST_URI HTTPS MY_OWN "
                               "REDIRECT_STATUS TERM HOME").split()}
    env = env_of(a.get("env.cgi", **known, **others).body)
    assert set(env) - {"PWD", "SHLVL", "_"} == SAFE | set(known)


def test_X05_keep_and_drop_are_obeyed(asker, env_of):
    a = asker("-o", 'cgi.env_keep={"PYTHON*", LD_BIND_NOW}',
              "-o", 'cgi.env_drop={"HTTP_SECRET*", MINE}')
    env = env_of(a.get("env.cgi", PYTHONUTF8="1", LD_BIND_NOW="1",
                       LD_PRELOAD="x", HTTP_SECRET_A="x", HTTP_SECRET="x",
                       HTTP_SECRE="y", MINE="x", MINER="y").body)
    assert env["PYTHONUTF8"] == env["LD_BIND_NOW"] == "1"
    assert env["HTTP_SECRE"] == env["MINER"] == "y"
    assert not {"LD_PRELOAD", "HTTP_SECRET_A", "HTTP_SECRET", "MINE"} & set(
        env)


def test_X05_what_the_configuration_sets_cannot_be_replaced(asker, env_of):
    a = asker("-o", "env.PATH=/usr/bin:/bin:/opt/x", "-o", "env.DB=ours",
              "-o", "cgi.env_keep={PATH, DB}")
    env = env_of(a.get("env.cgi", PATH="/evil", DB="theirs").body)
    assert env["PATH"] == "/usr/bin:/bin:/opt/x" and env["DB"] == "ours"


def test_X05_of_any_name_there_is_one_entry_the_last(asker, env_of):
    a = asker()
    pairs = list(a.params("env.cgi").items())
    pairs += [("HTTP_X", "%d" % n) for n in range(1000)]
    pairs += [("REMOTE_USER", "first"), ("REMOTE_USER", ""),
              ("SCRIPT_FILENAME", "/bin/sh"),
              ("SCRIPT_FILENAME", a.params("env.cgi")["SCRIPT_FILENAME"])]
    answer = fcgi.request(a.pool.address, pairs)
    env = env_of(answer.body)
    assert env["HTTP_X"] == "999" and env["REMOTE_USER"] == ""


@pytest.mark.parametrize("query", ["-s", "-d+x", "%AD+x", "a+b+c", "--", "-"])
def test_X06_a_query_never_becomes_arguments(asker, env_of, query):
    a = asker()
    got = json.loads(a.get("env.cgi", query).body)
    assert len(got["argv"]) == 1
    a = asker("-o", "cgi.argv={one, two}")
    got = json.loads(a.get("env.cgi", query).body)
    assert got["argv"][1:] == ["one", "two"]


def test_X07_what_is_no_name_is_dropped(asker, env_of):
    a = asker()
    evil = "() { :;}; echo vulnerable"
    pairs = list(a.params("env.cgi").items())
    pairs += [(n, evil) for n in NO_NAMES] + [("HTTP_UA", evil)]
    env = env_of(fcgi.request(a.pool.address, pairs).body)
    assert [n for n, v in env.items() if v == evil] == ["HTTP_UA"]
    assert set(env) - {"PWD", "SHLVL", "_"} == SAFE | {
        "HTTP_UA", "REQUEST_ID"}


# --- X08: PATH_INFO ---

SPLITS = [  # SCRIPT_NAME, the path behind the root: SCRIPT_NAME, PATH_INFO
    ("/cgi-bin/env.cgi", "/env.cgi", "/cgi-bin/env.cgi", None),
    ("/cgi-bin/env.cgi/a", "/env.cgi/a", "/cgi-bin/env.cgi", "/a"),
    ("/a", "/env.cgi/a", "", "/a"),
    ("a", "/env.cgi/abc", "a", "/abc"),
    ("", "/env.cgi/abc", "", "/abc"),
    ("/other", "/env.cgi/abc", "/other", "/abc"),
    ("/x/env.cgi//", "/env.cgi//", "/x/env.cgi", "//"),
    ("/x/env.cgi/%0a\n", "/env.cgi/%0a\n", "/x/env.cgi", "/%0a\n"),
    ("/env.cgi/" + "x" * 3000, "/env.cgi/" + "x" * 3000, "/env.cgi",
     "/" + "x" * 3000),
]


@pytest.mark.parametrize("name,path,said,info", SPLITS)
def test_X08_path_info_is_what_follows_the_program(asker, env_of, name, path,
                                                   said, info):
    a = asker()
    answer = a.get("env.cgi", SCRIPT_NAME=name,
                   SCRIPT_FILENAME=a.files.root + path)
    env = env_of(answer.body)
    assert env.get("PATH_INFO") == info
    assert env["SCRIPT_NAME"] == said
    assert env["SCRIPT_FILENAME"] == a.files.root + "/env.cgi"


def test_X08_odd_combinations_harm_nobody(asker):
    a = asker()
    odd = ["", "/", "//", "/x", "x" * 5000, "/env.cgi", "/env.cgi/", "\xff",
           "/%0a", "/\n", "/env.cgi/../..", "?", "/env.cgi?a"]
    with a.conn() as c:
        for info in odd:
            for name in odd:
                answer = c.request({
                    "SCRIPT_NAME": name, "PATH_INFO": info,
                    "PATH_TRANSLATED": info, "REQUEST_URI": name + info,
                    "DOCUMENT_ROOT": a.files.root}, keep=True)
                assert answer.complete
                assert answer.status in (200, 403, 404), (name, info, answer)
