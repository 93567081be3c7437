"""The files of etc/prometheus, with a real Prometheus."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
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
            return self.value('up{job="cgi-fpm",pool="www"}') == 1
        except (OSError, AssertionError):  # it is not up itself
            return False

    def stop(self):
        self.process.kill()  # nobody needs what it would save
        self.process.wait()
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
    # Nothing is known for a while of what was not scraped within a second.
    procs.wait_for(lambda: scraped.value(
        'cgifpm_workers_limit{pool="www"}') == 2, 20, "two workers")
    kind = scraped.get("metadata", metric="cgifpm_request_duration_seconds")
    found = kind["cgifpm_request_duration_seconds"][0]
    assert (found["type"], found["unit"]) == ("histogram", "seconds")
    had = 0
    for _ in range(2):  # from one number to another, or there is no rate
        for program, query in ("exit.cgi", "3"), ("signal.cgi", "11"):
            scraped.asker.get(program, query, HTTP_X_REQUEST_START="t=%.3f"
                              % (time.time() - 0.1))
        signals = 'cgifpm_program_signals_total{signal="11"}'
        procs.wait_for(lambda: (scraped.value(signals) or 0) > had, 20,
                       "another signal")
        had = scraped.value(signals) or had
    for expr in expressions():
        procs.wait_for(lambda e=expr: scraped.get(
            "query", query=e)["result"], 20, "data for " + expr)
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


# --- alerts: of what makes each fire, and that nothing else does ---

MINUTES = 20
EVERY = 15  # seconds, of samples
WWW = 'instance="h",pool="www"'
QUIET = {
    'up{job="cgi-fpm",%s}' % WWW: "1",
    'cgifpm_state{%s,state="up"}' % WWW: "1",
    'cgifpm_workers{%s,state="busy"}' % WWW: "4",
    'cgifpm_workers{%s,state="idle"}' % WWW: "1",
    "cgifpm_workers_limit{%s}" % WWW: "5",
    "cgifpm_listen_queue{%s}" % WWW: "20",
    "cgifpm_listen_queue_limit{%s}" % WWW: "511",
    "cgifpm_listeners_lost{%s}" % WWW: "0",
    'cgifpm_worker_ends_total{%s,cause="retired"}' % WWW: "0+9",
    'cgifpm_worker_ends_total{%s,cause="signal"}' % WWW: "7",
    'cgifpm_program_signals_total{%s,signal="11"}' % WWW: "0+1",
    "cgifpm_requests_accepted_total{%s}" % WWW: "0+1000",
    'cgifpm_requests_total{%s,outcome="timed_out"}' % WWW: "0+9",
    'cgifpm_requests_total{%s,outcome="lost_worker"}' % WWW: "3",
    'cgifpm_request_duration_seconds_bucket{%s,le="10"}' % WWW: "0+96",
    'cgifpm_request_duration_seconds_bucket{%s,le="20"}' % WWW: "0+100",
    'cgifpm_request_duration_seconds_bucket{%s,le="+Inf"}' % WWW: "0+100",
    'cgifpm_log_lines_lost_total{%s,log="access"}' % WWW: "2",
}
# The alert, what is otherwise (None: not there), after how many minutes, and
# words of what it says.
ALERTS = [
    ("CgiFpmDown", {'up{job="cgi-fpm",%s}' % WWW: "0"}, 1,
     "Pool www of cgi-fpm does not answer at h"),
    ("CgiFpmSaturated", {'cgifpm_workers{%s,state="busy"}' % WWW: "5"}, 5,
     "All workers of pool www are busy"),
    ("CgiFpmQueue", {"cgifpm_listen_queue{%s}" % WWW: "300"}, 1,
     "300 connections wait"),
    ("CgiFpmSocketLost", {"cgifpm_listeners_lost{%s}" % WWW: "1"}, 1,
     "socket of pool www"),
    ("CgiFpmNotUp", {'cgifpm_state{%s,state="up"}' % WWW: None,
                     'cgifpm_state{%s,state="drained"}' % WWW: "1"}, 15,
     "Pool www is drained"),
    ("CgiFpmWorkersDie",
     {'cgifpm_worker_ends_total{%s,cause="signal"}' % WWW: "0+1"}, 9,
     "20 within five minutes"),
    ("CgiFpmProgramsCrash",
     {'cgifpm_program_signals_total{%s,signal="11"}' % WWW: "0+11"}, 6,
     "are ended by signals"),
    ("CgiFpmTimeouts",
     {'cgifpm_requests_total{%s,outcome="timed_out"}' % WWW: "0+11"}, 6,
     "time out"),
    ("CgiFpmLostRequests",
     {'cgifpm_requests_total{%s,outcome="lost_worker"}' % WWW: "0 2"}, 1,
     "killed with 2 under way"),
    ("CgiFpmSlow",
     {'cgifpm_request_duration_seconds_bucket{%s,le="10"}' % WWW: "0+50"},
     11, "takes longer than 19 seconds"),
    ("CgiFpmLogLinesLost",
     {'cgifpm_log_lines_lost_total{%s,log="access"}' % WWW: "0 5"}, 1,
     "access log of pool www loses lines"),
]


def alerts_of(tmp_path, otherwise, minute):
    """The names of those that fire in that MINUTE, and what they say."""
    values = dict(QUIET, **otherwise)
    test = {"interval": "%ds" % EVERY, "input_series": [
        {"series": name, "values": "%sx%d" % (v, MINUTES * 60 // EVERY)}
        for name, v in values.items() if v is not None],
        "alert_rule_test": [
            {"eval_time": "%dm" % minute, "alertname": name,
             "exp_alerts": []} for name, *_ in ALERTS]}
    shutil.copy(os.path.join(ETC, "cgi-fpm.rules.yml"), tmp_path)
    path = tmp_path / "alerts.yml"
    path.write_text(json.dumps({  # which is YAML, too
        "rule_files": ["cgi-fpm.rules.yml"], "tests": [test],
        "evaluation_interval": "%ds" % EVERY}))
    done = subprocess.run(["promtool", "test", "rules", str(path)],
                          capture_output=True, text=True, timeout=60)
    said = done.stdout + done.stderr
    fired = re.findall(r'Labels:\{alertname="(\w+)"', said)
    assert (done.returncode == 0) == (not fired), said
    return fired, said


def test_no_alert_fires_on_a_quiet_day(tmp_path):
    for minute in 2, 10, 19:
        assert alerts_of(tmp_path, {}, minute)[0] == []


def test_each_alert_is_tested():
    with open(os.path.join(ETC, "cgi-fpm.rules.yml")) as f:
        names = re.findall(r"alert: (\w+)", f.read())
    assert sorted(names) == sorted(name for name, *_ in ALERTS)


@pytest.mark.parametrize("name,otherwise,minute,words", ALERTS,
                         ids=[row[0] for row in ALERTS])
def test_an_alert_fires_when_it_should(tmp_path, name, otherwise, minute,
                                       words):
    fired, said = alerts_of(tmp_path, otherwise, minute)
    assert fired == [name] and words in said, said
