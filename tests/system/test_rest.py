"""A master that nobody needs rests: in no state of its pools, and whoever
listens to it, does it look at the time all the time."""

import socket
import time

import pytest

import fcgi
import manager
import procs

SECONDS = 1.5


def ran(pid):
    """For how many seconds PID has run."""
    with open("/proc/%d/schedstat" % pid) as f:
        return int(f.read().split()[0]) / 1e9


def rests(pool):
    procs.wait_for(lambda: all(procs.state(p) == "S" for p in pool.workers()))
    before = ran(pool.pid)
    time.sleep(SECONDS)
    spent = ran(pool.pid) - before
    assert spent < SECONDS / 10, "it ran for %g s" % spent


@pytest.fixture
def notify(tmp_path):
    n = manager.NotifySocket(str(tmp_path / "notify"))
    yield n
    n.close()


@pytest.mark.parametrize("watchdog", [None, "400000"])
def test_it_rests_below_a_service_manager(start, run_files, notify, watchdog):
    env = {"NOTIFY_SOCKET": notify.path}
    if watchdog is not None:
        env["WATCHDOG_USEC"] = watchdog
    pool = start("-F", "2", "-o", "systemd_interval=200ms", "--root",
                 run_files.root, env=env)
    notify.wait_for("READY", "1")
    pool.wait_ready(2)
    time.sleep(0.3)  # the next look at a status that is as it was
    rests(pool)


@pytest.mark.parametrize("pm", ["static", "dynamic", "ondemand"])
def test_it_rests_whatever_decides_how_many(start, run_files, pm):
    pool = start("-o", "pm=" + pm, "-o", "pm.max_lifetime=1h", "--root",
                 run_files.root)
    pool.wait_ready()
    pool.keeps_workers = False
    params = {"SCRIPT_FILENAME": run_files.program("hello.cgi")}
    with fcgi.Conn(pool.address) as kept, fcgi.Conn(pool.address), \
            socket.socket(socket.AF_UNIX) as control:
        assert kept.request(params).status == 200
        control.connect(pool.control)
        rests(pool)
        assert kept.request(params).status == 200


def test_it_rests_beside_native_programs(start, zoo):
    pool = start("-F", "3", "-o", "mode=fastcgi", tail=["--", zoo])
    pool.wait_ready(3)
    rests(pool)


def test_it_rests_while_its_pool_is_drained(root_pool):
    pool = root_pool()
    pool.keeps_workers = False
    pool.ctl("drain")
    with pool.connect():
        rests(pool)
    pool.ctl("resume")
