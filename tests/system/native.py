"""native.py - programs that speak FastCGI themselves, made for the tests."""

import os
import shutil
import subprocess

import files

SOURCES = os.path.join(files.HERE, "native")


def compile_c(folder, name):
    """A program of libfcgi from native/NAME.c; its path."""
    out = os.path.join(folder, name)
    subprocess.run(
        ["gcc", "-O1", "-o", out, os.path.join(SOURCES, name + ".c"),
         "-lfcgi"], check=True, timeout=60)
    return out


def build_go(folder):
    """native/serve.go with the standard library alone; its path."""
    out = os.path.join(folder, "serve-go")
    env = dict(os.environ, GO111MODULE="off", GOFLAGS="", GOPROXY="off",
               GOCACHE=os.path.join(folder, "gocache"), HOME=folder,
               GOPATH=os.path.join(folder, "gopath"))
    subprocess.run(
        ["go", "build", "-o", out, os.path.join(SOURCES, "serve.go")],
        check=True, timeout=120, env=env)
    return out


def script(folder, name):
    """A program that needs no compiler, copied; its path."""
    out = os.path.join(folder, name)
    shutil.copy(os.path.join(SOURCES, name), out)
    os.chmod(out, 0o755)
    return out
