"""listen.allowed_clients: who may connect over TCP (row X02).

The addresses are those of this machine: loopback, and one of a network
namespace of the test's own.
"""

import os
import subprocess
import sys

import pytest

import fcgi
import pool
import procs

PROBE = """
import socket, sys
sys.path.insert(0, %r)
import fcgi
try:
    answer = fcgi.request((sys.argv[1], int(sys.argv[2])),
                          {"SCRIPT_NAME": "/x"}, b"")
    print(answer.app_status if answer.ended else "closed")
except (fcgi.Closed, OSError):
    print("closed")
""" % os.path.dirname(os.path.abspath(__file__))


def answers(address):
    try:
        return fcgi.request(address, {"SCRIPT_NAME": "/x"}, b"").complete
    except (fcgi.Closed, OSError):
        return False


@pytest.fixture
def listening(start, run_files):
    """listening(address, options...): a pool on TCP, and its address."""

    def make(host, *args):
        port = pool.free_port()
        started = start("-F", "1", "-a", host, "-p", str(port), *args,
                        listen=(host, port),
                        tail=["--", run_files.program("hello.cgi")])
        procs.wait_for(lambda: "ready to handle" in started.log(), 5,
                       "it is up")
        return started, port

    return make


def test_X02_loopback_needs_no_list(listening):
    _, port = listening("127.0.0.1")
    assert answers(("127.0.0.1", port))


def test_X02_who_is_not_in_the_list_is_closed_and_told_of(listening):
    started, port = listening(
        "127.0.0.1", "-o", "listen.allowed_clients=192.0.2.0/24, ::1")
    assert not answers(("127.0.0.1", port))
    procs.wait_for(lambda: "connection from 127.0.0.1 refused" in
                   started.log(), 5, "it is in the log")


def test_X02_a_network_in_the_list_may(listening):
    _, port = listening("127.0.0.1",
                        "-o", "listen.allowed_clients=127.0.0.0/8")
    assert answers(("127.0.0.1", port))


def in_own_network(command):
    """Run COMMAND's lines in a network namespace with an address beside
    loopback; its output."""
    script = ("ip link set lo up && ip addr add 192.0.2.9/32 dev lo && "
              + command)
    done = subprocess.run(["unshare", "-rn", "sh", "-c", script],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=50)
    return done.stdout


@pytest.mark.parametrize("options, here, there", [
    ([], "0", "closed"),
    (["-o", "listen.allowed_clients=any"], "0", "0"),
    (["-o", "listen.allowed_clients=192.0.2.9"], "closed", "0"),
])
def test_X02_without_a_list_only_this_machine_may(
        build_tree, run_files, tmp_path, options, here, there):
    probe = tmp_path / "probe.py"
    probe.write_text(PROBE)
    quoted = " ".join("'%s'" % o for o in options)
    told = in_own_network("""
%(binary)s -n -a 0.0.0.0 -p 9009 -F 1 %(options)s -- %(program)s &
pid=$!
for i in $(seq 200); do
	ss -Hltn 2>/dev/null | grep -q :9009 && break; sleep 0.1
done
for a in 127.0.0.1 192.0.2.9; do
	%(python)s %(probe)s $a 9009 | sed "s/^/answer /"
done
kill $pid; wait $pid
""" % {"binary": build_tree.program("cgi-fpm"),
       "options": quoted, "program": run_files.program("hello.cgi"),
       "python": sys.executable, "probe": probe})
    found = [l.split()[1] for l in told.splitlines() if l.startswith("answer")]
    assert found == [here, there], told
