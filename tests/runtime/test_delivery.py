"""Delivery: what is judged, who is champion, and that the ledger loses nothing.

The processes themselves are not started here: `make deploy accept` does that.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from goldenpath_runtime.config import read_params
from goldenpath_runtime.deliver import delivery
from goldenpath_runtime.deliver.environments import Desired, Rollout, read_environment, set_version
from goldenpath_runtime.deploy import accept
from goldenpath_runtime.deploy.rollout import compare, judge
from goldenpath_runtime.deploy.router import differ
from goldenpath_runtime.errors import ProjectError
from goldenpath_runtime.store import ledger as signing
from goldenpath_runtime.store import register
from goldenpath_runtime.store.ledger import Store, append, ledger, machine_folder, open_store, who
from goldenpath_runtime.store.versions import champion, champions, objections

PRODUCTION = Path("environments/production.yaml")
GOOD: Mapping[str, Any] = {"requests": 200, "errors": 0, "refused": 0, "p50_ms": 1.0, "p99_ms": 5.0}


@pytest.mark.parametrize(
    ("worse", "seen", "rule"),
    [
        ({}, {}, None),
        ({"errors": 10}, {}, "errors"),
        ({"refused": 10}, {}, "refusals"),
        ({"p50_ms": 9.0}, {}, "slowdown"),
        ({"p99_ms": 2000.0}, {}, "time"),
        ({}, {"disagreed": 60}, "other answers"),
    ],
)
def test_a_version_that_does_worse_is_noticed(worse: dict[str, Any], seen: dict[str, Any], rule: str | None) -> None:
    figures = {"versions": {"new": {**GOOD, **worse}, "old": GOOD}, "compared": 200, "disagreed": 0, **seen}
    change: Any = SimpleNamespace(new="new", old="old", policy=Rollout())
    failed = [finding.rule for finding in judge(figures, {}, change) if not finding.passed]
    assert failed == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("new", "old", "word"),
    [
        ([0.0, 1.0] * 50, [0.0, 1.0] * 50, "no-difference"),
        ([0.0] * 100, [0.0, 1.0] * 50, "better"),
        ([0.0, 1.0] * 50, [0.0] * 100, "worse"),
        ([0.0] * 10, [1.0] * 100, "too-little-data"),
    ],
)
def test_quality_is_compared_by_a_test(new: list[float], old: list[float], word: str) -> None:
    assert compare(new, old, 0.05)[0] == word


def test_answers_differ_by_label_or_by_a_tenth() -> None:
    assert differ({"label": "a"}, {"label": "b"})
    assert differ({"values": {"y": 1.0}}, {"values": {"y": 1.2}})
    assert not differ({"values": {"y": 1.0}}, {"values": {"y": 1.05}})


def test_a_rollback_takes_back_what_came_after() -> None:
    entries = [{"event": "promote", "env": "production", "version": version} for version in ("a", "b", "b", "c")]
    assert champions(entries) == ["a", "b", "c"]
    assert champions([*entries, {"event": "rollback", "env": "production", "version": "b"}]) == ["a", "b"]


def test_writers_at_once_lose_no_entry(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda i: append(store, "model", "test", i=i), range(40)))
    entries = ledger(store, "model")
    assert [entry["number"] for entry in entries] == list(range(1, 41))
    assert {entry["i"] for entry in entries} == set(range(40))


def test_promoting_keeps_comments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = Path("environments/production.yaml").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    path = Path("environments/production.yaml")
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    set_version("production", "model", Desired(version="v", sha256="s"), "Promote")
    assert read_environment("production").models["model"].version == "v"
    assert path.read_text(encoding="utf-8").startswith(text.splitlines()[0])


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A project with three versions in its store, all accepted and approved, the first one the champion; its model.

    Nothing runs: it is as if there were no place to deploy to.
    """
    for name in (PRODUCTION, Path("environments/staging.yaml"), Path("params.yaml"), Path("pyproject.toml")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GOLDENPATH_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("BY", "ann")
    monkeypatch.setattr(delivery.Place, "open_target", lambda _: None)
    name, store = next(iter(read_params().models)), open_store()
    for version in ("v1", "v2", "v3"):
        store.write(f"{name}/versions/{version}/model.json", b'{"sha256": "0"}')
        for event in ("register", "accept", "approve"):
            append(store, name, event, version=version, passed=True, env="production")
    say(name, "promote", "v1")
    write_version(name, "v1")
    return name


def say(model: str, event: str, version: str, env: str = "production", **facts: object) -> None:
    """Add an entry to the ledger."""
    append(open_store(), model, event, version=version, env=env, **facts)


def write_version(model: str, version: str) -> None:
    """Name a version in the file of production, as somebody does who edits it."""
    content = yaml.safe_load(PRODUCTION.read_text(encoding="utf-8"))
    content["models"] = {model: {"version": version, "sha256": "0"}}
    PRODUCTION.write_text(yaml.safe_dump(content), encoding="utf-8")


AGAINST = [
    (
        {"event": "abort", "version": "v2", "verdict": "abort", "why": "errors: 9 %"},
        "failed in a rollout (errors: 9 %)",
    ),
    ({"event": "rollout", "version": "v2", "verdict": "worse"}, "failed in a rollout"),
]


@pytest.mark.parametrize(("entry", "told"), AGAINST)
def test_what_failed_in_its_rollout_is_not_promoted(entry: dict[str, Any], told: str, model: str) -> None:
    say(model, **entry)
    before = PRODUCTION.read_text(encoding="utf-8")
    with pytest.raises(
        ProjectError, match=re.escape(f"v2 {told}: make rollout again, or make promote VERSION=v2 FORCE")
    ):
        delivery.promote(["--model", model, "--version", "v2"])
    assert PRODUCTION.read_text(encoding="utf-8") == before
    delivery.promote(["--model", model, "--version", "v3"])  # another version is as good as before
    say(model, "rollout", "v2", verdict="pass")
    delivery.promote(["--model", model, "--version", "v2"])
    assert champion(open_store(), model) == "v2"


def test_what_was_rolled_back_is_promoted_with_a_reason(model: str) -> None:
    delivery.promote(["--model", model, "--version", "v2"])
    delivery.rollback(["--model", model, "--note", "complaints"])
    with pytest.raises(ProjectError, match=re.escape("v2 was rolled back (complaints): ")):
        delivery.promote(["--model", model, "--version", "v2"])
    delivery.promote(["--model", model, "--version", "v2", "--force", "they were of v1"])
    entries = ledger(open_store(), model)
    assert [(entry["event"], entry.get("forced")) for entry in entries[-2:]] == [
        ("propose", "they were of v1"),
        ("promote", None),
    ]


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        *AGAINST,
        ({"event": "accept", "version": "v2", "env": "staging", "passed": False}, "failed its acceptance tests"),
        ({"event": "register", "version": "v4"}, "was not accepted yet"),
    ],
)
def test_a_file_that_names_what_promote_refuses_is_no_way_around(entry: dict[str, Any], told: str, model: str) -> None:
    say(model, **entry)
    write_version(model, entry["version"])
    for command in (delivery.reconcile, delivery.rollback):
        with pytest.raises(ProjectError, match=re.escape(told)):
            command(["--model", model])
    assert champion(open_store(), model) == "v1"
    write_version(model, "v1")
    delivery.reconcile(["--model", model])  # the champion itself is never refused


def test_a_failed_acceptance_after_the_approval_counts(model: str) -> None:
    say(model, "accept", "v2", env="staging", passed=False)
    with pytest.raises(ProjectError, match="v2 failed its acceptance tests"):
        delivery.promote(["--model", model, "--version", "v2"])


def test_status_names_what_is_refused(
    model: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = SimpleNamespace(status=dict, address=lambda: None)
    monkeypatch.setattr(delivery.Place, "open_target", lambda _: target)
    say(model, "abort", "v2", verdict="abort", why="time: slow")
    delivery.status(["--model", model])
    assert json.loads(capsys.readouterr().out)["refused"] == {"v2": "failed in a rollout (time: slow)"}


def test_what_is_said_of_another_environment_or_before_does_not_count() -> None:
    def entries(*told: str) -> list[dict[str, Any]]:
        split = [words.split() for words in told]
        return [{"event": event, "version": version, "env": env} for event, version, env in split]

    rolled_back = ["promote a p", "promote b p", "promote a p", "promote c p", "rollback a p"]
    assert objections(entries(*rolled_back), "p") == {"c": "was rolled back"}
    assert objections(entries(*rolled_back), "staging") == {}
    assert objections(entries("promote a p", "promote b p", "promote a p", "rollback b p"), "p") == {
        "a": "was rolled back"
    }
    assert objections(entries("promote a p", "promote b p", "reconcile a p"), "p") == {"b": "was rolled back"}
    assert objections(entries(*rolled_back, "propose c p"), "p") == {}
    assert objections(entries("deploy a s", "deploy b s", "deploy a s"), "s") == {}
    assert objections([{"event": "register", "version": "a"}, *entries("down None p")], "p") == {}


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine, and no job of CI, on which nobody has told git a name."""
    for name in ("BY", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("LOGNAME", "account")


def git(*words: str) -> str:
    command = ["git", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603


SIGNED = {
    "approve": (delivery.approve, ["--version", "v2", "--note", "fine"]),
    "feedback": (delivery.feedback, ["--version", "v2", "--note", "better"]),
    "promote": (delivery.promote, ["--version", "v2", "--force", "even so"]),
    "accept": (accept.accept, ["--version", "v2", "--force", "even so"]),
    "register": (register.register, ["--force", "even so"]),
}


@pytest.mark.parametrize("name", SIGNED)
@pytest.mark.usefixtures("nobody")
def test_what_a_person_answers_for_is_never_signed_by_an_account(
    name: str, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BY", raising=False)
    say(model, "abort", "v2", verdict="abort")
    open_store().write(f"{model}/versions/v2/report/report.md", b"# Model card")
    before = ledger(open_store(), model)
    run, words = SIGNED[name]
    with pytest.raises(ProjectError, match=re.escape("nobody is known who answers for this: add BY=name, or tell git")):
        run(["--model", model, *words])
    assert ledger(open_store(), model) == before


@pytest.mark.usefixtures("nobody")
def test_who_signs_is_named_by_the_command_the_job_or_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert who() == "account", "what nobody has to answer for needs no name"
    git("init", "--quiet")
    git("config", "user.email", "eve@example.com")
    assert who() == "account", "half a name is none"
    git("config", "user.name", "Eve")
    assert who() == "Eve <eve@example.com>"
    monkeypatch.setattr(signing, "extra", {"CI system": SimpleNamespace(name="somewhere")}.get)
    assert who() == "Eve <eve@example.com>", "a repository with jobs of CI, on somebody's machine"
    monkeypatch.setenv("CI", "true")
    monkeypatch.delenv("GOLDENPATH_RUN", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert who() == "a job of somewhere"
    folder = machine_folder(Store(str(tmp_path)))
    monkeypatch.setenv("BY", " ann ")
    assert who() == "ann"
    assert machine_folder(Store(str(tmp_path))) == folder, "what runs is found whoever asks"


@pytest.fixture
def repository(model: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The project of `model` below the folder of a git repository, committed."""
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Ann")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "ann@example.com")
    Path("sub").mkdir()
    for name in ("environments", "params.yaml", "pyproject.toml"):
        Path(name).rename(Path("sub", name))
    git("init", "--quiet")
    git("add", "--all", "sub")
    git("commit", "--quiet", "--message=start", "--no-gpg-sign")
    monkeypatch.chdir("sub")
    return model


LAYOUTS = {
    "as generated": None,
    "of another indent": "rollout:\n    steps:\n      - 5\n      -   25 # some\nmodels:   {}\n\n# the end\nport: 0\n",
    "without models": "# mine: é\n\nrelease:   'approval'\n",
    "with null": "models:\nwarm_seconds: 1e2\n",
    "with another model": "models:\n    other: {version: a, sha256: b}\n# of nothing\nrollout: {steps: [5,25]}\n",
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_command_commits_its_own_line_alone(layout: str, repository: str) -> None:
    text = LAYOUTS[layout] or PRODUCTION.read_text(encoding="utf-8")
    PRODUCTION.write_text(text, encoding="utf-8")
    git("commit", "--quiet", "--allow-empty", "--message=mine", "--", str(PRODUCTION))
    Path("params.yaml").write_text("# staged\n" + Path("params.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    Path("environments/staging.yaml").write_text("# not staged\n", encoding="utf-8")
    git("add", "params.yaml")
    PRODUCTION.write_text(f"{text}\n# staged here\n", encoding="utf-8")
    git("add", str(PRODUCTION))
    PRODUCTION.write_text(f"# edited\n{text}\n# staged here\n", encoding="utf-8")

    set_version("production", repository, Desired(version="v2", sha256="0"), "Promote")

    assert git("show", "--format=%s", "--name-only").split() == ["Promote", f"sub/{PRODUCTION}"]
    gone = [line[1:] for line in git("show", "--format=", "--unified=0").splitlines() if re.match("-[^-]", line)]
    assert not [line for line in gone if not re.match(r"models:|  my_model:|    (version|sha256):|    other:", line)]
    committed = git("show", f"HEAD:./{PRODUCTION}")
    assert yaml.safe_load(committed)["models"][repository]["version"] == "v2"
    assert "edited" not in committed
    assert "staged here" not in committed
    assert "# staged here" in git("show", f":./{PRODUCTION}")
    assert "# edited" not in git("show", f":./{PRODUCTION}")
    assert "v2" in git("show", f":./{PRODUCTION}")
    now = PRODUCTION.read_text(encoding="utf-8")
    assert now.startswith("# edited\n")
    assert yaml.safe_load(now)["models"][repository]["version"] == "v2"
    assert git("diff", "--name-only", "--cached").split() == [f"sub/{PRODUCTION}", "sub/params.yaml"]
    assert git("diff", "--name-only").split() == [f"sub/{PRODUCTION}", "sub/environments/staging.yaml"]


def test_what_is_written_already_is_committed_and_nothing_twice(
    repository: str, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = ("production", repository, Desired(version="v2", sha256="0"), "Promote")
    write_version(repository, "v2")  # as a command that was killed before it committed leaves it
    set_version(*wanted)
    assert git("log", "--format=%s").split() == ["Promote", "start"]
    PRODUCTION.write_text("# edited\n" + PRODUCTION.read_text(encoding="utf-8"), encoding="utf-8")
    set_version(*wanted)
    assert git("log", "--format=%s").split() == ["Promote", "start"]
    assert "is committed; push it" in capsys.readouterr().out


def test_a_merge_under_way_is_left_alone(repository: str, capsys: pytest.CaptureFixture[str]) -> None:
    git("switch", "--quiet", "--create", "other")
    git("commit", "--quiet", "--allow-empty", "--message=theirs", "--no-gpg-sign")
    git("switch", "--quiet", "-")
    git("merge", "--quiet", "--no-commit", "--no-ff", "other")
    set_version("production", repository, Desired(version="v2", sha256="0"), "Promote")
    assert "is changed: commit and push it" in capsys.readouterr().out
    assert git("log", "--format=%s").split() == ["start"]
    assert git("rev-parse", "MERGE_HEAD")


def test_a_hook_that_says_no_leaves_the_index_as_it_was(repository: str, capsys: pytest.CaptureFixture[str]) -> None:
    hook = Path(git("rev-parse", "--git-path", "hooks/pre-commit").strip())
    hook.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    hook.chmod(0o755)
    set_version("production", repository, Desired(version="v2", sha256="0"), "Promote")
    assert "is changed: commit and push it" in capsys.readouterr().out
    assert git("diff", "--name-only", "--cached") == ""
