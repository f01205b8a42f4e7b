"""`goldenpath new` from end to end, asking nothing."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from goldenpath import git as own_git
from goldenpath import tree
from goldenpath.applying import hooks
from goldenpath.commands.new import next_commands
from tests.support import git
from tests.unit.conftest import COPIER_YML, PROJECT, Goldenpath, MakeTemplate, files_of, listing

HOOK = "import pathlib, sys; pathlib.Path('set-up.txt').write_text('yes'); print('HOOK SPEAKS'); sys.exit({code})\n"


def test_a_repository_with_a_first_commit(template: Path, goldenpath: Goldenpath) -> None:
    done = goldenpath("new", "demo", "--template", template, "--defaults", "-d", "default_branch=trunk")
    assert (done.code, done.err) == (0, "")
    assert git(Path("demo"), "log", "--format=%an %ae %s").split("\n")[:-1] == [
        "goldenpath goldenpath@localhost Start from template version v1.0.0"
    ]
    assert git(Path("demo"), "branch", "--show-current").strip() == "trunk"
    assert git(Path("demo"), "status", "--porcelain", "--ignored") == ""
    assert set(git(Path("demo"), "ls-files", "-z").split("\0")[:-1]) == set(files_of(Path("demo")))
    assert "100755" in git(Path("demo"), "ls-files", "--stage", "bin/run.sh")


def test_the_summary_comes_first_and_copiers_message_never(template: Path, goldenpath: Goldenpath) -> None:
    done = goldenpath("new", "demo", "--template", template, "--defaults", "-d", "description=")
    summary, _, after = done.out.partition("Written.")
    for part in ("project_name    demo", "description     (empty)", "bin/ (1)\n    run.sh", "8 files"):
        assert part in summary
    assert f"{template}, v1.0.0" in summary
    assert "A MESSAGE THAT COPIER PRINTS" not in done.out + done.err
    assert [line.strip() for line in after.splitlines()[2:]] == [
        "cd demo",
        "make setup check",
        "make pipeline",
    ]


@pytest.mark.parametrize(
    ("makefile", "commands"),
    [
        (None, []),
        ("", []),
        ("setup:\ncheck: setup\npipeline: ; true\n", ["make setup check", "make pipeline"]),
        ("setup check::\n\tpipeline: no rule\n", ["make setup check"]),
        ("check:\n", ["make check"]),
        ("check := 1\nsetup::=2\nrecheck:\n# setup: no\npipeline ?= 1\n", []),
    ],
)
def test_next_commands_are_what_a_shell_takes(makefile: str | None, commands: list[str]) -> None:
    files = {} if makefile is None else {"Makefile": tree.File(tree.FILE, makefile.encode())}
    assert next_commands(Path("my demo"), tree.Tree(files)) == ["cd 'my demo'", *commands]


def test_a_template_without_a_makefile(make_template: MakeTemplate, goldenpath: Goldenpath) -> None:
    template = make_template(files={path: text for path, text in PROJECT.items() if "Makefile" not in path})
    done = goldenpath("new", "demo", "--template", template, "--defaults", "--json")
    assert done.json["next"] == ["cd demo"]
    said = goldenpath("new", "other", "--template", template, "--defaults").out
    assert said.partition("Written.")[2].split() == ["Next,", "type:", "cd", "other"]


COMMIT = "git init -q && git add -A && git -c user.name=x -c user.email=x@x commit -qm theirs"


@pytest.mark.parametrize("task", ["echo made > made.txt", f"echo made > made.txt && {COMMIT}"])
def test_tasks_of_a_trusted_template(make_template: MakeTemplate, goldenpath: Goldenpath, task: str) -> None:
    """They run as `update --trust` has them run: what they leave is a file of the project, a repository is not."""
    beside = "mkdir .venv && echo 1 > .venv/python && echo '*.pyc' >> .gitignore && echo 1 > a.pyc"
    more = f'_tasks: ["{beside}; echo /.venv/ >> .gitignore", "{task}"]\n'
    template = make_template(config=COPIER_YML + more)
    refused = goldenpath("new", "demo", "--template", template, "--defaults")
    assert (refused.code, "--skip-tasks" in refused.err, "add --trust" in refused.err) == (1, False, True)
    assert not Path("demo").exists()
    done = goldenpath("new", "demo", "--template", template, "--defaults", "--trust")
    assert done.code == 0, done.err
    assert Path("demo/made.txt").read_text() == "made\n"
    assert not Path("demo/.venv").exists()
    assert not Path("demo/a.pyc").exists()
    assert git(Path("demo"), "log", "--format=%s").splitlines() == ["Start from template version v1.0.0"]
    assert git(Path("demo"), "status", "--porcelain", "--ignored") == ""
    assert set(git(Path("demo"), "ls-files", "-z").split("\0")[:-1]) == set(files_of(Path("demo")))
    git(Path("demo"), "fsck", "--strict")


def test_status_of_a_new_project_is_kept(template: Path, goldenpath: Goldenpath) -> None:
    assert goldenpath("new", "demo", "--template", template, "--defaults").code == 0
    (entry,) = Path("demo/.git/goldenpath/kept").iterdir()
    before = entry.stat().st_mtime_ns
    assert goldenpath("status", "demo", "--json").json["drift"] == {}
    assert entry.stat().st_mtime_ns == before


def test_json_is_all_there_is_on_stdout(template: Path, goldenpath: Goldenpath) -> None:
    done = goldenpath("new", "demo", "--template", template, "--defaults", "--json")
    assert done.err == ""
    assert done.json == {
        "destination": str(Path("demo").resolve()),
        "template": str(template),
        "version": "v1.0.0",
        "commit": "v1.0.0",
        "answers": done.json["answers"],
        "follows": {},
        "files": sorted(files_of(Path("demo"))),
        "git": "a new repository with a first commit on the branch main",
        "notes": [],
        "setup": "not run",
        "next": ["cd demo", "make setup check", "make pipeline"],
    }
    assert done.json["answers"]["ci"] == "github"
    assert not any(name.startswith("_") for name in done.json["answers"])


def test_the_commit_shown_is_the_commit_stored(template: Path, goldenpath: Goldenpath) -> None:
    (template / "project/new.txt").write_text("not committed\n")
    done = goldenpath("new", "demo", "--template", template, "--defaults", "--json", "-r", "HEAD")
    stored = Path("demo/.copier-answers.yml").read_text()
    assert f"_commit: {done.json['commit']}\n" in stored
    assert git(Path("demo"), "log", "--format=%s").strip().endswith(done.json["commit"])


def test_with_json_nothing_can_be_asked(template: Path, goldenpath: Goldenpath) -> None:
    done = goldenpath("new", "demo", "--template", template, "--json")
    assert done.code == 2
    assert "Add --defaults" in done.json["error"]["hint"]


def test_preview_writes_nothing(template: Path, goldenpath: Goldenpath, tmp_path: Path) -> None:
    before = listing(tmp_path)
    shown = goldenpath("new", "demo", "--template", template, "--defaults", "--preview")
    as_json = goldenpath("new", "demo", "--template", template, "--defaults", "--preview", "--json")
    assert listing(tmp_path) == before
    assert (shown.code, as_json.code) == (0, 0)
    assert "==> README.md <==\n# DEMO\n" in shown.out
    assert as_json.json["files"]["bin/run.sh"] == {"mode": "100755", "text": "#!/bin/sh\n"}
    assert goldenpath("new", "demo", "--template", template, "--defaults").code == 0
    assert {path: file["text"].encode() for path, file in as_json.json["files"].items()} == {
        path: content for path, (_, content) in files_of(Path("demo")).items()
    }


def test_preview_does_not_mind_what_is_there(template: Path, goldenpath: Goldenpath) -> None:
    Path("demo").mkdir()
    Path("demo/.copier-answers.yml").write_text("project_name: other\n")
    done = goldenpath("new", "demo", "--template", template, "--defaults", "--preview", "--json")
    assert done.json["answers"]["project_name"] == "demo"


@pytest.mark.parametrize(
    ("folder", "more", "name"),
    [
        ("churn", [], "churn"),
        ("2026-churn", [], "my-model"),
        ("{{ 7 }}", [], "my-model"),
        ("churn", ["-d", "project_name=Leavers"], "Leavers"),
        ("churn", ["--data-file", "profile.yml"], "Stayers"),
    ],
)
def test_the_folder_names_the_project_unless_somebody_does(
    template: Path, goldenpath: Goldenpath, folder: str, more: list[str], name: str
) -> None:
    Path("profile.yml").write_text("project_name: Stayers\n")
    done = goldenpath("new", folder, "--template", template, "--defaults", "--json", *more)
    assert done.json["answers"]["project_name"] == name
    assert f"project_name: {name}\n" in Path(folder, ".copier-answers.yml").read_text()
    assert Path(folder, "README.md").read_text().startswith(f"# {name.upper()}\n")


@pytest.mark.parametrize("question", ["when: false, ", 'validator: "{{ ci }}", '])
def test_the_folder_names_no_project_where_the_template_does(
    make_template: MakeTemplate, goldenpath: Goldenpath, question: str
) -> None:
    config = f"ci: {{type: str, when: false, default: ''}}\nproject_name: {{type: str, {question}default: fixed}}\n"
    files = {"project/name.txt.jinja": "{{ project_name }}"}
    template = make_template(
        config=f"_subdirectory: project\n_envops: {{undefined: jinja2.StrictUndefined}}\n{config}",
        files=files,
    )
    done = goldenpath("new", "demo", "--template", template, "--defaults")
    assert Path("demo/name.txt").read_text() == "fixed", done.err


def test_no_git(template: Path, goldenpath: Goldenpath) -> None:
    done = goldenpath("new", "demo", "--template", template, "--defaults", "--no-git")
    assert done.code == 0
    assert not Path("demo/.git").exists()
    assert "git: nothing is done (--no-git)" in done.out


@pytest.mark.parametrize("destination", ["outer/demo", "outer/empty"])
def test_inside_a_repository_only_files_are_written(
    template: Path, goldenpath: Goldenpath, destination: str
) -> None:
    Path("outer/empty").mkdir(parents=True)
    git(Path("outer"), "init", "--quiet")
    done = goldenpath("new", destination, "--template", template, "--defaults")
    assert done.code == 0
    assert not Path(destination, ".git").exists()
    assert f"inside '{Path('outer').resolve()}'" in done.out
    assert git(Path("outer"), "diff", "--cached", "--name-only") == ""


def test_into_the_empty_folder_that_one_stands_in(
    template: Path, goldenpath: Goldenpath, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Path("demo").resolve()
    here.mkdir()
    inode = here.stat().st_ino
    monkeypatch.chdir(here)
    done = goldenpath("new", ".", "--template", template, "--defaults", "--json")
    assert done.code == 0
    assert here.stat().st_ino == inode
    assert sorted(files_of(here)) == done.json["files"]
    assert "demo" in (here / "README.md").read_text(), "templates see the folder's real name"
    assert git(here, "status", "--porcelain") == ""


def test_a_name_that_git_knows_is_used_and_nothing_is_signed(
    template: Path, goldenpath: Goldenpath, machine: Path
) -> None:
    hooks_folder = machine / "hooks"
    hooks_folder.mkdir()
    for name in ("pre-commit", "commit-msg", "post-commit"):
        (hooks_folder / name).write_text(f"#!/bin/sh\ntouch {machine}/hook-ran\nexit 1\n")
        (hooks_folder / name).chmod(0o755)
    broken = f"[commit]\n gpgsign = true\n[gpg]\n program = /no/such/program\n[core]\n hooksPath = {hooks_folder}\n"
    personal = machine / "ignore"
    personal.write_text("*.csv\n")
    (machine / ".gitconfig").write_text(
        f"{broken} excludesFile = {personal}\n[user]\n name = Ada\n email = ada@example.com\n"
    )
    done = goldenpath("new", "demo", "--template", template, "--defaults")
    assert (done.code, done.err) == (0, "")
    assert git(Path("demo"), "log", "--format=%an %ae").strip() == "Ada ada@example.com"
    assert "caf" in git(Path("demo"), "ls-files", "data")
    assert not (machine / "hook-ran").exists()


def test_a_hook_of_git_for_another_repository_does_not_mislead(
    template: Path, goldenpath: Goldenpath, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git/index"))
    assert goldenpath("new", "demo", "--template", template, "--defaults").code == 0
    assert Path("demo/.git").is_dir()
    assert not (other / ".git/index").exists()


def test_permissions_are_those_of_the_umask(template: Path, goldenpath: Goldenpath) -> None:
    old = os.umask(0o027)
    try:
        assert goldenpath("new", "demo", "--template", template, "--defaults").code == 0
    finally:
        os.umask(old)
    modes = {
        path: oct(stat.S_IMODE(Path("demo", path).stat().st_mode))
        for path in (".", "README.md", "bin/run.sh")
    }
    assert modes == {".": "0o750", "README.md": "0o640", "bin/run.sh": "0o750"}


@pytest.mark.parametrize("inside", [True, False], ids=["existing folder", "new folder"])
@pytest.mark.parametrize("step", ["write", "commit", "interrupt", "move"])
def test_what_breaks_leaves_nothing(
    template: Path,
    goldenpath: Goldenpath,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    inside: bool,
) -> None:
    if inside:
        Path("demo").mkdir()
    before = listing(tmp_path)
    real_write, real_rename, renamed = Path.write_bytes, Path.rename, []

    def full_disk(path: Path, content: bytes) -> int:
        if path.name == "README.md" and ".goldenpath-" in str(path):
            raise OSError(28, "No space left on device", str(path))
        return real_write(path, content)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    def stuck(path: Path, target: Path) -> Path:
        renamed.append(path)
        if len(renamed) == (3 if inside else 1):
            raise OSError(5, "Input/output error", str(path))
        return real_rename(path, target)

    if step == "write":
        monkeypatch.setattr(Path, "write_bytes", full_disk)
    elif step == "commit":
        monkeypatch.setattr(own_git, "_NOBODY", ("--no-such-option",))
    elif step == "interrupt":
        monkeypatch.setattr(own_git, "start", interrupted)
    else:
        monkeypatch.setattr(Path, "rename", stuck)
    done = goldenpath("new", "demo", "--template", template, "--defaults")
    assert done.code == (130 if step == "interrupt" else 1)
    expected = {
        "write": "cannot be written: No space left on device",
        "commit": "Add --no-git",
        "interrupt": "Interrupted: nothing was written.",
        "move": "cannot be written: Input/output error",
    }
    assert expected[step] in done.err
    assert "Written." not in done.out
    assert listing(tmp_path) == before


def test_a_folder_that_appears_meanwhile_is_not_touched(
    template: Path, goldenpath: Goldenpath, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_write = tree.write

    def write_and_lose(project: tree.Tree, folder: Path) -> None:
        real_write(project, folder)
        Path("demo").mkdir()
        Path("demo/mine.txt").write_text("mine")

    monkeypatch.setattr(tree, "write", write_and_lose)
    done = goldenpath("new", "demo", "--template", template, "--defaults")
    assert done.code == 1
    assert [path.name for path in Path().iterdir()] == ["demo"]
    assert [path.name for path in Path("demo").iterdir()] == ["mine.txt"]


def test_without_git_on_the_machine(
    template: Path, goldenpath: Goldenpath, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = goldenpath("new", "demo", "--template", template, "--defaults")
    assert (done.code, done.err) == (1, "goldenpath: git is not installed.\n  Install git, then try again.\n")


@pytest.mark.parametrize(("code", "setup"), [(0, "done"), (3, "failed")])
def test_the_hook_of_a_trusted_template(
    make_template: MakeTemplate, goldenpath: Goldenpath, code: int, setup: str
) -> None:
    template = make_template(files={**PROJECT, "hooks/after_new.py": HOOK.format(code=code)})
    untrusted = goldenpath("new", "one", "--template", template, "--defaults", "--json")
    assert untrusted.json["setup"] == "not run"
    assert not Path("one/set-up.txt").exists()
    trusted = goldenpath("new", "two", "--template", template, "--defaults", "--json", "--trust")
    assert trusted.json["setup"] == setup
    assert trusted.code == min(code, 1)
    assert Path("two/set-up.txt").read_text() == "yes"
    assert "HOOK SPEAKS" in trusted.err
    assert "hooks" not in json.dumps(trusted.json["files"])
    assert git(Path("two"), "status", "--porcelain").split() == ["??", "set-up.txt"], (
        "set-up follows the commit"
    )


def test_a_hook_that_is_interrupted_leaves_the_repository(
    make_template: MakeTemplate, goldenpath: Goldenpath, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(hooks, "run", interrupted)
    template = make_template(files={**PROJECT, "hooks/after_new.py": HOOK})
    done = goldenpath("new", "demo", "--template", template, "--defaults", "--trust")
    assert done.code == 130
    assert "the repository itself is complete" in done.err
    assert Path("demo/README.md").exists()


def test_a_hook_sees_no_module_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit(9)\n")
    assert hooks.run(b"import json", tmp_path) == 0


def test_a_project_that_can_never_be_updated_is_told(
    make_template: MakeTemplate, goldenpath: Goldenpath
) -> None:
    without = {path: text for path, text in PROJECT.items() if "answers_file" not in path}
    template = make_template(files=without)
    done = goldenpath("new", "demo", "--template", template, "--defaults", "--json")
    assert "can never be updated" in done.json["notes"][0]
    assert "can never be updated" in goldenpath("new", "other", "--template", template, "--defaults").out


def test_a_project_that_can_be_updated_is_told_nothing(template: Path, goldenpath: Goldenpath) -> None:
    assert goldenpath("new", "demo", "--template", template, "--defaults", "--json").json["notes"] == []
