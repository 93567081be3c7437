"""programs.py - the programs that a server is asked to run.

CGI programs for /bin/sh (and python3 where a shell would hide something),
or the same as PHP scripts for a server that runs nothing else.
"""

import os

CGI_HEAD = "printf 'Content-Type: text/plain\\r\\n\\r\\n'\n"

CGI = {
    "hello": "printf 'Content-Type: text/plain\\r\\n\\r\\nhello\\n'\n",
    "query": CGI_HEAD + "printf '%s\\n%s\\n' \"$QUERY_STRING\" \"$HTTP_X\"\n",
    "count": CGI_HEAD + "wc -c | tr -d ' '\n",
    "echo": CGI_HEAD + "cat\n",
    "noread": CGI_HEAD + "echo not read\n",
    "readsome": CGI_HEAD + "head -c 5\n",
    "closein": "exec 0<&-\nsleep 0.1\n" + CGI_HEAD + "echo closed\n",
    "exit": CGI_HEAD + "echo $QUERY_STRING\nexit $QUERY_STRING\n",
    "silent": "exit ${QUERY_STRING:-0}\n",
    "signal": "kill -$QUERY_STRING $$\nsleep 5\n",
    "crash": ("printf 'Content-Type: text/plain\\r\\nContent-Length: 100000"
              "\\r\\n\\r\\nbegun'\nsleep 0.1\nkill -SEGV $$\nsleep 5\n"),
    "sleep": ("echo $$ >{proof}\nsleep $QUERY_STRING\n" + CGI_HEAD
              + "echo slept\n"),
    "mark": ": >{proof}\n" + CGI_HEAD + "echo marked\n",
    "stderr": ("i=0\nwhile [ $i -lt 200 ]; do\n"
               "head -c 4999 /dev/zero | tr '\\0' e >&2\necho >&2\n"
               "i=$((i + 1))\ndone\n" + CGI_HEAD + "echo complained\n"),
    "daemon": CGI_HEAD + "echo daemon\nsleep 4 &\n",
    "closeout": CGI_HEAD + "echo closed\nexec >&- 2>&-\nsleep 1\nexit 7\n",
    "ignore": ("trap '' TERM\necho $$ >{proof}\n" + CGI_HEAD
               + "sleep 60 & wait\nsleep 60\n"),
    "state": (CGI_HEAD + "echo args $#\n"
              "ls /proc/$$/fd\n"
              "exec grep -E '^Sig(Blk|Ign)' /proc/self/status\n"),
    "flood": CGI_HEAD + "head -c $QUERY_STRING /dev/zero | tr '\\0' x\n",
    "binary": (CGI_HEAD + "i=0\nwhile [ $i -lt 256 ]; do\n"
               "printf \"\\\\$(printf %03o $i)\"\ni=$((i + 1))\ndone\n"),
    "slow": CGI_HEAD + "echo first\nsleep 1\necho second\n",
}

ENV = """#!/usr/bin/python3 -SEs
import sys
data = open("/proc/self/environ", "rb").read()
sys.stdout.buffer.write(b"Content-Type: text/plain\\r\\n\\r\\n" + data)
"""

PHP_HEAD = "<?php header('Content-Type: text/plain'); "
PHP = {
    "hello": PHP_HEAD + "echo \"hello\\n\";",
    "query": (PHP_HEAD + "echo $_SERVER['QUERY_STRING'], \"\\n\", "
              "$_SERVER['HTTP_X'] ?? '', \"\\n\";"),
    "count": (PHP_HEAD + "echo strlen(file_get_contents('php://input')), "
              "\"\\n\";"),
    "echo": PHP_HEAD + "readfile('php://input');",
    "noread": PHP_HEAD + "echo \"not read\\n\";",
    "readsome": (PHP_HEAD + "$f = fopen('php://input', 'r'); "
                 "echo fread($f, 5);"),
    "closein": PHP_HEAD + "echo \"closed\\n\";",
    "exit": PHP_HEAD + "echo $_SERVER['QUERY_STRING']; "
            "exit((int)$_SERVER['QUERY_STRING']);",
    "silent": "<?php exit((int)$_SERVER['QUERY_STRING']);",
    "signal": "<?php posix_kill(posix_getpid(), 11); sleep(5);",
    "crash": ("<?php header('Content-Length: 100000'); echo 'begun'; "
              "flush(); usleep(100000); posix_kill(posix_getpid(), 11); "
              "sleep(5);"),
    "sleep": ("<?php file_put_contents('{proof}', posix_getpid()); "
              "usleep((int)($_SERVER['QUERY_STRING'] * 1e6)); "
              "header('Content-Type: text/plain'); echo \"slept\\n\";"),
    "mark": "<?php touch('{proof}'); echo \"marked\\n\";",
    "env": (PHP_HEAD + "foreach (getenv() as $n => $v) "
            "echo $n, '=', $v, \"\\0\";"),
    "flood": (PHP_HEAD + "$n = (int)$_SERVER['QUERY_STRING']; while ($n > 0) "
              "{ $k = min($n, 65536); echo str_repeat('x', $k); $n -= $k; }"),
    "binary": PHP_HEAD + "for ($i = 0; $i < 256; $i++) echo chr($i);",
    "slow": (PHP_HEAD + "while (ob_get_level()) ob_end_flush(); "
             "echo \"first\\n\"; flush(); sleep(1); echo \"second\\n\";"),
}


def write(path, text, mode=0o755):
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, mode)


def install(root, kind):
    """All of them in ROOT, whatever user the server runs them as."""
    os.chmod(root, 0o1777)
    proof = os.path.join(root, "proof")
    if kind == "php":
        for name, text in PHP.items():
            write(os.path.join(root, name + ".php"),
                  text.replace("{proof}", proof), 0o644)
        return
    for name, text in CGI.items():
        write(os.path.join(root, name + ".cgi"),
              "#!/bin/sh\n" + text.replace("{proof}", proof))
    write(os.path.join(root, "env.cgi"), ENV)
    write(os.path.join(root, "plain.cgi"), "not to be run\n", 0o644)
    write(os.path.join(root, "badinterp.cgi"), "#!/nonexistent/x\n")


def install_outside(root):
    """A program beside the root; its path."""
    path = os.path.join(os.path.dirname(root), "outside.cgi")
    write(path, "#!/bin/sh\n" + CGI["mark"].replace(
        "{proof}", os.path.join(root, "proof")))
    return path
