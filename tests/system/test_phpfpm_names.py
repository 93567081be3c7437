"""test_phpfpm_names.py - names and values as php-fpm's users write them."""

import os
import subprocess

import pytest

import fcgi


def prefixed(conf, *lines):
    """A pool whose prefix is the folder of its configuration."""
    return 'pool "a" {\n%s}\n' % "".join("    %s\n" % line for line in (
        'prefix = "%s"' % conf.dir, 'listen = "$pool.sock"',
        "listen.mode = 0666", 'cgi.root = "@ROOT@"') + lines)


def get(conf, program="hello.cgi"):
    return fcgi.request(conf.sock(), {
        "SCRIPT_FILENAME": conf.files.program(program)})


def test_pool_and_prefix_in_paths(conf):
    text = prefixed(conf, 'access.log = "$pool.access.log"',
                    'env { OF = "$pool" }')
    pool = conf.run(text)
    assert b"OF=a" in get(conf, "env.cgi").body
    assert os.path.getsize(os.path.join(conf.dir, "a.access.log")) > 0
    pool.ctl("set", "access.log=$pool.other.log")
    assert get(conf).body == b"hello\n"
    assert os.path.getsize(os.path.join(conf.dir, "a.other.log")) > 0
    conf.reload(text.replace("a.access", "third"))
    assert get(conf).body == b"hello\n"


@pytest.mark.parametrize("line,says", [
    ("access.log = x.log", "there is no prefix"),
    ("php_admin_value[memory_limit] = 32M", "PHP's own"),
])
def test_a_reload_refuses_what_a_start_would(conf, line, says):
    conf.run(prefixed(conf))
    text = prefixed(conf, line)
    if "log" in line:
        text = text.replace("prefix =", "chdir =").replace(
            '"$pool.sock"', '"%s"' % conf.sock())
    assert says in conf.refuse(text)
    assert get(conf).body == b"hello\n"


def test_what_is_printed_has_them_replaced(build_tree, run_files, tmp_path):
    done = subprocess.run(
        [build_tree.program("cgi-fpm"), "-tt", "-s", "/run/x.sock",
         "-o", "prefix=%s" % tmp_path, "-o", "access.log=$pool.log",
         "--name", "www", "--root", run_files.root],
        capture_output=True, text=True, check=True,
        env=build_tree.environ())
    assert "access.log = '%s/www.log'" % tmp_path in done.stdout
