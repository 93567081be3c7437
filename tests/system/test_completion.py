"""test_completion.py - what the shells offer, asked of the shells."""

import os
import re
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


class Shell:
    """A shell in a terminal, as its completion works nowhere else."""

    START = {
        "bash": ("bash --norc --noprofile",
                 "PS1='> '; . /usr/share/bash-completion/bash_completion; "
                 ". {dir}/cgi-fpm.bash; bind 'set bell-style none' "
                 "'set show-all-if-ambiguous on' 'set page-completions off' "
                 "'set completion-query-items -1'"),
        "zsh": ("zsh -f", "PS1='> '; LISTMAX=9999; unsetopt LIST_AMBIGUOUS; "
                "fpath=({dir} $fpath); autoload -U compinit; compinit -D -u"),
        "fish": ("fish --no-config --private",
                 "function fish_prompt; echo '> '; end; "
                 "function fish_greeting; end; "
                 "source {dir}/cgi-fpm.fish; source {dir}/cgi-fpmctl.fish"),
    }

    def __init__(self, name, pool):
        self.env = pool.build.environ({
            "HOME": pool.dir, "TERM": "xterm", "SHELL": "/bin/sh",
            "LC_ALL": "C.UTF-8"})
        self.env["PATH"] = pool.build.path + ":" + self.env["PATH"]
        self.env.pop("LD_PRELOAD", None)  # no shell is under test
        self.socket = os.path.join(pool.dir, "tmux-" + name)
        self.marks = 0
        self.command, self.first = self.START[name]

    def start(self):
        """Zsh reads a thousand small files for it, from a slow disk maybe."""
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", "150", "-y",
                  "45", *self.command.split())
        procs.wait_for(lambda: self.screen().strip(), 30, "a prompt")
        self.type(self.first.format(dir=DIR) + "; echo u''p")
        self.tmux("send-keys", "Enter")
        procs.wait_for(lambda: "\nup" in self.screen(), 30, "it is up")

    def tmux(self, *args):
        return subprocess.run(["tmux", "-S", self.socket, *args],
                              env=self.env, check=False, timeout=20,
                              capture_output=True, text=True).stdout

    def screen(self):
        return self.tmux("capture-pane", "-p", "-J")

    def type(self, text):
        self.tmux("send-keys", "-l", text)

    def clear(self):
        """An empty screen and a shell that waits for a line.

        By keys alone, which are taken one after the other: of an interrupt
        nobody knows whether it comes before what is typed next or drops it.
        """
        self.marks += 1
        done = re.compile(r"mark%d\n>\s*" % self.marks)
        self.tmux("send-keys", "C-e", "C-u")
        self.type("clear; echo m''ark%d" % self.marks)
        self.tmux("send-keys", "Enter")
        try:
            procs.wait_for(lambda: done.fullmatch(self.screen()), 10)
        except AssertionError:
            raise AssertionError("no clear line: " + self.screen()) from None

    def offers(self, line, words):
        """LINE, completed: the screen has WORDS (and what was typed)."""
        seen = line.strip()
        self.clear()
        self.type(line)
        procs.wait_for(lambda: seen in self.screen(), 10, "what was typed")
        time.sleep(0.1)  # fish offers what it has at hand while one types
        self.tmux("send-keys", "Tab")

        def shown():
            screen = self.screen()
            return all(re.search(r"(?<![-.\w])%s(?![-.\w])" % re.escape(w),
                                 screen) for w in words)

        try:
            procs.wait_for(shown, 10)
        except AssertionError:
            raise AssertionError((line, words, self.screen())) from None

    def kill(self):
        self.tmux("kill-server")
        procs.wait_for(lambda: not self.tmux("list-sessions"), 5, "it went")


@pytest.fixture
def shell():
    made = []

    def make(name, pool):
        need(name)
        need("tmux")
        made.append(Shell(name, pool))
        made[-1].start()
        return made[-1]

    yield make
    for s in made:
        s.kill()


def verbs_of(pool):
    text = pool.ctl("--help").split("Verbs:\n")[1].split("\n\n")[0]
    return [line.split()[0] for line in text.splitlines()]


def options_of(pool, *command):
    done = subprocess.run(
        [pool.build.program(command[0]), *command[1:], "--help"],
        capture_output=True, text=True, env=pool.build.environ())
    found = set(re.findall(r"--[a-z][a-z-]+", done.stdout))
    return found - {"--usage", "--help", "--version", "--upgrade-probe"}


def directives(pool):
    found = set()
    for mode in "cgi", "fastcgi":
        done = subprocess.run(
            [pool.build.program("cgi-fpm"), "-tt", "-s", "/nowhere", "-o",
             "mode=" + mode, "--", "/bin/true"], capture_output=True,
            text=True, env=pool.build.environ())
        found |= set(re.findall(
            r"^ *(?:# )?([a-z_.]+) (?:=|is not set)", done.stdout, re.M))
    return found


ALL = pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
pytestmark = pytest.mark.seconds(120)


@ALL
@pytest.mark.plain_only
def test_all_verbs_and_all_their_options_are_offered(root_pool, shell, name):
    pool = root_pool()
    s = shell(name, pool)
    verbs = verbs_of(pool)
    assert len(verbs) > 15
    s.offers("cgi-fpmctl ", verbs)
    for verb in verbs:
        options = options_of(pool, "cgi-fpmctl", verb)
        if name == "fish":  # which knows -S and -j for get as well
            options -= {"--control", "--json"}
        if options:
            s.offers("cgi-fpmctl %s --" % verb, options)


@ALL
@pytest.mark.plain_only
def test_pools_workers_and_directives_are_offered(root_pool, shell, name):
    pool = root_pool("--name", "zoo", workers=2)
    s = shell(name, pool)
    ctl = "cgi-fpmctl -S %s " % pool.control
    for verb in ("status", "requests", "top", "advise", "check", "scale",
                 "restart", "drain", "resume"):
        s.offers(ctl + verb + " z", [verb + " zoo"])
    s.offers("cgi-fpmctl --control=%s status z" % pool.control,
             ["status zoo"])
    s.offers(ctl + "set zo", ["zoo"])
    s.offers(ctl + "kill ", [str(pid) for pid in pool.workers()])
    for prefix in "pm.", "access.", "request_", "log_", "rlimit_":
        found = [d for d in directives(pool) if d.startswith(prefix)]
        assert found
        s.offers(ctl + "set zoo " + prefix, found)
        s.offers("cgi-fpm -o " + prefix, found)
    s.offers(ctl + "set pm.max_c", ["pm.max_children"])


@ALL
@pytest.mark.plain_only
def test_the_options_of_the_manager_are_offered(root_pool, shell, name):
    pool = root_pool()
    s = shell(name, pool)
    options = options_of(pool, "cgi-fpm")
    assert len(options) > 15
    s.offers("cgi-fpm --", options)
    s.offers("cgi-fpm -u nobo", ["nobody"])
