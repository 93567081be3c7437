"""The conformance program (tests/conformance) against our own binary, and
against one that is known to fail some of its rows."""

import json
import os
import subprocess

import pytest

import files

RUN = os.path.join(files.TOP, "tests", "conformance")
FCGIWRAP = "/usr/sbin/fcgiwrap"


def conformance(tmp_path, *args):
    """Exit status and {row: result}."""
    path = str(tmp_path / "result.json")
    done = subprocess.run(
        [RUN, "--json", path, *args], capture_output=True,
        text=True, timeout=120)
    assert done.returncode in (0, 1), done.stderr
    with open(path) as f:
        return done.returncode, {
            r["row"]: "%(result)s %(reason)s" % r for r in json.load(f)}


@pytest.mark.plain_only
@pytest.mark.seconds(150)
def test_every_row_of_the_conformance_program_passes(build_tree, tmp_path):
    server = ["--", build_tree.program("cgi-fpm"), "-n", "-F", "1", "-s",
              "{socket}", "--root", "{root}", "-o",
              "request_head_timeout=1500ms", "-o",
              "request_body_timeout=500ms", "-o",
              "request_write_timeout=500ms", "-o", "request_kill_timeout=1s"]
    _, rows = conformance(tmp_path, "--jobs", "6", *server)
    assert len(rows) > 70
    failed = ",".join(r for r, v in rows.items() if v != "pass ")
    if failed:
        # Some rows ask for haste, which six at a time may not allow.
        _, rows = conformance(tmp_path, "--only", failed, *server)
    assert {r: v for r, v in rows.items() if v != "pass "} == {}


def test_the_conformance_program_finds_what_is_wrong(tmp_path):
    if not os.access(FCGIWRAP, os.X_OK):
        pytest.skip("fcgiwrap is not installed")
    status, rows = conformance(
        tmp_path, "--only", "P01,P09,P16,P19,P20,C13,C20,X04", "--",
        FCGIWRAP, "-f", "-c", "1", "-s", "unix:{socket}")
    assert status == 1
    failed = {r for r, v in rows.items() if v.startswith("FAIL")}
    assert failed == {"P19", "P20", "C13", "C20", "X04"}


def test_the_conformance_program_can_be_pointed_at_a_server(
        start, run_files, tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    pool = start("-F", "1", "--root", str(root)).wait_ready(1)
    status, rows = conformance(tmp_path, "--only", "P01,P10,P13,P26,C13",
                               "--connect", pool.address, "--root", str(root))
    assert status == 0
    assert rows.pop("P26").startswith("n/a")
    assert set(rows.values()) == {"pass "}


def test_a_server_that_is_not_there_is_told(tmp_path):
    done = subprocess.run(
        [RUN, "--connect", str(tmp_path / "none"), "--root",
         str(tmp_path)], capture_output=True, text=True, timeout=20)
    assert done.returncode == 69 and str(tmp_path / "none") in done.stderr
