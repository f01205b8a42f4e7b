"""The alert rules as Prometheus reads them: valid, silent in health, and each one heard when it is due."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.questionnaire import ROOT

pytestmark = pytest.mark.life  # promtool is not everywhere; Debian has it in the package prometheus

RULES = ROOT / "template/project/{{registry_files}}/monitoring/alerts.yml"
PREDICT = 'requests_total{route="/predict", status="%s"}'
HEALTH = {  # series: what it counts in a minute, for a day
    'model_info{name="m", version="1"}': "1x1500",
    PREDICT % 200: "0+600x1500",
    'request_seconds_bucket{route="/predict", le="0.25"}': "0+600x1500",
    'request_seconds_bucket{route="/predict", le="1.0"}': "0+600x1500",
    'request_seconds_bucket{route="/predict", le="+Inf"}': "0+600x1500",
    "samples_dropped_total": "0x1500",
}
TROUBLE: dict[str, dict[str, str | None]] = {  # what is different when the alert is due
    "ModelAbsent": {'model_info{name="m", version="1"}': None},
    "ModelFails": {PREDICT % 500: "0+60x1500"},
    "ModelSlow": {'request_seconds_bucket{route="/predict", le="0.25"}': "0+300x1500"},
    "RequestsRefused": {PREDICT % 422: "0+60x1500"},
    "SeveralVersions": {'model_info{name="m", version="2"}': "1x1500"},
    "SamplesLost": {"samples_dropped_total": "0+1x1500"},
}


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Prometheus' own judge; Debian has it in the package prometheus."""
    return subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False)


def heard(
    folder: Path, alert: str, series: dict[str, str], expected: bool
) -> subprocess.CompletedProcess[str]:
    """Promtool's answer to whether this alert, and no other, fires after a day of these series."""
    rules = folder / "alerts.yml"
    rules.write_text(re.sub(r"\n +annotations:(\n {10}.*)+", "", RULES.read_text("utf-8")), "utf-8")
    values = [{"series": name, "values": value} for name, value in series.items()]
    groups = yaml.safe_load(rules.read_text("utf-8"))["groups"]
    known = {rule["alert"]: rule for group in groups for rule in group["rules"]}
    extra = {"name": "m"} if alert == "SeveralVersions" else {}
    fired = [{"exp_labels": known[alert]["labels"] | extra}]
    tests = [
        {"eval_time": "1445m", "alertname": name, "exp_alerts": fired if expected and name == alert else []}
        for name in known
    ]
    case: dict[str, Any] = {"interval": "1m", "input_series": values, "alert_rule_test": tests}
    path = folder / "test.yml"
    path.write_text(json.dumps({"rule_files": [str(rules)], "tests": [case]}), "utf-8")
    return promtool("test", "rules", path)


def test_prometheus_takes_the_rules() -> None:
    found = promtool("check", "rules", RULES)
    assert found.returncode == 0, found.stdout + found.stderr


def test_each_rule_says_what_to_do() -> None:
    rules = [rule for group in yaml.safe_load(RULES.read_text("utf-8"))["groups"] for rule in group["rules"]]
    assert {rule["alert"] for rule in rules} == set(TROUBLE)
    assert all({"summary", "runbook"} == set(rule["annotations"]) for rule in rules)
    assert {rule["labels"]["severity"] for rule in rules} <= {"page", "ticket"}


@pytest.mark.parametrize("alert", TROUBLE)
def test_an_alert_is_heard_in_trouble_and_only_then(tmp_path: Path, alert: str) -> None:
    series: dict[str, Any] = HEALTH | TROUBLE[alert]
    present = {name: value for name, value in series.items() if value is not None}
    found = heard(tmp_path, alert, present, expected=True)
    assert found.returncode == 0, found.stdout + found.stderr
    found = heard(tmp_path, alert, dict(HEALTH), expected=False)
    assert found.returncode == 0, found.stdout + found.stderr
    assert heard(tmp_path, alert, dict(HEALTH), expected=True).returncode != 0
