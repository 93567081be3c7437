"""test_ctl_restart.py - restart, drain --refuse and resume under load."""

import contextlib
import os
import threading

import pytest

import asker
import fcgi
import procs


class Load:
    """Requests without a pause from several threads; what came of them."""

    def __init__(self, pool, threads=3, program="hello.cgi"):
        self.pool = pool
        self.params = {"SCRIPT_FILENAME": pool.files.program(program)}
        self.statuses = {}
        self.failures = []
        self.lock = threading.Lock()
        self.ending = threading.Event()
        self.threads = [threading.Thread(target=self.run)
                        for _ in range(threads)]

    def run(self):
        while not self.ending.is_set():
            try:
                status = fcgi.request(self.pool.address, self.params).status
                with self.lock:
                    self.statuses[status] = self.statuses.get(status, 0) + 1
            except Exception as e:  # each is a lost request
                self.failures.append(e)

    def wait_more(self, status, n=10):
        """Until so many more were answered with STATUS."""
        had = self.statuses.get(status, 0)
        procs.wait_for(lambda: self.statuses.get(status, 0) >= had + n, 10,
                       "%d more of %d" % (n, status))

    def __enter__(self):
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        for t in self.threads:
            t.join()


@contextlib.contextmanager
def under_way(pool):
    """A request that runs until this is left, and then ends well."""
    with asker.held(pool.address, pool.files):
        procs.wait_for(pool.programs, 5, "its program runs")
        yield


@pytest.fixture
def pool(root_pool):
    p = root_pool(workers=3)
    p.keeps_workers = False
    return p


def test_restart_replaces_every_worker(pool):
    before = pool.workers()
    assert "new workers serve" in pool.ctl("restart")
    pool.wait_gone(before)
    procs.wait_for(lambda: len(pool.workers()) == 3, 5, "3 workers")


def test_restarts_under_load_lose_nothing(pool):
    with Load(pool) as load:
        for _ in range(10):
            pool.ctl("restart")
    assert not load.failures and set(load.statuses) == {200}, load.statuses
    s = pool.status()["requests"]
    assert s["completed"] == load.statuses[200]
    assert s["lost_worker"] == 0


def test_a_request_under_way_ends_undisturbed_by_a_restart(pool):
    with under_way(pool):
        pool.ctl("restart")


def test_workers_that_cannot_start_leave_the_old_ones(start, run_files,
                                                      tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    os.chmod(tmp_path, 0o755)
    pool = start("-F", "2", "--root", str(root)).wait_ready(2)
    before = pool.workers()
    pool.keeps_workers = False
    root.rename(tmp_path / "away")
    err = pool.ctl("restart", expect=78)
    assert "cannot start" in err, err
    (tmp_path / "away").rename(root)
    procs.wait_for(lambda: pool.workers() == before, 5, "the old workers")
    assert pool.status()["state"] == "up"
    pool.ctl("restart")


def test_one_restart_at_a_time(pool):
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(restart(pool)))
               for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert 0 in answers and set(answers) <= {0, 75}


def restart(pool):
    try:
        pool.ctl("restart")
        return 0
    except AssertionError as e:
        return e.args[0][1].returncode


def test_a_refusing_pool_answers_503_and_counts_it(pool):
    hello = {"SCRIPT_FILENAME": pool.files.program("hello.cgi")}
    with under_way(pool):
        assert "503" in pool.ctl("drain", "--refuse")
        assert pool.status()["state"] == "refusing"
        answer = fcgi.request(pool.address, hello)
        assert answer.status == 503 and "retry-after" in answer.headers
    assert pool.status()["requests"]["rejected"] == 1
    pool.ctl("restart")  # changes nothing of that
    assert fcgi.request(pool.address, hello).status == 503
    pool.ctl("resume")
    assert pool.status()["state"] == "up"
    assert fcgi.request(pool.address, hello).status == 200


def test_refuse_and_resume_under_load_lose_nothing(pool):
    with Load(pool) as load:
        for _ in range(3):
            pool.ctl("drain", "--refuse")
            load.wait_more(503)
            pool.ctl("resume")
            load.wait_more(200)
    assert not load.failures and set(load.statuses) == {200, 503}
    s = pool.status()["requests"]
    assert s["completed"] == load.statuses[200]
    assert s["rejected"] == load.statuses[503]


def test_a_drained_pool_may_refuse_instead(pool):
    pool.ctl("drain")
    procs.wait_for(lambda: not pool.workers(), 5, "no worker")
    pool.ctl("drain", "--refuse")
    hello = {"SCRIPT_FILENAME": pool.files.program("hello.cgi")}
    assert fcgi.request(pool.address, hello).status == 503
    pool.ctl("resume")
    assert fcgi.request(pool.address, hello).status == 200
