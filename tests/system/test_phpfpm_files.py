"""test_phpfpm_files.py - the files of php-fpm, as Debian ships them, in our
syntax: each name is understood, or refused with what to do instead."""

import glob
import os
import pwd
import re
import subprocess

import pytest

import fcgi
import procs
from configured import Configured

CGI, NATIVE = "cgi", "fastcgi"
BOTH = (CGI, NATIVE)

# The value as it is written here, and in which modes it is understood; where
# in neither, what the refusal says.
POOL = {
    "prefix": ('"@DIR@"', BOTH),
    "user": ('"@USER@"', BOTH),
    "group": ('"@GROUP@"', BOTH),
    "listen": ('"@DIR@/$pool.sock"', BOTH),
    "listen.backlog": ("511", BOTH),
    "listen.owner": ('"@USER@"', BOTH),
    "listen.group": ('"@GROUP@"', BOTH),
    "listen.mode": ("0666", BOTH),
    "listen.acl_users": ('""', BOTH),
    "listen.acl_groups": ('""', BOTH),
    "listen.allowed_clients": ("127.0.0.1", (CGI,)),
    "listen.setfib": ("1", "leave it out"),
    "process.priority": ("1", BOTH),
    "process.dumpable": ("yes", (CGI,)),
    "pm": ("dynamic", BOTH),
    "pm.max_children": ("5", BOTH),
    "pm.start_servers": ("2", BOTH),
    "pm.min_spare_servers": ("1", BOTH),
    "pm.max_spare_servers": ("3", BOTH),
    "pm.max_spawn_rate": ("32", BOTH),
    "pm.process_idle_timeout": ("10s", BOTH),
    "pm.max_requests": ("500", (CGI,)),
    "pm.status_path": ("/status", BOTH),
    "pm.status_listen": ('"@DIR@/status.sock"', BOTH),
    "ping.path": ("/ping", BOTH),
    "ping.response": ("pong", BOTH),
    "access.log": ("log/$pool.access.log", (CGI,)),
    "access.format": (r'"%R - %u %t \"%m %r%Q%q\" %s %f %{milli}d '
                      r'%{kilo}M %C%%"', (CGI,)),
    "access.suppress_path[]": ("/ping", "access.suppress_path = {"),
    "access.suppress_path": ('{"/ping", "/health_check.php"}', (CGI,)),
    "slowlog": ("log/$pool.log.slow", (CGI,)),
    "request_slowlog_timeout": ("0", (CGI,)),
    "request_slowlog_trace_depth": ("20", (CGI,)),
    "request_terminate_timeout": ("0", (CGI,)),
    "request_terminate_timeout_track_finished": ("no", (CGI,)),
    "rlimit_files": ("1024", BOTH),
    "rlimit_core": ("0", BOTH),
    "chdir": ('"@ROOT@"', BOTH),
    "catch_workers_output": ("yes", (NATIVE,)),
    "decorate_workers_output": ("no", (NATIVE,)),
    "clear_env": ("no", BOTH),
    "security.limit_extensions": ('".php .php3 .cgi"', (CGI,)),
    "env": ('{ PATH = "/usr/local/bin:/usr/bin:/bin"  TMP = /tmp }', BOTH),
    "env[HOSTNAME]": ("$HOSTNAME", 'env { NAME = "value" }'),
    "php_admin_value[memory_limit]": ("32M", "php-cgi with -d"),
    "php_admin_flag[log_errors]": ("on", "php-cgi with -d"),
    "php_flag[display_errors]": ("off", "php-cgi with -d"),
    "php_value[session.save_path]": ("/tmp", "php-cgi with -d"),
    "apparmor_hat": ("hat", "AppArmorProfile="),
}
GLOBAL = {
    "pid": ('"@DIR@/pid"', True),
    "error_log": ('"@DIR@/error.log"', True),
    "syslog.facility": ("daemon", True),
    "syslog.ident": ("php-fpm", True),
    "log_level": ("notice", True),
    "emergency_restart_threshold": ("10", True),
    "emergency_restart_interval": ("1m", True),
    "process_control_timeout": ("10s", True),
    "process.max": ("128", True),
    "process.priority": ("1", True),
    "daemonize": ("yes", True),
    "rlimit_files": ("1024", True),
    "rlimit_core": ("0", True),
    "events.mechanism": ("epoll", "it is always epoll"),
    "systemd_interval": ("10", True),
}
# Those that have no meaning without the other.
TOGETHER = {
    "emergency_restart_threshold": "emergency_restart_interval",
    "emergency_restart_interval": "emergency_restart_threshold",
    "pm.status_listen": "pm.status_path",
    "pm.status_path": "pm.status_listen",
    "ping.path": "pm.status_listen",
    "access.log": "prefix",
    "slowlog": "prefix",
}
# Of those who know what they are doing with it.
ELSEWHERE = ("log_limit", "log_buffering", "include", "chroot")


def assignment(name, value):
    return "%s %s" % (name, value) if name == "env" else \
        "%s = %s" % (name, value)


def lines(table, names):
    """The names' lines, with those that they need."""
    wanted = list(names)
    for name in wanted:  # which grows meanwhile
        need = TOGETHER.get(name)
        if need and need not in wanted:
            wanted.append(need)
    return "".join("    %s\n" % assignment(n, table[n][0]) for n in wanted)


def whole(mode, pool_names=(), global_names=()):
    own = {"listen": '"@DIR@/www.sock"'}
    own["command" if mode == NATIVE else "cgi.root"] = (
        "/usr/bin/php-cgi" if mode == NATIVE else '"@ROOT@"')
    if mode == NATIVE:
        own["mode"] = NATIVE
    for name in pool_names:
        own.pop(name, None)
    return lines(GLOBAL, global_names) + 'pool "www" {\n' + lines(
        POOL, pool_names) + "".join(
            "    %s = %s\n" % pair for pair in own.items()) + "}\n"


@pytest.fixture
def conf(start, run_files):
    c = Configured(start, run_files)
    os.mkdir(os.path.join(c.dir, "log"))
    yield c
    c.end()


def write(conf, text):
    user = pwd.getpwuid(os.geteuid())
    conf.write(text.replace("@USER@", user.pw_name).replace(
        "@GROUP@", str(user.pw_gid)))


@pytest.fixture
def check(conf, build_tree):
    """check(text): what cgi-fpm -t says of it, and its exit code."""

    def run(text):
        write(conf, text)
        done = subprocess.run(
            [build_tree.program("cgi-fpm"), "-t", "-y", conf.path],
            capture_output=True, text=True, check=False,
            env=build_tree.environ())
        return done.returncode, done.stderr

    return run


@pytest.mark.plain_only
@pytest.mark.parametrize("name", POOL)
def test_a_pools_directive_is_understood_or_refused_with_a_cure(name, check):
    modes = POOL[name][1]
    for mode in BOTH:
        code, said = check(whole(mode, [name]))
        if isinstance(modes, tuple) and mode in modes:
            assert code == 0, said
            continue
        assert code == 78 and said.count("\n") == 1, said
        assert name in said
        if isinstance(modes, str):
            assert modes in said
        elif name == "listen.allowed_clients":
            assert "listen.mode" in said  # of a unix socket
        else:  # of the other mode, and what this one has instead
            assert re.search(r"is for mode = (cgi|fastcgi): \w.{10}", said)


@pytest.mark.plain_only
@pytest.mark.parametrize("name", GLOBAL)
def test_a_global_directive_is_too(name, check):
    code, said = check(whole(CGI, (), [name]))
    if GLOBAL[name][1] is True:
        assert code == 0, said
    else:
        assert code == 78 and GLOBAL[name][1] in said


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
@pytest.mark.parametrize("mode", BOTH)
def test_with_all_of_them_a_pool_serves(mode, conf):
    names = [n for n, (_, modes) in POOL.items()
             if isinstance(modes, tuple) and mode in modes]
    if mode == CGI:  # Debian's value is for PHP's programs
        names.remove("listen.allowed_clients")
    everywhere = [n for n, (_, known) in GLOBAL.items()
                  if known is True and n != "error_log"]
    text = whole(mode, names, everywhere).replace("@USER@", "daemon").replace(
        "@GROUP@", "daemon")
    pool = conf.run(text, name="www")
    if mode == NATIVE:
        procs.wait_for(lambda: pool.status()["workers"]["idle"] > 0, 5)
        return
    answer = fcgi.request(conf.sock("www"), {
        "SCRIPT_FILENAME": conf.files.program("env.cgi"),
        "SCRIPT_NAME": "/env.cgi", "REQUEST_METHOD": "GET"})
    assert b"PATH=/usr/local/bin:/usr/bin:/bin" in answer.body
    with open(os.path.join(conf.dir, "log", "www.access.log")) as log:
        assert '"GET /env.cgi" 200' in log.read()


@pytest.mark.plain_only
def test_no_name_of_the_files_is_missing_here():
    shipped = glob.glob("/etc/php/*/fpm/php-fpm.conf") + glob.glob(
        "/etc/php/*/fpm/pool.d/www.conf")
    if not shipped:
        pytest.skip("php-fpm is missing")
    names = set()
    for path in shipped:
        with open(path) as f:
            names |= set(re.findall(
                r"^;? ?([a-z_]+(?:\.[a-z_]+)*)(?:\[[^]]*\])? *=", f.read(),
                re.M))
    known = {n.split("[")[0] for n in list(POOL) + list(GLOBAL)}
    assert names - known - set(ELSEWHERE) == set()
