"""native.py - programs that speak FastCGI themselves, made for the tests."""

import os
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
