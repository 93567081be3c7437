"""The files of etc/prometheus, with a real Prometheus."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import urllib.parse
import urllib.request

import pytest

import files
import pool as pools
import procs

pytestmark = [pytest.mark.plain_only, pytest.mark.seconds(120)]

ETC = os.path.join(files.TOP, "etc", "prometheus")


class Prometheus:
    def __init__(self, target):
        self.dir = tempfile.mkdtemp(prefix="prometheus-")
        self.port = pools.free_port()
        for name in os.listdir(ETC):
            shutil.copy(os.path.join(ETC, name), self.dir)
        self.conf = os.path.join(self.dir, "prometheus.yml")
        with open(self.conf) as f:
            text = f.read()
        assert "127.0.0.1:8080" in text
        with open(self.conf, "w") as f:
            f.write(text.replace("127.0.0.1:8080", target)
                    .replace("15s", "1s"))
        self.log = open(os.path.join(self.dir, "log"), "w+b")
        self.process = subprocess.Popen(
            ["/usr/bin/prometheus", "--config.file=" + self.conf,
             "--storage.tsdb.path=" + os.path.join(self.dir, "data"),
             "--web.listen-address=127.0.0.1:%d" % self.port],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            env={"PATH": "/usr/bin:/bin", "GOMAXPROCS": "1"})

    def get(self, path, **query):
        url = "http://127.0.0.1:%d/api/v1/%s?%s" % (
            self.port, path, urllib.parse.urlencode(query))
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as e:
            raise AssertionError((query, e.read())) from None

    def value(self, expr):
        result = self.get("query", query=expr)["result"]
        return float(result[0]["value"][1]) if result else None

    def up(self):
        try:
            return self.value('up{job="cgi-fpm"}') == 1
        except (OSError, AssertionError):  # it is not up itself
            return False

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()
        shutil.rmtree(self.dir)


@pytest.fixture
def scraped(status, serve):
    pool = status()
    web = serve("nginx", pool.pool)
    found = Prometheus("127.0.0.1:%d" % web.port)
    found.asker = pool
    try:
        procs.wait_for(found.up, 30, "a scrape")
        yield found
    finally:
        found.stop()


def dashboard():
    with open(os.path.join(ETC, "grafana-dashboard.json")) as f:
        return json.load(f)


def expressions():
    """Those of the dashboard, as Grafana would send them."""
    for panel in dashboard()["panels"]:
        for target in panel["targets"]:
            yield (target["expr"].replace("$__rate_interval", "1m")
                   .replace("$pool", ".*").replace("$instance", ".*"))


def test_rules_and_configuration_are_good(tmp_path):
    for name in "prometheus.yml", "cgi-fpm.rules.yml":
        shutil.copy(os.path.join(ETC, name), tmp_path)
    for what, name in ("rules", "cgi-fpm.rules.yml"), ("config",
                                                       "prometheus.yml"):
        done = subprocess.run(["promtool", "check", what, name],
                              cwd=tmp_path, capture_output=True, timeout=30)
        assert done.returncode == 0, done
        assert b"SUCCESS" in done.stdout


def test_a_real_prometheus_scrapes_and_every_expression_works(scraped):
    for _ in range(3):
        scraped.asker.get("hello.cgi")
    completed = 'cgifpm_requests_total{pool="www",outcome="completed"}'
    procs.wait_for(lambda: (scraped.value(completed) or 0) >= 3, 20,
                   "three requests")
    assert scraped.value('cgifpm_workers_limit{pool="www"}') == 2
    kind = scraped.get("metadata", metric="cgifpm_request_duration_seconds")
    found = kind["cgifpm_request_duration_seconds"][0]
    assert (found["type"], found["unit"]) == ("histogram", "seconds")
    for expr in expressions():
        scraped.get("query", query=expr)
    groups = scraped.get("rules")["groups"]
    rules = [r for g in groups for r in g["rules"]]
    assert len(rules) >= 10
    procs.wait_for(lambda: all(
        r["health"] == "ok" for g in scraped.get("rules")["groups"]
        for r in g["rules"]), 30, "all rules are evaluated")


def test_alerts_and_panels_name_metrics_that_there_are(status):
    text = status().page("prometheus").body.decode()
    known = set(re.findall(r"^(cgifpm_\w+)", text, re.M))
    with open(os.path.join(ETC, "cgi-fpm.rules.yml")) as f:
        used = set(re.findall(r"(?<![:\w])(cgifpm_\w+)(?![\w:])", f.read()))
    for expr in expressions():
        used |= set(re.findall(r"cgifpm_\w+", expr))
    assert used - known == set() and len(used) > 15
