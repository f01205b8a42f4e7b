"""The engine gives what Copier gives: the same bytes, modes and stored answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import copier
import pytest
import yaml

from goldenpath import engine, sources
from goldenpath.errors import GoldenpathError, UsageError
from tests.support import commit_all, git, mask
from tests.unit.conftest import COPIER_YML, PROJECT, Goldenpath, MakeTemplate, files_of

ANSWERS: list[dict[str, str]] = [
    {},
    {"project_name": "Churn", "description": "Say \u00fc: 'yes' # {{ no }}", "ci": "none"},
    {"ci": "gitlab", "runner": "own", "serve": "[batch, online]"},
    {"serve": "[batch]", "replicas": "3", "labels": "[a, {b: 1}]", "gpu": "yes"},
    {"description": "1", "labels": "null", "default_branch": "trunk"},
]


def copied(
    template: Path, project: Path, ref: str | None, data: dict[str, Any]
) -> dict[str, tuple[bool, bytes]]:
    data = {"project_name": project.name, **data}
    copier.run_copy(str(template), project, data=data, vcs_ref=ref, defaults=True, quiet=True)
    return files_of(project)


@pytest.mark.parametrize("answers", ANSWERS, ids=str)
@pytest.mark.parametrize("ref", [None, "HEAD", "v0.9.0"])
def test_new_writes_what_copier_copies(
    template: Path, goldenpath: Goldenpath, tmp_path: Path, answers: dict[str, str], ref: str | None
) -> None:
    git(template, "tag", "v0.9.0")
    (template / "project/later.txt").write_text("not released yet\n")
    data = [part for name, value in answers.items() for part in ("--data", f"{name}={value}")]
    version = ["--vcs-ref", ref] if ref else []
    done = goldenpath("new", "ours/demo", "--template", template, *version, "--defaults", *data)
    assert done.code == 1, "the parent does not exist"
    Path("ours").mkdir()
    done = goldenpath("new", "ours/demo", "--template", template, *version, "--defaults", *data)
    assert done.code == 0, done.err
    ours, theirs = (
        files_of(Path("ours/demo")),
        copied(template, tmp_path / "theirs" / "demo", ref, dict(answers)),
    )
    if ref == "HEAD":
        # The uncommitted file is in a commit of the moment, which has another name each time.
        assert mask(ours.pop(".copier-answers.yml")[1]) == mask(theirs.pop(".copier-answers.yml")[1])
        assert "later.txt" in ours
    assert ours == theirs
    assert ours["bin/run.sh"][0]
    assert not ours["README.md"][0]


def test_answers_file_is_as_copier_takes_it(template: Path, goldenpath: Goldenpath, tmp_path: Path) -> None:
    file = tmp_path / "profile.yml"
    file.write_text("serve: [batch, online]\nreplicas: 2\nlabels: [a]\ngpu: true\nci: gitlab\n")
    done = goldenpath(
        "new", "demo", "--template", template, "--data-file", file, "-d", "ci=none", "--defaults", "--json"
    )
    data = {**yaml.safe_load(file.read_text()), "ci": "none"}
    assert files_of(Path("demo")) == copied(template, tmp_path / "theirs" / "demo", None, data)
    assert done.json["answers"] == {
        "project_name": "demo",
        "description": "",
        "ci": "none",
        "serve": ["online", "batch"],
        "replicas": 2,
        "labels": ["a"],
        "gpu": True,
        "default_branch": "main",
    }


def test_defaults_of_copiers_settings_hold(
    template: Path, goldenpath: Goldenpath, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "settings.yml"
    settings.write_text("defaults: {ci: gitlab, replicas: 7}\n")
    monkeypatch.setenv("COPIER_SETTINGS_PATH", str(settings))
    assert goldenpath("new", "demo", "--template", template, "--defaults").code == 0
    assert files_of(Path("demo")) == copied(template, tmp_path / "theirs" / "demo", None, {})
    assert b"7" in files_of(Path("demo"))["README.md"][1]


def test_the_newest_release_is_taken_and_prereleases_are_not(template: Path, goldenpath: Goldenpath) -> None:
    (template / "project/newer.txt").write_text("newer\n")
    commit_all(template, "Newer", "v1.10.0")
    (template / "project/beta.txt").write_text("beta\n")
    commit_all(template, "Beta", "v2.0.0b1")
    done = goldenpath("new", "demo", "--template", template, "--defaults", "--json")
    assert (done.json["version"], done.json["commit"]) == ("v1.10.0", "v1.10.0")
    assert "newer.txt" in done.json["files"]
    assert "beta.txt" not in done.json["files"]


def test_between_releases_there_is_a_commit_but_no_version(template: Path, goldenpath: Goldenpath) -> None:
    commit_all(template, "Newer")
    for ref, version, commit in [("HEAD", None, "v1.0.0-1-g"), ("HEAD^", "v1.0.0", "v1.0.0")]:
        done = goldenpath(
            "new", "demo", "--template", template, "--defaults", "--preview", "--json", "-r", ref
        )
        assert (done.json["version"], done.json["commit"][:10]) == (version, commit[:10])
    git(template, "tag", "--delete", "v1.0.0")
    done = goldenpath(
        "new", "demo", "--template", template, "--defaults", "--preview", "--json", "-r", "HEAD"
    )
    assert done.json["version"] is None
    assert git(template, "rev-parse", "HEAD").startswith(done.json["commit"])


@pytest.mark.parametrize(
    ("described", "version"),
    [
        ("v1.2.3", "v1.2.3"),
        ("2.0", "2.0"),
        ("v1.0.0-rc1", "v1.0.0-rc1"),
        ("0.1.0rc1", "0.1.0rc1"),
        ("v1.2.3-4-gabcdef0", None),
        ("1234567", None),
        ("e12345", None),
    ],
)
def test_versions_are_told_from_hashes(described: str, version: str | None) -> None:
    assert sources.release(described) == version


def test_an_update_by_plain_copier_follows(template: Path, goldenpath: Goldenpath) -> None:
    assert goldenpath("new", "demo", "--template", "../template", "--defaults").code == 0
    (template / "project/empty.txt").write_text("no longer\n")
    commit_all(template, "Newer", "v1.1.0")
    copier.run_update("demo", defaults=True, overwrite=True, quiet=True)
    assert Path("demo/empty.txt").read_text() == "no longer\n"
    assert yaml.safe_load(Path("demo/.copier-answers.yml").read_text())["_src_path"] == str(template)


def test_a_bundle_and_a_file_url_are_templates_too(
    template: Path, goldenpath: Goldenpath, tmp_path: Path
) -> None:
    bundle = tmp_path / "template.bundle"
    git(template, "bundle", "create", str(bundle), "HEAD", "main", "--tags")
    for number, address in enumerate([str(bundle), f"file://{template}/.git"]):
        done = goldenpath("new", f"demo{number}", "--template", address, "--defaults", "--json")
        assert done.code == 0, done
        assert done.json["template"] == address


def test_secrets_are_neither_stored_nor_shown(make_template: MakeTemplate, goldenpath: Goldenpath) -> None:
    secret = "token: {type: str, secret: true, ask: false, default: hush}\n"
    template = make_template(config=COPIER_YML + secret)
    done = goldenpath("new", "demo", "--template", template, "--defaults", "--data", "token=xyzzy", "--json")
    assert done.code == 0
    assert "xyzzy" not in done.out
    assert all(b"xyzzy" not in content for _, content in files_of(Path("demo")).values())


def test_opening_and_asking_are_values_too(template: Path) -> None:
    with engine.open_template(str(template), None, "demo", trust=False) as opened:
        assert (opened.version, opened.hook) == ("v1.0.0", None)
        assert opened.questions["ci"]["help"] == "Which CI system runs the checks?"
        data = engine.ask(opened, {"ci": "none"}, defaults=True)
        assert data == {"ci": "none"}
        project, stored, _ = engine.render(opened, data)
        clone = opened.worker.template.local_abspath
        assert clone.is_dir()
    assert list(project.files) == sorted(project.files)
    assert (stored["ci"], stored["_commit"]) == ("none", "v1.0.0")
    assert not clone.exists(), "the clone goes with its block"
    assert not opened.worker.dst_path.exists()


def test_the_first_answer_that_does_not_fit_is_named(template: Path) -> None:
    given = {"ci": "none", "serve": "[online, fax]", "replicas": "many"}
    with (
        engine.open_template(str(template), None, "demo", trust=False) as opened,
        pytest.raises(UsageError) as caught,
    ):
        engine.ask(opened, given, defaults=True)
    assert caught.value.message == "The answer to 'serve' does not fit: 'fax' is not in ['online', 'batch']"
    assert caught.value.hint == "Type --data 'serve=[..., ...]'"


@pytest.mark.parametrize("trust", [True, False])
def test_code_of_the_template_runs_only_by_leave(make_template: MakeTemplate, trust: bool) -> None:
    extension = "_jinja_extensions: [jinja2.ext.do]\n"
    address = str(make_template(config=COPIER_YML + extension))
    if trust:
        with engine.open_template(address, None, "demo", trust=True) as opened:
            assert engine.render(opened, {})[1]["ci"] == "github"
    else:
        with pytest.raises(GoldenpathError, match="runs code of its own"):
            engine.open_template(address, None, "demo", trust=False).__enter__()


@pytest.mark.parametrize(
    ("entry", "trusted"),
    [("{}", True), ("{}/", False), ("{}/../", False), ("{}x", False), ("/", False)],
    ids=["exact", "prefix", "parent", "other", "root"],
)
def test_trust_is_of_one_address_never_of_a_prefix(
    make_template: MakeTemplate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: str, trusted: bool
) -> None:
    template = make_template(files={**PROJECT, "hooks/after_new.py": "print('hello')\n"})
    settings = tmp_path / "settings.yml"
    settings.write_text(f"trust: ['{entry.format(template)}']\n")
    monkeypatch.setenv("COPIER_SETTINGS_PATH", str(settings))
    with engine.open_template(str(template), None, "demo", trust=False) as opened:
        assert opened.hook == (b"print('hello')\n" if trusted else None)


@pytest.mark.parametrize(
    "answers",
    [
        {"project_name": "A", "ci": "gitlab", "task": "regression", "license": "mit", "serve": "[embedded]"},
        {
            "project_name": "n" * 40,
            "preset": "minimal",
            "ci": "none",
            "runner_labels": "[self-hosted, linux]",
        },
        {
            "preset": "custom",
            "guides": "none",
            "dependency_bot": "renovate",
            "description": "It's \u00fc: {{ no }} # 'x'",
        },
    ],
    ids=str,
)
def test_the_real_template_too(
    real_template: Path, goldenpath: Goldenpath, tmp_path: Path, answers: dict[str, str]
) -> None:
    data = [part for name, value in answers.items() for part in ("--data", f"{name}={value}")]
    done = goldenpath("new", "demo", "--template", real_template, "--defaults", *data)
    assert (done.code, done.err) == (0, "")
    assert files_of(Path("demo")) == copied(real_template, tmp_path / "theirs" / "demo", None, dict(answers))
    assert git(Path("demo"), "status", "--porcelain", "--ignored") == ""
