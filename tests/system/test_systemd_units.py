"""The shipped units: how close each fence is, and that real programs run
inside.  Nothing is taken out for the test: the user instance of systemd.py
applies all of it."""

import gzip
import json
import os
import re
import shutil
import socket
import subprocess

import pytest

import procs
import systemd
from systemd import ask

# What a sanitizer does at the end is among what the fences forbid.
pytestmark = [systemd.NEEDED, pytest.mark.plain_only]

BACKEND = "/usr/lib/git-core/git-http-backend"
GIT = """    command = {"%s"}
    env {
        GIT_PROJECT_ROOT = "/srv"
        GIT_HTTP_EXPORT_ALL = 1
        GIT_CONFIG_COUNT = 1
        GIT_CONFIG_KEY_0 = "safe.directory"
        GIT_CONFIG_VALUE_0 = "*"
    }
    pm = static
    pm.max_children = 1
""" % BACKEND
FENCE = """    command = {"/srv/fence.cgi"}
    cgi.stderr = log
    pm = static
    pm.max_children = 1
"""


# --- how close ---

@pytest.mark.parametrize("unit", ["cgi-fpm.service", "cgi-fpm@.service"])
@pytest.mark.parametrize("fences, most", [
    (["legacy.conf"], 2.3), (["net.conf"], 1.1), (["strict.conf"], 0.2),
    (["legacy.conf", "net.conf"], 1.1),
    (["legacy.conf", "net.conf", "strict.conf"], 0.2)],
    ids=lambda v: "-".join(v) if isinstance(v, list) else str(v))
def test_a_fence_is_as_close_as_it_says(tmp_path, unit, fences, most):
    name = unit.replace("@", "")
    with open(os.path.join(systemd.SOURCES, unit + ".in")) as f:
        (tmp_path / name).write_text(re.sub("@[a-z]+@", "/usr", f.read()))
    folder = tmp_path / (name + ".d")
    folder.mkdir()
    for fence in fences:
        shutil.copy(os.path.join(systemd.SOURCES, fence), folder)
    said = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager",
         str(tmp_path / name)], stdout=subprocess.PIPE, text=True,
        timeout=30).stdout
    score = re.search(r"Overall exposure level.*: ([0-9.]+)", said)
    assert float(score.group(1)) <= most, said


def test_systemd_finds_no_fault_with_the_units(sd):
    sd.install("cgi-fpm.service", "legacy.conf", "net.conf", "strict.conf")
    sd.install("cgi-fpm@.service", "net.conf", "strict.conf")
    sd.install("cgi-fpm.socket")
    sd.install("cgi-fpm@.socket")
    said = sd.run("systemd-analyze", "--user", "verify", "--man=no",
                  os.path.join(sd.units, "cgi-fpm.service"),
                  os.path.join(sd.units, "cgi-fpm.socket"),
                  os.path.join(sd.units, "cgi-fpm@.service"),
                  os.path.join(sd.units, "cgi-fpm@.socket"))
    assert "cgi-fpm" not in said, said


def test_packagers_files_make_the_user_and_the_folders(tmp_path):
    (tmp_path / "etc").mkdir()
    subprocess.run(["systemd-sysusers", "--root=%s" % tmp_path,
                    os.path.join(systemd.SOURCES, "cgi-fpm.sysusers")],
                   check=True, timeout=20)
    assert re.search("^cgi-fpm:", (tmp_path / "etc/passwd").read_text(), re.M)
    for owner in (0, 7):  # at last that of a service, which keeps it
        subprocess.run(["systemd-tmpfiles", "--root=%s" % tmp_path, "--create",
                        os.path.join(systemd.SOURCES, "cgi-fpm.tmpfiles")],
                       check=True, timeout=20)
        for folder, mode in (("run/cgi-fpm", 0o755),
                             ("var/log/cgi-fpm", 0o750)):
            found = (tmp_path / folder).stat()
            assert found.st_mode & 0o777 == mode
            assert (found.st_uid, found.st_gid) == (owner, owner)
            os.chown(tmp_path / folder, 7, 7)


# --- inside ---

@pytest.fixture
def repository(run_files):
    """A bare repository in /srv with one branch; its only commit."""
    env = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent",
           "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@localhost",
           "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@localhost"}
    bare = os.path.join(run_files.root, "thing.git")

    def git(*args):
        return subprocess.run(
            ["git", "-C", bare, *args], env=env, check=True, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            timeout=20).stdout.strip()

    os.mkdir(bare)
    git("init", "-q", "--bare", "-b", "main")
    tree = git("hash-object", "-w", "-t", "tree", "/dev/null")
    commit = git("commit-tree", "-m", "one", tree)
    git("update-ref", "refs/heads/main", commit)
    yield commit
    shutil.rmtree(bare)


@pytest.fixture
def port():
    """Somebody listens there."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        yield s.getsockname()[1]


def refs(sd, path):
    return ask(sd, path, PATH_INFO="/thing.git/info/refs",
               QUERY_STRING="service=git-upload-pack").body.decode()


def inside(sd, path, port):
    return json.loads(ask(sd, path, QUERY_STRING=str(port)).body)


def uid_of(sd, name):
    return int(sd.run("id", "-u", name))


def test_legacy_lets_each_pool_have_a_user(sd, repository, port):
    sd.install("cgi-fpm.service", "legacy.conf")
    sd.configure("".join(
        'pool "%s" {\n    listen = "/run/cgi-fpm/%s.sock"\n'
        '    user = %s\n%s}\n' % (name, name, user, program)
        for name, user, program in (("git", "www-data", GIT),
                                    ("fence", "nobody", FENCE))))
    sd.reload()
    sd.start("cgi-fpm.service")
    assert repository in refs(sd, "/run/cgi-fpm/git.sock")
    found = inside(sd, "/run/cgi-fpm/fence.sock", port)
    assert found["uid"] == uid_of(sd, "nobody")
    assert (found["NoNewPrivs"], found["Seccomp"]) == ("1", "2")
    assert found["dial"] == found["tmp"] == found["cpuinfo"] == "ok"
    assert found["etc"] == "EROFS" and found["home"] == "EACCES"
    # Another user's workers are ended as well.
    pid = sd.pid("cgi-fpm.service")
    workers = [p.pid for p in procs.children(pid)]
    assert len(workers) == 2
    sd.ctl("stop", "cgi-fpm.service")
    assert sd.show("cgi-fpm.service", "Result") == "success"
    assert not any(procs.alive(w) for w in workers)


@pytest.mark.parametrize("fence, dial", [
    ("net.conf", "ok"), ("strict.conf", "EAFNOSUPPORT")])
def test_an_instance_runs_within_its_fence(
        sd, repository, port, fence, dial):
    sd.install("cgi-fpm@.service", "net.conf", fence)
    sd.install("cgi-fpm@.socket")
    for name, program in (("git", GIT), ("fence", FENCE)):
        sd.configure('pool "%s" {\n%s}\n' % (name, program),
                     "cgi-fpm/%s.conf" % name)
    sd.reload()
    sd.start("cgi-fpm@git.socket", "cgi-fpm@fence.socket")
    assert sd.state("cgi-fpm@git.service") == "inactive"
    assert repository in refs(sd, "/run/cgi-fpm-git.sock")
    found = inside(sd, "/run/cgi-fpm-fence.sock", port)
    assert found["uid"] == uid_of(sd, "cgi-fpm")
    assert found["dial"] == dial
    assert (found["NoNewPrivs"], found["Seccomp"]) == ("1", "2")
    assert found["CapBnd"] == 0
    assert found["tmp"] == "ok"
    assert found["etc"] == "EROFS" and found["home"] == "EACCES"
    assert found["cpuinfo"] == "ENOENT" and found["chroot"] == "EPERM"
    for name in ("git", "fence"):
        sd.wait_state("cgi-fpm@%s.service" % name, "active")


def test_strict_holds_for_the_service_of_all_pools_too(
        sd, repository, port):
    sd.install("cgi-fpm.service", "legacy.conf", "strict.conf")
    sd.configure('pool "git" {\n    listen = "/run/cgi-fpm/git.sock"\n%s}\n'
                 'pool "fence" {\n    listen = "/run/cgi-fpm/f.sock"\n%s}\n'
                 % (GIT, FENCE))
    sd.reload()
    sd.start("cgi-fpm.service")
    assert repository in refs(sd, "/run/cgi-fpm/git.sock")
    found = inside(sd, "/run/cgi-fpm/f.sock", port)
    assert found["uid"] == uid_of(sd, "cgi-fpm")
    assert found["dial"] == "EAFNOSUPPORT" and found["CapBnd"] == 0


def test_the_socket_unit_starts_the_service(sd):
    sd.install("cgi-fpm.service", "legacy.conf")
    sd.install("cgi-fpm.socket")
    sd.configure('pool "www" {\n    command = {"/srv/hello.cgi"}\n}\n')
    sd.reload()
    sd.start("cgi-fpm.socket")
    ask(sd, "/run/cgi-fpm-www.sock")
    sd.ctl("stop", "cgi-fpm.service")
    assert os.path.exists(sd.path("/run/cgi-fpm-www.sock"))
    ask(sd, "/run/cgi-fpm-www.sock")


@pytest.mark.parametrize("fence", ["legacy.conf", "net.conf", "strict.conf"])
def test_the_web_server_may_still_connect_when_the_service_runs(sd, fence):
    """Whoever the service runs as: its directory becomes that user's, with
    all that is in there."""
    sd.install("cgi-fpm.service", fence)
    sd.install("cgi-fpm@.service", "net.conf")
    sockets = {"cgi-fpm.socket": "/run/cgi-fpm-www.sock",
               "cgi-fpm@one.socket": "/run/cgi-fpm-one.sock"}
    for name in sockets:
        name = name.replace("one", "")
        with open(os.path.join(systemd.SOURCES, name)) as f:
            sd.write(name, f.read().replace("#SocketGroup=", "SocketGroup="))
    for name, path in (("www", "cgi-fpm.conf"), ("one", "cgi-fpm/one.conf")):
        sd.configure('pool "%s" {\n    command = {"/srv/hello.cgi"}\n}\n'
                     % name, path)
    sd.reload()
    sd.start(*sockets)
    for path in sockets.values():
        ask(sd, path)
    group = int(sd.run("id", "-g", "www-data"))
    for path in sockets.values():
        found = os.stat(sd.path(path))
        assert found.st_gid == group, (path, found)
        assert found.st_mode & 0o777 == 0o660


@pytest.mark.parametrize("fence", ["legacy.conf", "strict.conf"])
def test_systemctl_reload_fails_when_the_settings_do(sd, fence):
    pool = ('pool "www" {\n    command = {"/srv/hello.cgi"}\n'
            '    listen = "/run/cgi-fpm/www.sock"\n%s}\n')
    sd.install("cgi-fpm.service", fence)
    sd.configure(pool % "")
    sd.reload()
    sd.start("cgi-fpm.service")
    pid = sd.pid("cgi-fpm.service")
    sd.configure(pool % "    pm = dynamite\n")
    with pytest.raises(systemd.Failed):
        sd.ctl("reload", "cgi-fpm.service")
    ask(sd, "/run/cgi-fpm/www.sock")
    sd.configure(pool % "    listen = /run/cgi-fpm/more.sock\n")
    sd.ctl("reload", "cgi-fpm.service")
    ask(sd, "/run/cgi-fpm/more.sock")
    sd.wait_state("cgi-fpm.service", "active")
    assert sd.pid("cgi-fpm.service") == pid


def test_systemd_understands_what_the_unit_says(sd):
    sd.install("cgi-fpm.service")
    sd.reload()
    assert sd.show("cgi-fpm.service", "OOMPolicy") == "continue"
    assert sd.show("cgi-fpm.service", "LimitCORE") == "0"
    assert sd.show("cgi-fpm.service", "KillMode") == "mixed"
    assert "78" in sd.show("cgi-fpm.service", "RestartPreventExitStatus")


def test_logrotate_loses_no_line(sd, tmp_path):
    tmp_path.chmod(0o755)
    with open(os.path.join(systemd.SOURCES, "..", "logrotate.conf")) as f:
        text = f.read().replace("/var/log/cgi-fpm/*.log /var/log/cgi-fpm.log",
                                "%s/*.log" % tmp_path)
    (tmp_path / "rotate").write_text(text)
    (tmp_path / "rotate").chmod(0o644)
    sd.install("cgi-fpm.service")
    sd.configure('pool "www" {\n    command = {"/srv/hello.cgi"}\n'
                 '    listen = "/run/cgi-fpm/www.sock"\n'
                 '    access.log = "%s/access.log"\n}\n' % tmp_path)
    sd.reload()
    sd.start("cgi-fpm.service")
    with systemd.Load(sd.path("/run/cgi-fpm/www.sock")) as load:
        for _ in range(2):
            sd.run("/usr/sbin/logrotate", "--force", "--state",
                   str(tmp_path / "state"), str(tmp_path / "rotate"))
            load.wait_more(20)
    assert load.lost == []

    def logged():
        return {name: sum(1 for _ in open_log(tmp_path / name))
                for name in os.listdir(tmp_path)
                if name.startswith("access.log")}

    # The last answer comes before its line.
    procs.wait_for(lambda: sum(logged().values()) >= load.done, 5, "all lines")
    lines = logged()
    assert len(lines) == 3 and lines["access.log"] > 0, lines
    assert sum(lines.values()) == load.done, lines


def open_log(path):
    return gzip.open(path) if path.suffix == ".gz" else open(path, "rb")
