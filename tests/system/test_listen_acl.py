"""test_listen_acl.py - listen.acl_users and listen.acl_groups."""

import grp
import os
import pwd
import socket
import stat
import subprocess

import pytest

import fcgi
import procs
from configured import pool_text

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="needs root")

NAME = "system.posix_acl_access"
NOBODY = pwd.getpwnam("nobody")
DAEMON = pwd.getpwnam("daemon")


def text(*lines):
    return pool_text("a", *lines).replace("    listen.mode = 0666\n", "")


def connects(conf, uid, gid=65533, name="a"):
    """May that user?"""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.setgroups([])
            os.setresgid(gid, gid, gid)
            os.setresuid(uid, uid, uid)
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(conf.sock(name))
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def has_list(conf):
    try:
        os.getxattr(conf.sock(), NAME, follow_symlinks=False)
        return True
    except OSError:
        return False


def test_users_and_groups_of_the_list_may_connect_and_others_not(conf):
    conf.run(text('listen.acl_users = "nobody, 4242"',
                  'listen.acl_groups = {"daemon"}'))
    assert connects(conf, NOBODY.pw_uid)
    assert connects(conf, 4242)
    assert connects(conf, 4243, gid=grp.getgrnam("daemon").gr_gid)
    assert not connects(conf, 4243)
    st = os.stat(conf.sock())
    assert (st.st_uid, st.st_gid) == (0, os.getegid())
    assert not stat.S_IMODE(st.st_mode) & 0o007
    assert fcgi.request(conf.sock(), {
        "SCRIPT_FILENAME": conf.files.program("hello.cgi")}).status == 200


def test_the_mode_still_counts_for_all_others(conf):
    conf.run(text("listen.mode = 0600", "listen.acl_users = nobody"))
    assert connects(conf, NOBODY.pw_uid)
    assert not connects(conf, DAEMON.pw_uid)


def test_owner_and_group_are_ignored_and_that_is_said(conf, build_tree):
    lines = ("listen.acl_users = nobody", "listen.owner = daemon",
             "listen.group = daemon")
    pool = conf.run(text(*lines))
    for name in ("listen.owner", "listen.group"):
        assert "%s = 'daemon' is ignored" % name in pool.log()
    assert os.stat(conf.sock()).st_uid == 0
    conf.reload()
    assert pool.log().count("listen.owner = 'daemon' is ignored") == 2
    tested = subprocess.run(
        [build_tree.program("cgi-fpm"), "-t", "-y", conf.path],
        capture_output=True, text=True, check=True,
        env=build_tree.environ())
    assert "listen.owner = 'daemon' is ignored" in tested.stderr


def test_a_reload_gives_changes_and_takes_the_list(conf):
    pool = conf.run(text("listen.group = daemon"))
    daemon = grp.getgrnam("daemon").gr_gid
    assert not has_list(conf) and connects(conf, 4242, daemon)
    conf.reload(text("listen.acl_users = nobody"))
    procs.wait_for(lambda: has_list(conf), 5, "the list")
    assert connects(conf, NOBODY.pw_uid)
    pool.ctl("set", "listen.acl_users=daemon")
    assert connects(conf, DAEMON.pw_uid)
    assert not connects(conf, NOBODY.pw_uid)
    conf.reload(text("listen.group = daemon"))
    assert not has_list(conf)
    assert connects(conf, 4242, daemon) and not connects(conf, DAEMON.pw_uid)
    assert stat.S_IMODE(os.stat(conf.sock()).st_mode) == 0o660


@pytest.mark.parametrize("line,says", [
    ("listen.acl_users = no-such-user",
     "listen.acl_users: unknown user 'no-such-user'"),
    ("listen.acl_groups = no-such-group",
     "listen.acl_groups: unknown group 'no-such-group'"),
    ("listen.acl_users = \"%s\"" % " ".join(map(str, range(5000, 5065))),
     "more than 64 users and groups"),
])
def test_unknown_names_are_refused(conf, line, says):
    conf.run(text())
    assert says in conf.refuse(text(line))


def test_empty_lists_are_none(conf):
    conf.run(text('listen.acl_users = ""', 'listen.acl_groups = ""',
                  "listen.group = daemon"))
    assert not has_list(conf)
    assert os.stat(conf.sock()).st_gid == grp.getgrnam("daemon").gr_gid


def test_of_the_command_line(start, run_files):
    pool = start("-o", "listen.acl_users=nobody", "--root", run_files.root)
    pool.wait_ready()
    os.getxattr(pool.address, NAME, follow_symlinks=False)
