"""mode = fastcgi under a reload and an upgrade: other settings, or another
program, while programs of the user's serve."""

import os
import signal
import threading
import time


import fcgi
import procs

TEXT = '''pool "n" {
    mode = fastcgi
    listen = "@DIR@/n.sock"
    listen.mode = 0666
    command = {"%s"%s}
    env { X = "%s" }
    pm = static
    pm.max_children = %d
}
'''


class Asking(threading.Thread):
    """One request after the other, each on a connection of its own, with
    pauses: a program is retired when it is seen to be idle."""

    def __init__(self, address):
        super().__init__(daemon=True)
        self.address = address
        self.over = threading.Event()
        self.answered, self.lost = 0, []

    def run(self):
        while not self.over.is_set():
            try:
                answer = fcgi.request(self.address, {"QUERY_STRING": ""})
                assert answer.complete and answer.app_status == 0, answer
                self.answered += 1
                time.sleep(0.01)
            except Exception as e:
                self.lost.append(repr(e))


def renew_under_load(conf, change):
    clients = [Asking(conf.sock("n")) for _ in range(3)]
    for c in clients:
        c.start()
    for i in range(4):
        before = conf.pool.workers()
        change(i)
        procs.wait_for(lambda: not set(before) & set(conf.pool.workers()),
                       15, "the old programs are gone")
    for c in clients:
        c.over.set()
        c.join()
    assert [x for c in clients for x in c.lost] == []
    assert sum(c.answered for c in clients) > 10


def test_R01_a_reload_loses_no_request_of_native_programs(conf, zoo):
    conf.run(TEXT % (zoo, "", 0, 2), name="n")
    renew_under_load(
        conf, lambda i: conf.reload(TEXT % (zoo, "", i, 2 + i % 3)))


def test_R06_an_upgrade_loses_no_request_of_native_programs(conf, zoo):
    conf.run(TEXT % (zoo, "", 0, 2), name="n")

    def upgrade(_):
        had = conf.count("took over:")
        conf.pool.send(signal.SIGUSR2)
        procs.wait_for(lambda: conf.count("took over:") > had, 10,
                       "the upgrade")

    renew_under_load(conf, upgrade)


def test_R06_what_old_programs_print_is_still_logged(conf, zoo):
    pool = conf.run(TEXT % (zoo, ', "sleep", "1500"', 0, 1), name="n")
    with fcgi.Conn(conf.sock("n")) as c:
        c.send_request({"QUERY_STRING": "q=say"})
        time.sleep(0.3)
        had = pool.log().count("took over:")
        pool.send(signal.SIGUSR2)
        procs.wait_for(lambda: pool.log().count("took over:") > had)
        assert c.finish().complete
    procs.wait_for(lambda: len(pool.workers()) == 1, 15, "one program")
    procs.wait_for(lambda: not pool.zombies(), 5, "no zombies")


def test_R04_a_program_that_cannot_be_executed_is_refused(conf, zoo):
    pool = conf.run(TEXT % (zoo, "", 0, 2), name="n")
    before = pool.workers()
    broken = os.path.join(conf.dir, "broken")
    with open(broken, "w") as f:
        f.write("#!/does/not/exist\n")
    os.chmod(broken, 0o755)
    assert "pool 'n'" in conf.refuse(TEXT % (broken, "", 0, 2))
    assert fcgi.request(conf.sock("n"), {"QUERY_STRING": ""}).complete
    procs.wait_for(lambda: pool.workers() == before, 5, "the same programs")
