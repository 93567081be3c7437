"""git's own client, through nginx, against git-http-backend."""

import os
import subprocess

import pytest

import web

pytestmark = pytest.mark.plain_only

BACKEND = "/usr/lib/git-core/git-http-backend"

NGINX = web.NGINX.replace("include @SNIPPET@;", """
server {
	listen 127.0.0.1:@PORT@;
	client_max_body_size 0;
	location ~ ^/git(?<path>/.*)$ {
		include /etc/nginx/fastcgi_params;
		fastcgi_param SCRIPT_NAME /git;
		fastcgi_param PATH_INFO $path;
		fastcgi_param REMOTE_USER tester;
		fastcgi_pass unix:@SOCKET@;
	}
}
""")

GIT_ENV = {
    "PATH": "/usr/bin:/bin", "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
    "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@localhost",
    "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@localhost",
}


def git(folder, *args):
    done = subprocess.run(["git", "-c", "init.defaultBranch=main", *args],
                          cwd=folder, env=GIT_ENV, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60)
    assert done.returncode == 0, done.stdout.decode()
    return done.stdout.decode()


def push(folder, url):
    """A body of which nginx 1.22 sends nothing for a moment, perhaps because
    it has no processor, may come to a stop (etc/nginx.conf): not each time."""
    for left in 2, 1, 0:
        try:
            git(folder, "push", "-q", url, "HEAD:refs/heads/main")
            break
        except AssertionError:
            if left == 0:
                raise


def commit(folder, name, content):
    (folder / name).write_bytes(content)
    git(folder, "add", name)
    git(folder, "commit", "-q", "-m", name)
    return git(folder, "rev-parse", "HEAD").strip()


@pytest.fixture
def forge(start, serve, tmp_path):
    """(URL of a repository, a work tree that was pushed to it)"""
    projects = tmp_path / "projects"
    projects.mkdir()
    git(projects, "init", "-q", "--bare", "thing.git")
    git(projects / "thing.git", "config", "http.receivepack", "true")
    pool = start("-F", "4", "-o", "env.GIT_PROJECT_ROOT=%s" % projects, "-o",
                 "env.GIT_HTTP_EXPORT_ALL=1", "-o",
                 "request_body_timeout=10s", tail=["--", BACKEND])
    pool.wait_ready(4)
    url = serve("nginx", pool, main=NGINX).url("/git/thing.git")
    work = tmp_path / "work"
    git(tmp_path, "init", "-q", "work")
    commit(work, "first", b"one\n")
    git(work, "push", "-q", url, "HEAD:refs/heads/main")
    return url, work


def test_a_clone_has_what_was_pushed(forge, tmp_path):
    url, work = forge
    git(tmp_path, "clone", "-q", url, "copy")
    assert (tmp_path / "copy" / "first").read_bytes() == b"one\n"
    git(tmp_path / "copy", "fsck", "--strict")


def test_a_large_push_and_a_fetch_go_through(forge, tmp_path):
    """Beyond http.postBuffer git sends chunks, without a length."""
    url, work = forge
    git(tmp_path, "clone", "-q", url, "copy")
    head = commit(work, "large", os.urandom(5 << 20))
    push(work, url)
    git(tmp_path / "copy", "fetch", "-q", "origin")
    assert git(tmp_path / "copy", "rev-parse", "origin/main").strip() == head
    git(tmp_path / "copy", "fsck", "--strict")


def test_a_repository_that_is_not_there_is_refused(forge, tmp_path):
    url, _ = forge
    done = subprocess.run(
        ["git", "clone", "-q", url.replace("thing", "nothing"), "none"],
        cwd=tmp_path, env=GIT_ENV, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=60)
    assert done.returncode != 0
    assert b"not found" in done.stdout
