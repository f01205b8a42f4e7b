"""The windows and limits of monitoring are settings: `monitor` in params.yaml, by model."""

from __future__ import annotations

from pathlib import Path

from tests.models.conftest import in_one_process
from tests.template.live import RUNTIME_TESTS

ERRORS = """
import contextlib, io, json, sys
from pathlib import Path
from goldenpath_runtime.__main__ import main

path = Path("params.yaml")
before = path.read_text()
given, printed = json.load(sys.stdin), []
for added in given:
    path.write_text(before + added)
    with contextlib.redirect_stderr(io.StringIO()) as said:
        code = main(["monitor"])
    printed.append([code, said.getvalue()])
path.write_text(before)
print(json.dumps(printed))
"""
VERDICTS = f"""
import json, sys
sys.path.insert(0, {str(RUNTIME_TESTS)!r})
from pathlib import Path
from goldenpath_runtime.watch.monitor import examine
from goldenpath_runtime.project import open_project
from goldenpath_runtime.store.register import register_model
from goldenpath_runtime.store.ledger import open_store
from test_monitoring import sample

path = Path("params.yaml")
before, store, project = path.read_text(), open_store(), open_project(None)
version = register_model(store, project, force="a test")
sample(project, store.url, [0] * 900)
verdicts = []
for added in json.load(sys.stdin):
    path.write_text(before + added)
    verdicts.append(examine(store, project, version))
path.write_text(before)
print(json.dumps(verdicts))
"""


def test_a_wrong_setting_names_the_file_and_the_key(project: Path, env: dict[str, str]) -> None:
    wrong = {
        "monitor: {my_model: {days: 0}}\n": "params.yaml: monitor.my_model.days: Input should be greater than 0, not 0",
        "monitor: {my_model: {dayz: 7}}\n": "params.yaml: monitor.my_model.dayz: unknown key; did you mean days?",
        "monitor: {my_model: {max_psi: big}}\n": "params.yaml: monitor.my_model.max_psi: ",
        "monitor: {other: {days: 7}}\n": "params.yaml: monitor: there is no model 'other'; there are: my_model",
        "monitor: 7\n": "params.yaml: monitor: ",
    }
    printed = in_one_process(project, env, ERRORS, [*wrong])
    for (code, said), expected in zip(printed, wrong.values(), strict=True):
        assert code == 1
        assert expected in said


def test_limits_decide_what_monitoring_says(project: Path, env: dict[str, str]) -> None:
    settings = {
        "": "drift",
        "monitor: {my_model: {min_rows: 1000}}\n": "too-little-data",
        "monitor: {my_model: {max_psi: 1000}}\n": "stable",
        "monitor: {my_model: {max_psi: 1000, max_share_psi: 0}}\n": "drift",
        "monitor: {my_model: {days: 0.0000001}}\n": "too-little-data",
    }
    verdicts = in_one_process(project, env, VERDICTS, [*settings])
    assert dict(zip(settings, verdicts, strict=True)) == settings
