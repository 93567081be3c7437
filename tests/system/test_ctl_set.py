"""test_ctl_set.py - directives of a living pool, changed from the command
line."""

import os
import signal

import pytest

import fcgi
import procs
from test_ctl_restart import Load


@pytest.fixture
def conf_pool(start, run_files, tmp_path):
    path = tmp_path / "cgi-fpm.conf"
    path.write_text('''# kept
pool "www" {
    listen = "%s"   # here
    listen.mode = 0666
    cgi.root = "%s"
    pm = static
    pm.max_children = 2  // two
}
''' % (tmp_path / "sock", run_files.root))
    pool = start("-y", str(path), listen=None)
    pool.address = str(tmp_path / "sock")
    pool.wait_ready(2)
    pool.keeps_workers = False
    pool.path = path
    return pool


def ask(pool, program, query=""):
    return fcgi.request(pool.address, {
        "SCRIPT_FILENAME": pool.files.program(program),
        "QUERY_STRING": query})


def test_set_says_what_it_was(conf_pool):
    out = conf_pool.ctl("set", "www", "pm.max_children=4")
    assert out == "pm.max_children=4, it was 2\n"
    s = conf_pool.status()
    assert s["workers"]["max"] == 4 and s["workers"]["idle"] >= 4
    assert s["changes"] == ["pm.max_children=4 (file: 2)"]
    assert "pm.max_children=4 (file: 2)" in conf_pool.ctl("status")
    out = conf_pool.ctl("set", "pm.max_children = 3")
    assert out.endswith("it was 4\n")
    assert conf_pool.status()["changes"] == ["pm.max_children = 3 (file: 2)"]


def test_a_time_limit_counts_for_the_next_request(conf_pool):
    assert ask(conf_pool, "sleep.cgi", "0.4").status == 200
    out = conf_pool.ctl("set", "request_terminate_timeout=200ms")
    assert "it was 0" in out
    assert ask(conf_pool, "sleep.cgi", "5").status == 504
    assert conf_pool.status()["requests"]["timed_out"] == 1


def test_several_at_once(conf_pool):
    conf_pool.ctl("set", "www", "pm=dynamic", "pm.max_children=9",
                  "env.COLOUR=blue")
    s = conf_pool.status()
    assert s["process_manager"] == "dynamic" and s["workers"]["max"] == 9
    assert b"COLOUR=blue" in ask(conf_pool, "env.cgi").body
    assert len(s["changes"]) == 3


def test_a_global_one_as_well(conf_pool):
    conf_pool.ctl("set", "log_level=debug")
    conf_pool.ctl("restart")
    procs.wait_for(lambda: "DEBUG" in conf_pool.log(), 5, "debug lines")


@pytest.mark.parametrize("line,words", [
    ("pm.max_children=0", "pm.max_children"),
    ("pm.max_childern=3", "did you mean"),
    ("pm=fast", "pm"),
    ("cgi.root=/nowhere", "/nowhere"),
    ("control.listen=/x", "restart"),
    ("user=nobody-at-all", "nobody-at-all"),
])
def test_a_mistake_changes_nothing_and_is_named(conf_pool, line, words):
    before = conf_pool.workers()
    err = conf_pool.ctl("set", "www", line, expect=78)
    assert words in err and err.count("\n") == 1
    assert conf_pool.workers() == before
    s = conf_pool.status()
    assert s["changes"] == [] and s["generation"] == 1
    conf_pool.ctl("set", "pm.max_children=3")  # and the next one is fine


def test_wrong_arguments(conf_pool):
    conf_pool.ctl("set", expect=64)
    conf_pool.ctl("set", "www", expect=64)
    conf_pool.ctl("set", "nix", "pm=static", expect=65)


def test_a_reload_goes_by_the_file_again(conf_pool):
    conf_pool.ctl("set", "pm.max_children=4")
    conf_pool.ctl("reload")
    s = conf_pool.status()
    assert s["workers"]["max"] == 2 and s["changes"] == []


def test_earlier_settings_stay_when_a_later_one_is_refused(conf_pool):
    conf_pool.ctl("set", "pm.max_children=4")
    conf_pool.ctl("set", "pm.max_children=0", expect=78)
    conf_pool.ctl("set", "request_terminate_timeout=9s")
    s = conf_pool.status()
    assert s["workers"]["max"] == 4 and len(s["changes"]) == 2


def test_scale_shows_as_a_change(conf_pool):
    conf_pool.ctl("scale", "5")
    assert conf_pool.status()["changes"] == [
        "scale: 5 workers at most (pm.max_children: 2)"]
    conf_pool.ctl("scale", "2")
    assert conf_pool.status()["changes"] == []


def test_scale_outlasts_all_that_is_not_about_it(conf_pool):
    scaled = ["scale: 5 workers at most (pm.max_children: 2)"]
    conf_pool.ctl("scale", "5")
    conf_pool.ctl("restart")
    s = conf_pool.status()
    assert s["workers"]["max"] == 5 and s["changes"] == scaled
    procs.wait_for(lambda: conf_pool.status()["workers"]["idle"] == 5, 5)
    conf_pool.ctl("drain", "--refuse")
    conf_pool.ctl("resume")
    conf_pool.ctl("set", "request_terminate_timeout=9s")
    s = conf_pool.status()
    assert s["workers"]["max"] == 5 and s["changes"][1:] == scaled
    conf_pool.ctl("set", "pm.max_children=3")
    s = conf_pool.status()
    assert s["workers"]["max"] == 3 and len(s["changes"]) == 2
    conf_pool.ctl("scale", "5")
    conf_pool.ctl("reload")
    s = conf_pool.status()
    assert s["workers"]["max"] == 2 and s["changes"] == []


def test_one_worker_more_by_signal_is_told_and_outlasts_a_restart(conf_pool):
    conf_pool.send(signal.SIGTTIN)
    procs.wait_for(lambda: conf_pool.status()["workers"]["max"] == 3, 5)
    conf_pool.ctl("restart")
    s = conf_pool.status()
    assert s["workers"]["max"] == 3
    assert s["changes"] == ["scale: 3 workers at most (pm.max_children: 2)"]


def test_save_keeps_comments_and_mode(conf_pool):
    os.chmod(conf_pool.path, 0o640)
    out = conf_pool.ctl("set", "--save", "www", "pm.max_children=4",
                        "request_terminate_timeout=30s")
    assert str(conf_pool.path) in out
    text = conf_pool.path.read_text()
    assert "    pm.max_children = 4  // two\n" in text
    assert "    request_terminate_timeout = 30s\n}" in text
    assert text.startswith("# kept\n") and "# here" in text
    assert os.stat(conf_pool.path).st_mode & 0o777 == 0o640
    assert conf_pool.status()["changes"] == []
    conf_pool.ctl("reload")
    assert conf_pool.status()["workers"]["max"] == 4


def test_what_cannot_be_saved_says_why(conf_pool):
    err = conf_pool.ctl("set", "--save", "log_level=debug", expect=69)
    assert "set, but not saved" in err
    err = conf_pool.ctl("set", "--save", "env.A=b", expect=69)
    assert "set, but not saved" in err
    assert b"A=b" in ask(conf_pool, "env.cgi").body


def test_a_pool_of_the_command_line_cannot_be_saved(root_pool):
    pool = root_pool()
    pool.keeps_workers = False
    err = pool.ctl("set", "--save", "pm.max_children=2", expect=69)
    assert "command line" in err
    assert pool.status()["workers"]["max"] == 2


def test_set_under_load_loses_nothing(conf_pool):
    with Load(conf_pool) as load:
        for i in range(8):
            conf_pool.ctl("set", "pm.max_children=%d" % (2 + i % 3))
    assert not load.failures and set(load.statuses) == {200}
    assert (conf_pool.status()["requests"]["completed"] ==
            load.statuses[200])
