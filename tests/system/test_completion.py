"""test_completion.py - what the shells offer, asked of the shells."""

import os
import shutil
import subprocess
import time

import pytest

import files
import procs

DIR = os.path.join(files.TOP, "completions")


def need(shell):
    if shutil.which(shell) is None:
        pytest.skip(shell + " is missing")


def run(pool, *command):
    env = pool.build.environ({"HOME": pool.dir})
    env["PATH"] = pool.build.path + ":" + env["PATH"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20,
                          env=env, cwd=pool.dir, check=False)
    return done.stdout.split("\n")


def bash(pool, *words):
    script = '''
        source %s/cgi-fpm.bash
        compopt() { :; }
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _%s
        printf '%%s\\n' "${COMPREPLY[@]}"
    ''' % (DIR, words[0].replace("-", "_"))
    return run(pool, "bash", "--norc", "-c", script, "bash", *words)


def fish(pool, line):
    found = run(pool, "fish", "--no-config", "-c",
                "source %s/cgi-fpmctl.fish; complete -C '%s'" % (DIR, line))
    return [f.split("\t")[0] for f in found]


def test_bash_offers_verbs_pools_workers_and_directives(root_pool):
    need("bash")
    pool = root_pool()
    s = ["-S", pool.control]
    verbs = bash(pool, "cgi-fpmctl", "")
    assert {"status", "requests", "set", "kill", "get"} <= set(verbs)
    assert bash(pool, "cgi-fpmctl", "sta")[:1] == ["status"]
    name = pool.status()["pool"]
    assert name in bash(pool, "cgi-fpmctl", *s, "drain", "")
    assert name in bash(pool, "cgi-fpmctl", *s, "--json", "status", name[:2])
    assert str(pool.workers()[0]) in bash(pool, "cgi-fpmctl", *s, "kill", "")
    assert "pm.max_children=" in bash(
        pool, "cgi-fpmctl", *s, "set", name, "pm.max_c")
    assert "--refuse" in bash(pool, "cgi-fpmctl", "drain", "--r")
    assert "--json" in bash(pool, "cgi-fpmctl", "--j")
    assert "request_kill_timeout=" in bash(
        pool, "cgi-fpm", "-o", "request_k")
    assert "--socket" in bash(pool, "cgi-fpm", "--soc")


def test_fish_offers_verbs_pools_workers_and_directives(root_pool):
    need("fish")
    pool = root_pool()
    s = "cgi-fpmctl -S %s " % pool.control
    assert {"status", "requests", "set", "kill", "get"} <= set(
        fish(pool, "cgi-fpmctl "))
    name = pool.status()["pool"]
    assert name in fish(pool, s + "drain ")
    assert str(pool.workers()[0]) in fish(pool, s + "kill ")
    assert "pm.max_children=" in fish(pool, s + "set %s pm.max_c" % name)
    assert "--refuse" in fish(pool, s + "drain --r")


def test_zsh_offers_verbs_and_pools(root_pool):
    """In a terminal, as its completion works nowhere else."""
    need("zsh")
    need("tmux")
    pool = root_pool()
    env = pool.build.environ({"HOME": pool.dir, "TERM": "xterm",
                              "SHELL": "/bin/sh"})
    env["PATH"] = pool.build.path + ":" + env["PATH"]
    tmux = ["tmux", "-S", os.path.join(pool.dir, "tmux")]

    def do(*args):
        return subprocess.run(tmux + list(args), env=env, check=False,
                              capture_output=True, text=True).stdout

    def type_and_see(keys, text):
        do("send-keys", "C-u")
        do("send-keys", "-l", keys)
        do("send-keys", "Tab")
        try:
            procs.wait_for(lambda: text in do("capture-pane", "-p"), 10)
        except AssertionError:
            raise AssertionError(do("capture-pane", "-p"))

    name = pool.status()["pool"]
    do("-f", "/dev/null", "new-session", "-d", "-x", "150", "-y", "24",
       "zsh", "-f")
    try:
        do("send-keys", "-l", "PS1='> '; fpath=(%s $fpath); autoload -U "
           "compinit; compinit -D -u; echo up" % DIR)
        do("send-keys", "Enter")
        procs.wait_for(lambda: "\nup" in do("capture-pane", "-p"), 10)
        type_and_see("cgi-fpmctl requ", "cgi-fpmctl requests")
        type_and_see("cgi-fpmctl -S %s drain %s" % (pool.control, name[:3]),
                     "drain " + name)
        type_and_see("cgi-fpm --socket-u", "--socket-user")
    finally:
        do("kill-server")
        time.sleep(0.2)
