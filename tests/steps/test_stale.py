"""No version is made of a state that is gone: what changed since the training is named, and `make pipeline` trains on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.models.conftest import in_one_process
from tests.steps.test_lineage import edited, ran
from tests.support import make

USUAL = "data/schema.yaml"
SCHEMA = "config/columns.yaml"
PARAMS = "params.yaml"
SUMMARY = "build/my_model/data/summary.json"
WORDS = "src/my_model/words.txt"  # what the code of the user's package reads
RUN = """
import contextlib, io, json, sys, traceback
from pathlib import Path
from goldenpath_runtime.__main__ import main

def given(command):
    try:
        return main([command])
    except Exception:
        traceback.print_exc()

printed = []
for edits, commands in json.load(sys.stdin):
    before = {path: Path(path).read_text() for path in edits}
    for path, (old, new) in edits.items():
        assert old in before[path], (path, old)
        Path(path).write_text(before[path].replace(old, new) if old else before[path] + new)
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        codes = [given(command) for command in commands]
    for path, text in before.items():
        Path(path).write_text(text)
    printed.append((codes[-1], said.getvalue()))
json.dump(printed, sys.stdout)
"""
HIDDEN = ("  island: {type", "  island: {feature: false, type")
WIDER = ("max: 10000.0", "max: 20000.0")
AGAIN = "since the training: run make pipeline first"


class Stale(NamedTuple):
    """What is edited after `make pipeline`, the commands that are then typed, and what the last one says."""

    edits: Mapping[str, tuple[str, str]]
    says: str
    commands: tuple[str, ...] = ("register",)


REFUSED = {
    "a hidden column": Stale({SCHEMA: HIDDEN}, f"{SCHEMA} changed {AGAIN}"),
    "a wider limit": Stale({SCHEMA: WIDER}, f"{SCHEMA} changed {AGAIN}"),
    "a module": Stale({"src/my_model/model.py": ("", "# Other code.\n")}, f"src changed {AGAIN}"),
    "a file of the package": Stale({WORDS: ("", "more\n")}, f"src changed {AGAIN}"),
    "an option": Stale(
        {PARAMS: ("seed: 0", "seed: 0\n    options: {depth: 3}")},
        f"{PARAMS} (options of my_model) changed {AGAIN}",
    ),
    "a seed and a share": Stale(
        {PARAMS: ("seed: 0\n    split: {by: seed, validation: 0.2", "seed: 1\n    split: {validation: 0.3")},
        f"{PARAMS} (seed, split of my_model) changed {AGAIN}",
    ),
    "the lock": Stale({"uv.lock": ("", "\n# Other versions.\n")}, f"uv.lock changed {AGAIN}"),
    "the template's code": Stale(
        {"src/goldenpath_runtime/metrics.py": ("", "# Other code.\n")},
        f"src/goldenpath_runtime changed {AGAIN}",
    ),
    "two at once": Stale(
        {SCHEMA: HIDDEN, "uv.lock": ("", "\n# Other versions.\n")}, f"{SCHEMA}, uv.lock changed {AGAIN}"
    ),
    "other rows": Stale({SUMMARY: ('"sha256": "', '"sha256": "0')}, f"build/my_model/data changed {AGAIN}"),
    "another rule, not judged by": Stale(
        {PARAMS: ("roc_auc: {min: 0.9}", "roc_auc: {min: 0.9999}")},
        "gate.json is not of this model and these rules: run make gate first",
    ),
    "trained without data": Stale(
        {SCHEMA: WIDER}, f"{SCHEMA} changed since the rows were read: run make data first", ("train",)
    ),
    "measured without data": Stale(
        {PARAMS: ("seed: 0", "seed: 1")},
        f"{PARAMS} (seed of my_model) changed since the rows were read: run make data first",
        ("evaluate",),
    ),
    "rows of other settings, trained on": Stale(
        {PARAMS: ("validation: 0.2", "validation: 0.3")},
        f"{PARAMS} (split of my_model) changed since the rows were read: run make data first",
        ("train",),
    ),
}
TAKEN = {
    "nothing": Stale({}, "my_model: version "),
    "a remark": Stale({PARAMS: ("", "# A remark.\n")}, "my_model: version "),
    "another rule, judged by": Stale(
        {PARAMS: ("roc_auc: {min: 0.9}", "roc_auc: {min: 0.91}")}, "my_model: version ", ("gate", "register")
    ),
    "monitoring": Stale({PARAMS: ("", "monitor: {my_model: {days: 30}}\n")}, "my_model: version "),
}
Said = dict[str, tuple[int | None, str]]


def test_dvc_trains_on_what_changed(project: Path, env: dict[str, str]) -> None:
    """One input after the other, each in a file that no stage of dvc.yaml names."""
    added = {
        USUAL: "  # A remark.\n",
        "uv.lock": "\n# Other versions.\n",
        WORDS: "some\n",
        PARAMS: "    options: {depth: 3}\n",
    }
    make(project, env, "pipeline")
    trained = []
    with ExitStack() as edits:
        for path, text in added.items():
            edits.enter_context(edited(project / path, text))
            if "train" in ran(project, env):
                trained.append(path)
    assert trained == list(added)
    make(project, env, "pipeline")


@pytest.fixture(scope="module")
def said(project: Path, env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Said]:
    """What each case says, after a pipeline of a schema that lies elsewhere."""
    params = (project / PARAMS).read_text("utf-8")
    assert f"schema: {USUAL}" in params
    (project / SCHEMA).parent.mkdir()
    (project / SCHEMA).write_bytes((project / USUAL).read_bytes())
    (project / WORDS).write_text("some\n", "utf-8")
    (project / PARAMS).write_text(params.replace(f"schema: {USUAL}", f"schema: {SCHEMA}"), "utf-8")
    make(project, env, "pipeline")
    cases = REFUSED | TAKEN
    given = [(case.edits, case.commands) for case in cases.values()]
    store = tmp_path_factory.mktemp("store")
    found = in_one_process(project, env | {"GOLDENPATH_STORE": str(store)}, RUN, given)
    yield {name: (code, text) for name, (code, text) in zip(cases, found, strict=True)}
    for path in (SCHEMA, WORDS):
        (project / path).unlink()
    (project / SCHEMA).parent.rmdir()
    (project / PARAMS).write_text(params, "utf-8")
    make(project, env, "pipeline")


@pytest.mark.parametrize("name", REFUSED)
def test_a_state_that_is_gone_is_refused(name: str, said: Said) -> None:
    code, text = said[name]
    *_, last = text.splitlines()
    assert last == f"error: {REFUSED[name].says}"
    assert code == 1


@pytest.mark.parametrize("name", TAKEN)
def test_what_does_not_decide_may_change(name: str, said: Said) -> None:
    code, text = said[name]
    assert code == 0, text
    assert TAKEN[name].says in text
