"""test_ctl_set_all.py - every directive of a living pool: set, shown as
different from the file, saved, and still there after a reload."""

import re
import subprocess

import pytest

CONF = '''# cgi.linger = 9s
pool "www" {
    listen = "@DIR@/sock" // here
    cgi.root   =   '@ROOT@'
    /* pm.max_children = 99 */ pm.max_children=6
    umask = 0027 # pm = static
}
pool two { listen = "@DIR@/two"; command = /bin/true }
'''.replace("; ", "\n")

# What -tt prints them as, where that is something else.
VALUES = {
    "cgi.argv": ("{a, 'b c'}", "{'a', 'b c'}"),
    "security.limit_extensions": (".cgi .pl", "{'.cgi', '.pl'}"),
    "cgi.env": "strict",
    "cgi.env_drop": ('{"FOO", "BAR_*"}', "{'FOO', 'BAR_*'}"),
    "cgi.env_keep": ("LD_FOO", "{'LD_FOO'}"),
    "cgi.stderr": "both",
    "cgi.linger": "2s",
    "cgi.cut_on_crash": "no",
    "listen": ("{@DIR@/sock, @DIR@/more}", "{'@DIR@/sock', '@DIR@/more'}"),
    "listen.backlog": "100",
    "listen.acl_users": ("daemon", "{'daemon'}"),
    "listen.acl_groups": ("daemon, bin", "{'daemon', 'bin'}"),
    "listen.mode": "0600",
    "listen.allowed_clients": ("127.0.0.1", "'127.0.0.1'"),
    "chdir": ("/tmp", "'/tmp'"),
    "umask": ("77", "0077"),
    "process.priority": "4",
    "no_new_privs": ("on", "yes"),
    "process.dumpable": "yes",
    "clear_env": "no",
    "rlimit_files": "200",
    "rlimit_core": "0",
    "rlimit_as": "900M",
    "rlimit_cpu": "50",
    "rlimit_fsize": "5G",
    "rlimit_nproc": "4000",
    "pm": "static",
    "pm.max_children": "7",
    "pm.start_servers": "3",
    "pm.min_spare_servers": "2",
    "pm.max_spare_servers": "4",
    "pm.max_spawn_rate": "5",
    "pm.process_idle_timeout": "3s",
    "pm.max_requests": "1000",
    "pm.max_requests_jitter": "10",
    "pm.max_lifetime": "1h",
    "pm.restart_delay": "200ms",
    "pm.restart_delay_max": "2m",
    "pm.hang_timeout": "31s",
    "fastcgi.max_reqs": "4",
    "request_head_timeout": "1500ms",
    "request_body_timeout": "90s",
    "request_write_timeout": ("31", "31s"),
    "request_first_byte_timeout": "2m",
    "request_idle_timeout": "3m",
    "request_terminate_timeout": "4m",
    "request_terminate_timeout_track_finished": "no",
    "request_kill_timeout": "1s",
    "request_slowlog_timeout": "2s",
    "request_slowlog_trace_depth": "3",
    "slowlog": ("@DIR@/slow log", "'@DIR@/slow log'"),
    "cgi.failure_log": ("@DIR@/failed", "'@DIR@/failed'"),
    "cgi.failure_log_max": "1M",
    "request_params_max": "64K",
    "request_body_max": "10M",
    "request_body_temp_dir": ("@DIR@", "'@DIR@'"),
    "client_abort": "finish",
    "keepalive": "no",
    "keepalive_timeout": "5s",
    "keepalive_max": "10",
    "pm.status_path": ("/st", "'/st'"),
    "ping.path": ("/p", "'/p'"),
    "ping.response": ('say "hi" to # $pool',
                      "'say \"hi\" to # www'"),
    "access.log": ("@DIR@/access", "'@DIR@/access'"),
    "access.format": ('%R "%m" {a} \\ %{milli}d',
                      "'%R \"%m\" {a} \\\\ %{milli}d'"),
    "access.suppress_path": ("{/a, '/b c'}", "{'/a', '/b c'}"),
}
NAMES = sorted(VALUES)


class Tuned:
    def __init__(self, pool, path):
        self.pool = pool
        self.path = path

    def text(self, name, printed):
        value = VALUES[name]
        if isinstance(value, tuple):
            value = value[printed]
        return value.replace("@DIR@", str(self.path.parent))

    def is_now(self, name="www"):
        """What the file says, as -tt prints it."""
        done = subprocess.run(
            [self.pool.build.program("cgi-fpm"), "-tt", "-y",
             str(self.path)], capture_output=True, text=True, check=True,
            env=self.pool.build.environ())
        part = done.stdout.split("pool '%s' {\n" % name)[1].split("\n}")[0]
        return dict(re.findall(r"^ {4}([a-z_.]+) = (.*)$", part, re.M))


@pytest.fixture
def tuned(start, run_files, tmp_path):
    path = tmp_path / "cgi-fpm.conf"
    path.write_text(CONF.replace("@DIR@", str(tmp_path)).replace(
        "@ROOT@", run_files.root))
    pool = start("-y", str(path), listen=None)
    pool.address = str(tmp_path / "sock")
    pool.wait_ready()
    pool.keeps_workers = False
    return Tuned(pool, path)


@pytest.mark.parametrize("part", range(4))
def test_each_directive_is_set_shown_and_saved(tuned, part):
    pool, names = tuned.pool, NAMES[part::4]
    if "pm.max_spare_servers" not in names:
        names = [n for n in names if n not in (
            "pm.start_servers", "pm.min_spare_servers")]
    before, text = tuned.is_now(), tuned.path.read_text()
    lines = ["%s=%s" % (n, tuned.text(n, 0)) for n in names]
    said = pool.ctl("set", "www", *lines)
    for name, line in zip(names, lines):
        assert "%s, it was %s" % (line, before.get(name, "not set")) in said
    shown = pool.status("www")["changes"]
    assert shown == ["%s (file: %s)" % (line, before.get(name, "not set"))
                     for name, line in zip(names, lines)]
    assert pool.status("two")["changes"] == []
    said = pool.ctl("set", "--save", "www", *lines, seconds=60)
    for name, line in zip(names, lines):
        assert "%s, it was %s" % (line, tuned.text(name, 1)) in said
    assert pool.status("www")["changes"] == []
    for expected in ({n: tuned.text(n, 1) for n in names},):
        now = tuned.is_now()
        assert {n: now.get(n) for n in names} == expected
    check_rest(tuned, text, before, names)


def check_rest(tuned, text, before, names):
    """All else is as it was, in the file and after a reload."""
    after, pool = tuned.path.read_text(), tuned.pool
    for comment in ("# cgi.linger = 9s", " // here",
                    "/* pm.max_children = 99 */", " # pm = static"):
        assert comment in after
    assert text.split("pool two")[1] == after.split("pool two")[1]
    follows = ("pm.start_servers", "pm.max_spare_servers")
    now = tuned.is_now()
    for name in set(before) - set(names) - set(follows):
        assert now[name] == before[name], name
    pool.ctl("reload")
    assert pool.status("www")["changes"] == []
    line = "%s=%s" % (names[0], tuned.text(names[0], 0))
    assert "it was " + tuned.text(names[0], 1) in pool.ctl("set", "www", line)


def test_words_stay_when_something_else_is_set(tuned):
    """They were taken for what the file says anyway, and forgotten."""
    pool = tuned.pool
    pool.ctl("set", "www", "security.limit_extensions=.pl")
    pool.ctl("set", "www", "cgi.linger=3s")
    assert pool.ctl("set", "www", "security.limit_extensions=.pl") == (
        "security.limit_extensions=.pl, it was {'.pl'}\n")
    assert len(pool.status("www")["changes"]) == 2


def test_a_global_directive_is_one_whatever_pool_it_was_set_on(tuned):
    pool = tuned.pool
    pool.ctl("set", "www", "log_level=debug", "cgi.linger=2s")
    assert pool.ctl("set", "two", "global.log_level=error") == (
        "global.log_level=error, it was debug\n")
    level = "global.log_level=error (file: notice)"
    assert pool.status("www")["changes"] == ["cgi.linger=2s (file: 1s)",
                                             level]
    assert pool.status("two")["changes"] == [level]
    # The last one counts, whatever else is set again.
    pool.ctl("set", "www", "cgi.linger=3s")
    assert "it was error" in pool.ctl("set", "www", "log_level=notice")
    assert pool.status("two")["changes"] == []


@pytest.mark.parametrize("args,code,words", [
    (["www", "pm.max_requests=5", "pm.max_requests=6"], 64,
     "pm.max_requests is given twice"),
    (["www", "log_level=debug", " global.log_level = error"], 64,
     "global.log_level is given twice"),
    (["www", "pm"], 64, "'pm' is not NAME=VALUE"),
    (["pm=static"], 64, "there are several pools, name one: www, two"),
    (["three", "pm=static"], 65, "no pool 'three'; there is www, two"),
    (["www", "env={A = b}"], 78, "env: is a section: env.NAME=VALUE")])
def test_what_makes_no_sense_is_told(tuned, args, code, words):
    err = tuned.pool.ctl("set", *args, expect=code)
    assert err.startswith("cgi-fpmctl set: ") and words in err, err
    assert err.count("\n") == 1
    assert tuned.pool.status("www")["changes"] == []


def test_a_number_that_is_missing_is_not_a_pool_that_is(tuned):
    for args, words in ((["scale", "www"], "scale POOL N: N is missing"),
                        (["scale"], "too few arguments: scale [POOL] N"),
                        (["kill"], "too few arguments: kill WORKER"),
                        (["drain"], "several pools, name one: www, two")):
        assert words in tuned.pool.ctl(*args, expect=64)


def test_an_error_stands_alone(tuned):
    done = tuned.pool.try_ctl("requests", "three")
    assert done.returncode == 65 and done.stdout == ""
    head = tuned.pool.ctl("requests")
    assert head.count("WORKER") == 1 and head.count("\n") == 1


def test_what_is_no_control_socket_is_said_to_be_none(tuned):
    pool = tuned.pool
    done = subprocess.run(
        [pool.build.program("cgi-fpmctl"), "-S", pool.address, "ping"],
        capture_output=True, text=True, env=pool.build.environ())
    assert done.returncode == 76 and done.stderr.count("\n") == 1
    assert "is it the control socket (control.listen, -S)?" in done.stderr
