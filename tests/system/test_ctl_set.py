"""test_ctl_set.py - directives of a living pool, changed from the command
line."""

import os
import re
import shutil
import signal
import subprocess
import threading
import time

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


@pytest.mark.seconds(120)
def test_the_next_request_after_the_answer_goes_by_it(conf_pool):
    for i in range(25):
        conf_pool.ctl("set", "env.TURN=%d" % i)
        assert b"TURN=%d\"" % i in ask(conf_pool, "env.cgi").body


def test_a_worker_that_does_not_go_holds_no_answer_for_long(conf_pool):
    stopped = conf_pool.workers()[0]
    os.kill(stopped, signal.SIGSTOP)
    try:
        begun = time.monotonic()
        conf_pool.ctl("set", "pm.max_children=3")
        conf_pool.ctl("restart")
        assert procs.within(5, begun)
    finally:
        procs.kill(stopped, signal.SIGCONT)


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


def test_what_was_set_outlasts_a_reload_that_is_refused(conf_pool):
    good = conf_pool.path.read_text()
    conf_pool.ctl("set", "www", "pm.max_children=4")
    conf_pool.path.write_text(good + "pm = nonsense\n")
    conf_pool.ctl("reload", expect=78)
    conf_pool.path.write_text(good)
    conf_pool.ctl("set", "www", "env.TURN=1")
    s = conf_pool.status()
    assert s["workers"]["max"] == 4
    assert s["changes"][0] == "pm.max_children=4 (file: 2)"
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
    assert conf_pool.ctl("set", "pm.max_children=3") == (
        "pm.max_children=3, it was 2 (scale had made it 5)\n")
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
    assert out.count("saved in %s\n" % conf_pool.path) == 1
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
    assert "set, but not saved: it is global" in err
    assert "edit %s yourself" % conf_pool.path in err
    err = conf_pool.ctl("set", "--save", "env.A=b", expect=69)
    assert "set, but not saved: variables stand in the section env" in err
    assert "edit %s yourself" % conf_pool.path in err
    assert b"A=b" in ask(conf_pool, "env.cgi").body


@pytest.fixture
def of_text(start, run_files, tmp_path):
    """of_text(text, options...): the pools of a file with this TEXT, @DIR@
    and @ROOT@ replaced; @POOL@ is what a section of "www" needs."""
    def make(text, *args, workers=None):
        need = ('listen = "@DIR@/sock"; listen.mode = 0666; cgi.root = '
                '"@ROOT@"; pm = static').replace("; ", "\n    ")
        text = text.replace("@POOL@", need).replace(
            "@DIR@", str(tmp_path)).replace("@ROOT@", run_files.root)
        path = tmp_path / "some.conf"
        path.write_bytes(text.encode())
        pool = start("-y", str(path), *args, listen=None)
        pool.address = str(tmp_path / "sock")
        pool.wait_ready(workers)
        pool.keeps_workers = False
        pool.path = path
        pool.text = text
        return pool
    return make


def saves(pool, name="www", path=None):
    """set --save, and the file, and a reload that changes nothing."""
    path = path or pool.path
    before = path.read_bytes()
    pool.ctl("set", "--save", name, "request_terminate_timeout=41s")
    after = path.read_bytes()
    assert after.count(b"request_terminate_timeout = 41s") == 1
    assert len(after) > len(before)
    assert pool.status(name)["changes"] == []
    pool.ctl("reload")
    out = pool.ctl("set", name, "request_terminate_timeout=1s")
    assert "it was 41s" in out
    return after


@pytest.mark.parametrize("text", [
    'pool "www" {\n    @POOL@\n}',
    'pool www { @POOL@ }',
    "# pool www {\n/* } */pool 'www'\n{\n\t@POOL@\n\tenv { A = '}' }\n}\n",
    'pool "www" {\r\n    @POOL@\r\n}\r\n',
    'pool "b" { listen = "@DIR@/b"\n command = {"/bin/true"} } '
    'pool "www" {\n@POOL@ # pool "www" {\n}\n'])
def test_save_finds_its_place(of_text, text):
    pool = of_text(text)
    text = saves(pool).decode()
    line = "request_terminate_timeout = 41s"
    assert pool.text == "".join(
        part for part in text.splitlines(True) if line not in part
    ) or text.replace(line, "").split() == pool.text.split()
    if "\r" in text:
        assert "41s\r\n" in text


def test_save_goes_to_the_file_that_has_the_pool(of_text, tmp_path,
                                                 run_files):
    folder = tmp_path / "conf.d"
    folder.mkdir()
    (tmp_path / "real.conf").write_text(
        'pool "c" {\n listen = "%s"\n command = {"/bin/true"}\n}\n' % (
            tmp_path / "c"))
    (folder / "c.conf").symlink_to(tmp_path / "real.conf")
    (folder / "d.conf").write_text("# nothing\n")
    pool = of_text('include("conf.d/*.conf")\npool "www" {\n@POOL@\n}\n',
                   workers=None)
    saves(pool, "c", tmp_path / "real.conf")
    assert (folder / "c.conf").is_symlink()
    assert pool.path.read_text() == pool.text
    saves(pool)


LIMIT = "    request_terminate_timeout = %s\n"


@pytest.mark.parametrize("text,args,line,words", [
    # Another line or the command line counts for more.
    ('pool "www" {\n@POOL@\n}\n', ["-o", "pm.max_children=2"],
     "pm.max_children=3", "pm.max_children would be 2 at the next reload"),
    ('pool "www" {\n@POOL@\nlisten = "@DIR@/other"\n}\n', [],
     "listen=@DIR@/third", "listen would be {"),
    ('pool "www" {\n@POOL@\nlisten += {"@DIR@/other"}\n}\n', [],
     "listen=@DIR@/third", "+=")])
def test_what_a_reload_would_not_bring_back_is_not_saved(
        of_text, tmp_path, text, args, line, words):
    pool = of_text(text, *args)
    err = pool.ctl("set", "--save", line.replace("@DIR@", str(tmp_path)),
                   expect=69)
    assert "is set, but not saved: %s: " % pool.path in err
    assert words in err, err
    assert pool.path.read_text() == pool.text
    assert len(pool.status()["changes"]) == 1


def test_of_a_directive_given_twice_the_last_is_replaced(of_text):
    pool = of_text('pool "www" {\n@POOL@\n' + LIMIT % "1s" + LIMIT % "2s"
                   + "}\n")
    pool.ctl("set", "--save", "request_terminate_timeout=3s")
    assert pool.path.read_text() == pool.text.replace("= 2s", "= 3s")
    pool.ctl("reload")
    assert "it was 3s" in pool.ctl("set", "request_terminate_timeout=4s")


def test_what_was_written_meanwhile_is_not_lost(of_text):
    """By others who set and save, and by an editor."""
    pool = of_text('pool "www" {\n@POOL@\n' + LIMIT % "1s" + "}\n")
    with open(pool.path, "a") as f:
        f.write("# mine\n")
    names = ["request_terminate_timeout", "request_kill_timeout",
             "cgi.linger", "request_idle_timeout"]
    jobs = [threading.Thread(target=tenaciously, args=(
        pool, "set", "--save", "%s=%ds" % (name, 20 + i)))
            for i, name in enumerate(names)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    text = pool.path.read_text()
    assert text.endswith("}\n# mine\n")
    for i, name in enumerate(names):
        assert text.count("%s = %ds" % (name, 20 + i)) == 1, text
    assert pool.status()["changes"] == []


def tenaciously(pool, *args):
    procs.wait_for(lambda: pool.try_ctl(*args).returncode == 0, 20, "done")


def test_rights_go_over_to_the_new_file(of_text):
    pool = of_text('pool "www" {\n@POOL@\n}\n')
    os.chmod(pool.path, 0o440)
    if shutil.which("setfacl"):
        subprocess.run(["setfacl", "-m", "g:games:r", pool.path], check=True)
        before = subprocess.run(["getfacl", "-cn", pool.path],
                                capture_output=True).stdout
    if os.geteuid() == 0:
        os.chown(pool.path, 1, 2)
    saves(pool)
    st = os.stat(pool.path)
    assert st.st_mode & 0o7777 == 0o440
    if os.geteuid() == 0:
        assert (st.st_uid, st.st_gid) == (1, 2)
    if shutil.which("setfacl"):
        assert before == subprocess.run(["getfacl", "-cn", pool.path],
                                        capture_output=True).stdout
    assert os.listdir(pool.path.parent).count("some.conf") == 1
    assert not [n for n in os.listdir(pool.path.parent)
                if n.startswith("some.conf.")]


@pytest.mark.parametrize("spoil,words", [
    (lambda path: path.write_text("# empty\n"), "no section"),
    (lambda path: path.write_bytes(path.read_bytes() + b"#\0\n"), "NUL"),
    (lambda path: path.unlink(), "No such file"),
    (lambda path: (path.unlink(), path.mkdir()), "no text file")])
def test_a_file_that_is_spoilt_since_is_left_alone(of_text, spoil, words):
    """The value was set before, so that the file is not read again."""
    pool = of_text('pool "www" {\n@POOL@\n}\n')
    pool.ctl("set", "request_terminate_timeout=5s")
    spoil(pool.path)
    before = pool.path.read_bytes() if pool.path.is_file() else None
    done = pool.try_ctl("set", "--save", "request_terminate_timeout=5s")
    assert done.returncode != 0 and done.stderr.count("\n") == 1
    assert words in done.stderr or "not saved" not in done.stderr
    if before is not None:
        assert pool.path.read_bytes() == before


@pytest.mark.seconds(120)
def test_what_the_file_says_anyway_is_no_change(conf_pool):
    conf_pool.ctl("set", "pm.max_children=4", "request_idle_timeout=1m")
    s = conf_pool.status()
    assert s["changes"] == ["pm.max_children=4 (file: 2)"]
    conf_pool.ctl("set", "pm.max_children=2")
    assert conf_pool.status()["changes"] == []
    # And nothing that fills the list: there is room for 64.
    done = subprocess.run(
        [conf_pool.build.program("cgi-fpm"), "-tt", "-y",
         str(conf_pool.path)], capture_output=True, text=True,
        env=conf_pool.build.environ())
    lines = re.findall(r"^    ([a-z_.]+ = .*)$", done.stdout, re.M)
    assert len(lines) > 40
    for line in lines:
        conf_pool.ctl("set", "www", "  " + line + " ")
    assert conf_pool.status()["changes"] == []


def test_a_variable_says_what_it_was_as_well(conf_pool):
    assert conf_pool.ctl("set", "env.A=b") == "env.A=b, it was not set\n"
    assert conf_pool.ctl("set", "env.A=c") == "env.A=c, it was b\n"
    assert conf_pool.status()["changes"] == ["env.A=c (file: not set)"]


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
