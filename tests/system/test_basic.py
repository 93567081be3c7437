"""The outcome table: what the web server gets for what the program did."""

import json
import os
import re
import signal
import stat

import pytest

import asker
import fcgi
import procs


def get(pool, run_files, name, query="", body=b"", **more):
    """One request for a program of the pool's root."""
    return fcgi.request(
        pool.address, asker.params(run_files, name, query, body, **more), body)


@pytest.fixture
def ask(root_pool, run_files):
    """ask(name, query="", body=b"", NAME=value...) of a pool of one."""
    pool = root_pool()

    def one(name, query="", body=b"", **more):
        return get(pool, run_files, name, str(query), body, **more)

    one.pool = pool
    return one


def assert_error(answer, status, app_status=None):
    """One of our own answers: complete, short, text, without a path."""
    assert answer.status == status, answer
    assert answer.complete, answer
    assert answer.headers["content-type"].startswith("text/plain")
    assert re.match(r"%d \w" % status, answer.headers["status"])
    assert 0 < len(answer.body) < 500
    assert b"/" not in answer.body
    if app_status is not None:
        assert answer.app_status == app_status


# --- a program that answers ---

def test_a_programs_output_arrives_as_it_came(ask):
    answer = ask("hello.cgi")
    assert answer.stdout == b"Content-Type: text/plain\r\n\r\nhello\n"
    assert (answer.app_status, answer.complete) == (0, True)
    assert answer.stdout_closed
    assert answer.stderr == b""


def test_output_is_binary_safe(ask):
    assert ask("binary.cgi").body == bytes(range(256)) * 4


def test_a_head_without_a_body_is_an_answer(ask):
    answer = ask("headonly.cgi")
    assert answer.stdout == (
        b"Status: 204 No Content\r\nX-Head: only\r\n\r\n")


def test_output_without_a_head_is_passed_as_it_is(ask):
    assert ask("badhead.cgi").stdout == b"this is no header\n"


def test_a_head_of_a_mebibyte_is_passed(ask):
    answer = ask("hugehead.cgi", 1 << 20)
    assert answer.headers["x-long"] == "0" * (1 << 20)
    assert answer.body == b"huge\n"


def test_a_body_is_echoed_while_it_is_read(ask):
    body = os.urandom(3 << 20)
    assert ask("echo.cgi", body=body).body == body


def test_stderr_is_apart_and_closed(ask):
    answer = ask("stderr.cgi")
    assert answer.body == b"complained\n"
    assert answer.stderr == b"a complaint of the program\n"
    assert answer.stderr_closed


def test_a_flood_of_stderr_blocks_nothing(ask):
    answer = ask("flooderr.cgi", 1 << 20)
    assert answer.body == b"flooded\n"
    assert len(answer.stderr) == 1 << 20


def test_stdout_and_stderr_in_turn_both_arrive_whole(ask):
    answer = ask("interleave.cgi", 500)
    assert answer.body == b"".join(b"out %d\n" % n for n in range(1, 501))
    assert answer.stderr == b"".join(b"err %d\n" % n for n in range(1, 501))


# --- how it ends ---

def test_each_exit_code_is_reported_as_it_is(ask):
    for code in range(256):
        answer = ask("exit.cgi", code)
        assert answer.app_status == code
        assert answer.body == b"exit %d\n" % code
        assert answer.complete


@pytest.mark.parametrize("code", [0, 1, 3, 255])
def test_an_exit_without_output_is_a_502(ask, code):
    assert_error(ask("silent.cgi", code), 502, code)


@pytest.mark.parametrize("name", ["TERM", "KILL", "SEGV", "HUP", "USR1",
                                  "PIPE", "ALRM"])
def test_a_death_of_a_signal_before_output_is_a_502(ask, name):
    number = getattr(signal, "SIG" + name)
    assert_error(ask("signal.cgi", name), 502, 128 + number)


def test_a_death_in_mid_body_cuts_the_answer(ask):
    answer = ask("crash.cgi")
    assert len(answer.body) == 1000
    assert answer.eof and not answer.ended and not answer.stdout_closed


def test_a_cut_answer_may_be_ended_by_configuration(root_pool, run_files):
    pool = root_pool("-o", "cgi.cut_on_crash=no")
    answer = get(pool, run_files, "crash.cgi")
    assert len(answer.body) == 1000
    assert answer.app_status == 128 + signal.SIGSEGV and answer.complete


# --- which program ---

@pytest.mark.parametrize("name", ["nothing.cgi", "no/such/folder.cgi"])
def test_no_such_program_is_a_404(ask, name):
    assert_error(ask(name), 404)


@pytest.mark.parametrize("path", [
    "plain.txt",             # not executable
    "",                      # the root itself
    "../../../../bin/true",  # outside
])
def test_what_must_not_run_is_a_403(ask, path):
    answer = ask(path)
    assert answer.status in (403, 404), answer
    assert_error(answer, answer.status)


def test_a_file_that_is_not_executable_is_a_403(ask):
    assert_error(ask("plain.txt"), 403)


def test_a_path_outside_the_root_is_a_403(ask):
    assert_error(ask("x", SCRIPT_FILENAME="/bin/true"), 403)


def test_a_program_that_cannot_be_executed_is_a_500(ask):
    assert_error(ask("badinterp.cgi"), 500)
    assert "badinterp.cgi" in ask.pool.log()


def test_the_rest_of_the_path_is_path_info(ask, env_of):
    answer = ask("env.cgi/some//path/../x")
    env = env_of(answer.body)
    assert env["PATH_INFO"] == "/some//path/../x"
    assert env["SCRIPT_NAME"] == "/cgi-bin/env.cgi"
    assert env["SCRIPT_FILENAME"].endswith("/cgi-bin/env.cgi")


def test_a_program_is_found_without_script_filename(root_pool, run_files,
                                                    env_of):
    answer = fcgi.request(root_pool().address, {
        "DOCUMENT_ROOT": run_files.www,
        "SCRIPT_NAME": "/cgi-bin/env.cgi/extra"})
    assert env_of(answer.body)["PATH_INFO"] == "/extra"


# --- bad and large requests ---

def test_a_value_with_a_nul_is_a_400(ask):
    assert_error(ask("hello.cgi", HTTP_X="a\0b"), 400)


@pytest.mark.parametrize("length", ["-1", "+5", "1,000", "abc", "5 ",
                                    "99999999999999999999"])
def test_a_broken_content_length_is_a_400(ask, length):
    assert_error(ask("hello.cgi", CONTENT_LENGTH=length), 400)


def test_too_many_parameters_are_a_431(ask):
    assert_error(ask("hello.cgi", HTTP_X="x" * (1 << 20)), 431)


def test_a_body_beyond_the_limit_is_a_413(root_pool, run_files):
    pool = root_pool("-o", "request_body_max=1K")
    answer = get(pool, run_files, "sha256.cgi", body=b"x" * 1025)
    assert_error(answer, 413)
    answer = get(pool, run_files, "sha256.cgi", body=b"x" * 1024)
    assert answer.body.startswith(b"1024 ")


# --- stdin ---

@pytest.mark.parametrize("name", ["noread.cgi", "closein.cgi"])
def test_a_body_that_is_not_read_is_dropped(ask, name):
    answer = ask(name, body=b"x" * (4 << 20))
    assert answer.status == 200
    assert answer.complete and answer.app_status == 0


def test_a_body_that_is_read_in_part_is_dropped(ask):
    answer = ask("readsome.cgi", 5, body=b"12345" + b"x" * (2 << 20))
    assert answer.body == b"12345"


def test_a_program_reads_content_length_bytes_and_no_more(ask):
    answer = ask("sha256.cgi", body=b"x" * 100, CONTENT_LENGTH="60")
    assert answer.body.startswith(b"60 ")


def test_without_a_content_length_it_reads_to_the_end(ask):
    answer = ask("sha256.cgi", body=b"x" * 100, CONTENT_LENGTH="")
    assert answer.body.startswith(b"100 ")


# --- ends that are not ends ---

def test_a_background_job_does_not_hold_the_answer(root_pool, run_files):
    pool = root_pool("-o", "cgi.linger=200ms")
    answer = get(pool, run_files, "daemonise.cgi", "30")
    job = int(answer.body.split()[1])
    assert answer.complete and answer.app_status == 0
    assert procs.alive(job), "the job is left alone"
    procs.kill(job)


def test_a_closed_stdout_ends_the_stream_at_once(root_pool, run_files):
    pool = root_pool()
    with fcgi.Conn(pool.address) as c:
        c.send_request({"SCRIPT_FILENAME": run_files.program("closeout.cgi"),
                        "QUERY_STRING": "0.5,7"})
        c.read_until(lambda: c.answer().stdout_closed)
        assert not c.answer().ended
        assert c.finish().app_status == 7


# --- what a program gets ---

SIGFPE_OF_PERL = 1 << (signal.SIGFPE - 1)  # perl itself ignores it


def seen(answer):
    return json.loads(answer.body)


def test_a_program_gets_three_descriptors_and_default_signals(ask):
    got = seen(ask("env.cgi"))
    assert sorted(got["fds"]) == ["0", "1", "2"]
    assert got["status"]["SigBlk"] == "0" * 16
    ignored = int(got["status"]["SigIgn"], 16)
    assert ignored & ~SIGFPE_OF_PERL == 0
    assert got["pgrp"] == got["pid"]


def test_a_program_starts_in_its_folder_with_one_argument(ask, run_files):
    got = seen(ask("env.cgi", "a+b"))
    assert got["cwd"] == run_files.root
    assert len(got["argv"]) == 1


def test_nothing_is_inherited_and_nothing_dangerous_passed(start, run_files,
                                                           env_of):
    pool = start("-F", "1", "--root", run_files.root, "-o",
                 "env.FROM_CONFIGURATION=yes",
                 env={"SECRET": "of the master"}).wait_ready(1)
    env = env_of(get(pool, run_files, "env.cgi", HTTP_PROXY="x",
                     LD_PRELOAD="/x", BASH_ENV="/x", PERL5LIB="/x",
                     IFS="x", PATH="/evil", HTTP_GOOD="yes",
                     MY_OWN="yes").body)
    for name in ("SECRET", "HTTP_PROXY", "LD_PRELOAD", "BASH_ENV",
                 "PERL5LIB", "IFS"):
        assert name not in env
    assert "/evil" not in env["PATH"]
    assert env["FROM_CONFIGURATION"] == "yes"
    assert env["HTTP_GOOD"] == env["MY_OWN"] == "yes"


def test_of_a_name_given_twice_the_last_wins(root_pool, run_files, env_of):
    answer = fcgi.request(root_pool().address, [
        ("SCRIPT_FILENAME", run_files.program("env.cgi")),
        ("HTTP_X", "first"), ("HTTP_X", "last"), ("BAD-NAME", "x"),
        ("", "empty"), ("A=B", "x")])
    env = env_of(answer.body)
    assert env["HTTP_X"] == "last"
    assert not {"BAD-NAME", "", "A"} & set(env)


def test_a_fixed_command_runs_whatever_is_asked(command_pool):
    pool = command_pool("hello.cgi")
    assert fcgi.request(pool.address, {}).body == b"hello\n"
    answer = fcgi.request(pool.address, {"SCRIPT_FILENAME": "/bin/true"})
    assert answer.body == b"hello\n"


def test_the_socket_has_the_mode_that_was_asked_for(start, run_files):
    pool = start("-F", "1", "--root", run_files.root, "-s", "@DIR@/s", "-M",
                 "0600", listen=None)
    pool.address = os.path.join(pool.dir, "s")
    pool.wait_ready(1)
    assert stat.S_IMODE(os.stat(pool.address).st_mode) == 0o600
