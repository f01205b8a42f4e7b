"""A new repository is green on its first run, for the cases that together contain every choice.

`make test` runs a sample of them, the tox environment `live` all, and `pairs` a repository for every pair of answers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests import preview
from tests.questionnaire import ROOT
from tests.support import commit_all, environment, generate, git, make, read_tree, run
from tests.template import live
from tests.template.cases import CASES, LIVE_SAMPLE, pairs
from tests.template.source_rules import reserved

GREEN = ("setup", "check", "smoke", "pipeline")
SOME = [pytest.param(name, marks=[] if name in LIVE_SAMPLE else [pytest.mark.live]) for name in CASES]


class Project(NamedTuple):
    """A generated repository that has been set up, and the machine that it runs on."""

    folder: Path
    env: dict[str, str]
    serve: list[str]


def started(name: str, folder: Path, *, committed: bool = False) -> Project:
    """A case that `make setup check smoke pipeline` has run through, in a home of its own."""
    answers = {**CASES[name], "package_index": ""}  # the organization's index is not to be had here
    project = generate(folder / "project", **answers)
    env = environment(folder / "home")
    if committed:
        commit_all(project, "First commit")
    make(project, env, *GREEN)
    return Project(project, env, _serve(answers))


def _serve(answers: Mapping[str, Any]) -> list[str]:
    small = answers.get("preset") == "minimal"
    default = ["batch"] if small else ["online", "batch", "embedded"]
    chosen: list[str] = answers.get("serve", default)
    return chosen


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The default repository, committed, after its first run."""
    return started("base", tmp_path_factory.mktemp("base"), committed=True)


@pytest.mark.parametrize("name", SOME)
def test_a_new_repository_is_green(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    project = request.getfixturevalue("base") if name == "base" else started(name, tmp_path)
    verdicts = [path.read_text("utf-8") for path in (project.folder / "reports").rglob("gate.verdict")]
    assert verdicts == ["pass\n"]
    assert live.model_bytes(project.folder)
    rows = live.sample(project.folder)
    if "online" in project.serve:
        with live.service(project.folder, project.env) as address:
            assert len(live.predict(address, rows)) == len(rows)
    if "batch" in project.serve:
        assert len(live.score(project.folder, project.env, "build/scores.csv")) == len(rows)
    if "embedded" in project.serve:
        make(project.folder, project.env, "embed", "OUT=build/embedded")
        assert list((project.folder / "build/embedded").rglob("model.onnx"))
    printed = live.prove_runtime(project.folder, project.env, tmp_path / "runtime", whole=name == "base")
    assert " passed" in printed


def test_every_test_of_the_runtime_is_run() -> None:
    assert {path.name for path in live.RUNTIME_TESTS.glob("test_*.py")} == live.NEEDS.keys()


@pytest.mark.pairs
@pytest.mark.parametrize("pair", range(len(pairs())))
def test_every_pair_of_answers_is_green(pair: int, tmp_path: Path) -> None:
    answers = {**pairs()[pair], "package_index": ""}
    project = generate(tmp_path / "project", **answers)
    make(project, environment(tmp_path / "home"), *GREEN)
    assert (project / "reports" / answers["package_name"] / "gate.verdict").read_text("utf-8") == "pass\n"


def test_running_changes_no_rendered_file(base: Project, tmp_path: Path) -> None:
    """Formatters, hooks and the pipeline leave what the template wrote as it is."""
    rendered = read_tree(generate(tmp_path / "fresh"))
    assert {path: (base.folder / path).read_bytes() for path in rendered} == rendered


def test_what_it_makes_is_ignored_or_worth_a_commit(base: Project) -> None:
    assert set(git(base.folder, "status", "--porcelain").splitlines()) == {"?? dvc.lock", "?? uv.lock"}
    assert set(git(base.folder, "ls-files").splitlines()) == preview.case_paths(preview.read(), "base")


def test_training_again_gives_the_same_bytes(base: Project) -> None:
    """Whatever order Python's sets have in a process: between these seeds the order of two names turns around."""
    first = live.model_bytes(base.folder)
    for seed in ("0", "10"):
        make(base.folder, {**base.env, "PYTHONHASHSEED": seed}, "train")
        assert live.model_bytes(base.folder) == first


def test_nothing_needs_a_network_after_setup(base: Project) -> None:
    """All but `scan`, `image` and remote data; `setup` itself too, once everything is in the cache."""
    targets = [
        "clean",
        "setup",
        "check",
        "smoke",
        "data",
        "train",
        "evaluate",
        "report",
        "gate",
        "pipeline",
        "package",
    ]
    run([*live.cut_off(), "make", *targets], base.folder, live.offline(base.env))


def test_the_network_is_cut_off(tmp_path: Path) -> None:
    """The guard of the test above: with that environment nothing can be installed."""
    env = live.offline(environment(tmp_path / "home"))
    run(["python3", "-m", "venv", "v"], tmp_path, env)
    run([*live.cut_off(), "v/bin/pip", "install", "--no-cache-dir", "tabulate"], tmp_path, env, expect=1)


def test_no_installed_package_can_hide_behind_the_project(base: Project) -> None:
    """A project called as one of its dependencies would import itself; so those names are reserved."""
    code = (
        "import importlib.metadata, json; print(json.dumps([*importlib.metadata.packages_distributions()]))"
    )
    names = json.loads(run([".venv/bin/python", "-c", code], base.folder, base.env))
    ours = {"my_model"}
    possible = {n for n in names if n.isidentifier() and n == n.lower() and not n.startswith("_")} - ours
    assert sorted(possible - reserved(ROOT)) == []


def test_a_machine_without_git(tmp_path: Path) -> None:
    env = live.without("git", environment(tmp_path / "home"), tmp_path / "bin")
    project = generate(tmp_path / "project", **CASES["minimal"])
    make(project, env, *GREEN)
    assert not (project / ".git").exists()


@pytest.mark.live
def test_a_folder_inside_another_repository(tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    (outer / "README.md").write_text("# Another repository\n")
    commit_all(outer, "Start")
    project = generate(outer / "models" / "churn", **CASES["subproject"])
    make(project, environment(tmp_path / "home"), *GREEN)
    assert not (project / ".git").exists()
    status = git(outer, "status", "--porcelain", "--untracked-files=all").splitlines()
    rendered = {
        f"?? models/churn/{path}" for path in read_tree(generate(tmp_path / "fresh", **CASES["subproject"]))
    }
    assert set(status) - rendered <= {"?? models/churn/uv.lock", "?? models/churn/dvc.lock"}


@pytest.mark.live
def test_a_machine_without_uv(tmp_path: Path) -> None:
    """`make setup` fetches uv from the package index where there is none; hooks and documents do without it."""
    env = live.without("uv", environment(tmp_path / "home"), tmp_path / "bin")
    project = generate(tmp_path / "project", **CASES["minimal"], guides="full")
    make(project, env, *GREEN)
    assert (project / ".uv" / "bin" / "uv").exists()
    run([".venv/bin/uv", "lock", "--check"], project, env)

    make(project, env, "hooks")
    assert "mypy" in live.commit(project, env)
    (project / "src/a/extra.py").write_text('"""Yours."""\n\nimport os\n\nx: int = "one"\n')
    refused = live.commit(project, env, expect=1)
    assert "`os` imported but unused" in refused
    assert "Incompatible types in assignment" in refused
    assert "not found" not in refused
    assert git(project, "status", "--porcelain") == "A  src/a/extra.py\n"


@pytest.mark.live
def test_hooks_are_not_for_a_folder_of_a_repository(tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    project = generate(outer / "models" / "churn", **CASES["subproject"])
    commit_all(outer, "Start")
    (project / ".venv").mkdir()
    assert "call make lint type" in make(project, environment(tmp_path / "home"), "hooks", expect=2)


@pytest.mark.live
def test_tox_passes_where_a_python_is_missing(base: Project, tmp_path: Path) -> None:
    """Bare `tox` tests on what there is: here on 3.12 alone, whatever else this machine has."""
    folder = tmp_path / "bin"
    env = live.without("uv", base.env, folder)
    for path in folder.glob("python*"):
        path.unlink()
    (folder / "python3.12").symlink_to((base.folder / ".venv/bin/python").resolve())
    printed = run([".venv/bin/tox"], base.folder, env)
    assert [name for name in ("3.11", "3.12", "3.13") if f"{name}: SKIP" in printed] == ["3.11", "3.13"]
    assert "3.12: OK" in printed
