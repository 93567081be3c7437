"""Real programs that nobody here wrote: cgit, gitweb, CGI.pm, AWStats."""

import hashlib
import os
import shutil
import uuid

import pytest

import fcgi
import files
from test_git import commit, git

CGIT = "/usr/lib/cgit/cgit.cgi"
GITWEB = "/usr/lib/cgi-bin/gitweb.cgi"
AWSTATS = "/usr/lib/cgi-bin/awstats.pl"


def get(pool, script="", info="", query="", **more):
    params = {"GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET",
              "SERVER_PROTOCOL": "HTTP/1.1", "SERVER_NAME": "localhost",
              "SERVER_PORT": "80", "HTTP_HOST": "localhost",
              "SCRIPT_NAME": script, "PATH_INFO": info,
              "QUERY_STRING": query, "REMOTE_ADDR": "127.0.0.1"}
    params.update(more)
    answer = fcgi.request(pool.address, params, seconds=30)
    assert answer.complete and answer.app_status == 0, answer.stdout
    return answer


@pytest.fixture
def projects(tmp_path):
    """A folder with one bare repository of one commit."""
    git(tmp_path, "init", "-q", "work")
    commit(tmp_path / "work", "hello.c", b"int main(void) { return 0; }\n")
    git(tmp_path, "clone", "-q", "--bare", "work", "projects/thing.git")
    return tmp_path / "projects"


def test_cgit_shows_its_pages(start, projects, tmp_path):
    (tmp_path / "cgitrc").write_text(
        "virtual-root=/cgit/\nsnapshots=tar.gz\nscan-path=%s\n" % projects)
    pool = start("-F", "2", "-o", "env.CGIT_CONFIG=%s/cgitrc" % tmp_path,
                 tail=["--", CGIT]).wait_ready(2)
    index = get(pool, "/cgit", "/")
    assert index.headers["content-type"].startswith("text/html")
    assert b"thing.git" in index.body
    assert b"hello.c" in get(pool, "/cgit", "/thing.git/log/").body
    assert b"return" in get(pool, "/cgit", "/thing.git/tree/hello.c").body
    patch = get(pool, "/cgit", "/thing.git/patch/")
    assert patch.headers["content-type"].startswith("text/plain")
    assert b"+int main(void)" in patch.body
    archive = get(pool, "/cgit", "/thing.git/snapshot/thing-HEAD.tar.gz")
    assert archive.body[:2] == b"\x1f\x8b"


def test_gitweb_shows_its_pages(start, projects, tmp_path):
    (tmp_path / "gitweb.conf").write_text(
        '$projectroot = "%s";\n' % projects)
    pool = start("-F", "2", "-o",
                 "env.GITWEB_CONFIG=%s/gitweb.conf" % tmp_path,
                 tail=["--", GITWEB]).wait_ready(2)
    assert b"thing.git" in get(pool, "/gitweb").body
    blob = get(pool, "/gitweb", query="p=thing.git;a=blob_plain;f=hello.c")
    assert blob.body == b"int main(void) { return 0; }\n"
    assert b"hello.c" in get(pool, "/gitweb", query="p=thing.git;a=tree").body
    missing = get(pool, "/gitweb", query="p=none.git;a=log")
    assert missing.status == 404


def multipart(name, content, note):
    boundary = uuid.uuid4().hex
    part = "--%s\r\nContent-Disposition: form-data; name=\"%s\"%s\r\n\r\n"
    body = ((part % (boundary, "note", "")).encode() + note.encode()
            + b"\r\n"
            + (part % (boundary, "file", '; filename="%s"' % name)).encode()
            + content + b"\r\n" + b"--%s--\r\n" % boundary.encode())
    return "multipart/form-data; boundary=" + boundary, body


def test_a_file_is_uploaded_to_perls_cgi_pm(start, run_files):
    root = os.path.join(run_files.dir, "examples")
    shutil.copytree(os.path.join(files.TOP, "examples"), root,
                    dirs_exist_ok=True)
    os.chmod(root, 0o755)
    pool = start("-F", "1", "--root", root).wait_ready(1)
    content = os.urandom(2 << 20)
    kind, body = multipart("photo.jpg", content, "a <b>note</b>")
    answer = fcgi.request(pool.address, {
        "REQUEST_METHOD": "POST", "CONTENT_TYPE": kind,
        "CONTENT_LENGTH": len(body), "SERVER_NAME": "localhost",
        "SCRIPT_FILENAME": os.path.join(root, "upload.cgi")}, body)
    assert answer.status == 200 and answer.app_status == 0, answer
    page = answer.body.decode()
    assert "<b>photo.jpg</b>" in page
    assert hashlib.sha256(content).hexdigest() in page
    assert "a &lt;b&gt;note&lt;/b&gt;" in page


LOG = ('192.0.2.1 - - [10/Oct/2026:13:55:36 +0000] "GET /page%d.html '
       'HTTP/1.1" 200 2326 "http://example.test/" "Mozilla/5.0 (X11)"\n')


def test_awstats_analyses_a_log_and_shows_it(start, tmp_path):
    (tmp_path / "access.log").write_text(
        "".join(LOG % n for n in range(20)))
    (tmp_path / "awstats.test.conf").write_text("""
LogFile="%(dir)s/access.log"
LogFormat=1
SiteDomain="example.test"
HostAliases="localhost"
DirData="%(dir)s"
DirIcons="/icon"
AllowToUpdateStatsFromBrowser=1
UseFramesWhenCGI=0
DNSLookup=0
""" % {"dir": tmp_path})
    pool = start("-F", "1", "-o",
                 "env.AWSTATS_ENABLE_CONFIG_DIR=%s" % tmp_path,
                 tail=["--", AWSTATS]).wait_ready(1)
    query = "configdir=%s&config=test" % tmp_path
    get(pool, "/awstats.pl", query=query + "&update=1")
    page = get(pool, "/awstats.pl", query=query
               + "&output=urldetail&year=2026&month=10").body
    assert b"/page7.html" in page
    assert b"example.test" in page
