"""cgi-fpmctl check, and what -t says beyond the syntax."""

import json
import os
import subprocess

import pytest

import procs


@pytest.fixture
def check(build_tree):
    def run(pool, *args):
        return subprocess.run(
            [build_tree.program("cgi-fpmctl"), "-S",
             os.path.join(pool.dir, "control"), "check", *args],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            timeout=20, env=build_tree.environ(None))
    return run


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
    assert any("application status 0" in r["text"] for r in rows)
    text = check(pool).stdout
    assert "nginx, which is installed here, needs:" in text
    assert "fastcgi_pass unix:%s;" % pool.address in text.replace("  ", " ")


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


def test_without_a_master_it_says_where_it_looked(build_tree, tmp_path):
    done = subprocess.run(
        [build_tree.program("cgi-fpmctl"), "-S", str(tmp_path / "none"),
         "check"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        timeout=20, env=build_tree.environ(None))
    assert done.returncode == 69
    assert str(tmp_path / "none") in done.stderr


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
    assert "user 65534 may not" in done.stderr
