"""The status page for people, in a real browser behind a real web server."""

import json
import os
import re
import struct
import subprocess
import tempfile
import zlib

import pytest

import procs
from statuspage import HOSTILE

pytestmark = [pytest.mark.plain_only, pytest.mark.seconds(120)]


class Browser:
    def __init__(self, url):
        self.url = url
        self.dir = tempfile.mkdtemp(prefix="browser-")

    def run(self, *args):
        """stdout; what the page complained of is an error."""
        done = subprocess.run(
            ["/usr/bin/chromium", "--headless=new", "--no-sandbox",
             "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
             "--enable-logging=stderr", "--user-data-dir=" + self.dir,
             "--virtual-time-budget=5000", *args, self.url],
            capture_output=True, timeout=100)
        said = done.stderr.decode(errors="replace")
        assert done.returncode == 0, said
        complaints = re.findall(r".*CONSOLE.*", said)
        assert not complaints, complaints
        return done.stdout.decode()

    def shot(self, name, *args):
        """The first pixel of a screenshot, and its size."""
        path = os.path.join(self.dir, name + ".png")
        self.run("--screenshot=" + path, *args)
        with open(path, "rb") as f:
            return first_pixel(f.read())


def first_pixel(png):
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    at, data = 8, b""
    while at < len(png):
        n, kind = struct.unpack("!I4s", png[at:at + 8])
        if kind == b"IHDR":
            width, height = struct.unpack("!II", png[at + 8:at + 16])
        if kind == b"IDAT":
            data += png[at + 8:at + 8 + n]
        at += 12 + n
    return tuple(zlib.decompress(data)[1:4]), (width, height)


@pytest.fixture
def server(status, serve):
    pool = status(workers=3)
    found = serve("nginx", pool.pool)
    found.asker = pool
    return found


def test_it_asks_for_nothing_but_itself(server):
    with server.request("GET", "/status?html") as answer:
        policy = answer.headers["Content-Security-Policy"]
        text = answer.read().decode("utf-8", "strict")
    nonce = re.search(r"script-src 'nonce-([0-9a-f]{32})'", policy)[1]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert re.findall(r'nonce="([^"]*)"', text) == [nonce] * 2
    assert not re.search(r"(src|href)=[\"']?(https?:|//)", text)
    assert not re.search(r"\son\w+=", text)
    with server.request("GET", "/status?html") as answer:
        assert nonce not in answer.headers["Content-Security-Policy"]
        answer.read()


def test_a_browser_shows_the_pool_and_keeps_it_up_to_date(server):
    for code in 3, 4:
        server.asker.get("exit.cgi", str(code))
    dom = Browser(server.url("/status?html")).run("--dump-dom")
    assert '<h1>Pool <span id="pool">www</span></h1>' in dom
    assert re.search(r'role="status" class="good">. live<', dom)
    assert len(re.findall(r"<svg ", dom)) == 4
    for label in re.findall(r"<svg [^>]*>", dom):
        assert 'role="img"' in label and 'aria-label="' in label
    assert "Program exited with 4" in dom
    assert len(re.findall(r"<caption>", dom)) == 5
    # A button whose name tells its state has no second one.
    assert ">Pause</button>" in dom and "aria-pressed" not in dom
    assert not re.search(r"<th(?! scope)[ >]", dom.split("<script")[0])
    # In virtual time it has fetched itself anew.
    assert server.asker.json()["requests"]["completed"] >= 2 + 1 + 2
    assert "/status?json&amp;full" in dom


def test_M18_a_hostile_request_is_only_text(server):
    conn = server.asker.conn()
    server.asker.send(conn, "sleep.cgi", "110", REQUEST_URI=HOSTILE,
                      REMOTE_ADDR=HOSTILE)
    markup = b'<img src=x onerror="document.title=1"><script>alert(1)'
    other = server.asker.conn()
    server.asker.send(other, "sleep.cgi", "110", REQUEST_URI=markup)
    procs.wait_for(lambda: len(server.asker.pool.programs()) == 2, 5, "")
    dom = Browser(server.url("/status?html")).run("--dump-dom")
    assert "<img" not in dom and "<script>" not in dom
    assert "&lt;img src=x onerror=" in dom
    assert "/a&lt;/script&gt;" in dom
    assert "<title>www - cgi-fpm</title>" in dom
    conn.close()
    other.close()
    server.asker.all_idle(10)


def test_light_dark_and_narrow(server):
    browser = Browser(server.url("/status?html"))
    light, size = browser.shot("light", "--window-size=1200,1600")
    assert size == (1200, 1600) and min(light) > 200
    dark, _ = browser.shot("dark", "--window-size=1200,1600",
                           "--blink-settings=preferredColorScheme=0")
    assert max(dark) < 60
    _, size = browser.shot("narrow", "--window-size=500,1600")
    assert size == (500, 1600)


def test_a_fresh_page_has_a_past(server):
    def history():
        _, text = server.get("/status?html")
        data = re.search(rb'id="data">([^<]*)<', text)[1]
        page = json.loads(data)
        return page["history"], page["now"]

    procs.wait_for(lambda: len(history()[0]) >= 2, 12, "two samples")
    samples, _ = history()
    _, now = history()  # of a later page: one may come while one is made
    assert all(a[0] < b[0] <= now for a, b in zip(samples, samples[1:]))


def test_a_time_without_requests_is_a_gap_and_no_line(server, tmp_path):
    """A straight line from one duration to the next looked like many."""
    _, text = server.get("/status?html")
    text = text.decode().replace("EVERY_MS = 2000", "EVERY_MS = 1e9")
    data = re.search(r'id="data">([^<]*)<', text)[1]
    page = json.loads(data)
    page["history"] = [
        [page["now"] - 80 + 10 * i, 1, 0, 0, n, n * 0.1]
        for i, n in enumerate([0, 50, 90, 90, 90, 99, 99])]
    path = tmp_path / "page.html"
    path.write_text(text.replace(data, json.dumps(page)))
    dom = Browser("file://" + str(path)).run("--dump-dom")
    chart = dom.split("<strong>Mean duration</strong>")[1]
    lines = re.findall(r'<polyline class="line" points="([^"]*)"',
                       chart.split("</figure>")[0])
    assert [len(line.split()) for line in lines] == [2, 2]
    assert len(set(lines[1].split())) == 1  # a dot
