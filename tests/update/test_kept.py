"""`status` says the same whether what it compares with is kept or rendered anew; and what is kept is never trusted blindly."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from goldenpath import engine
from goldenpath.project import kept
from tests.support import commit_all, git
from tests.update.story import BASICS, Outcome, Story, numbered

FILES = {
    **BASICS,
    "a.txt": numbered(),
    "b.txt.jinja": "{{ name }}\n",
    "sub/c.txt": numbered(),
    "sub/run.sh": "#!/bin/sh\n",
    "ignored.txt": "kept out of git\n",
    "shared.txt": "shared\n",
    "crlf.txt": "one\r\ntwo\r\n",
    "sub/crlf.txt": "one\r\ntwo\r\n",
}
QUESTIONS = (
    'name: {type: str, default: demo}\nlater: {type: str, when: false, default: "{{ name | upper }}"}\n'
    "seeds: {type: yaml, when: false, default: []}\nshared: {type: yaml, when: false, default: [shared.txt]}\n"
)


def folder(project: Path) -> Path:
    return project / ".git/goldenpath/kept"


def both(story: Story, *arguments: str) -> Outcome:
    """The status twice, with what is kept and without; they must be the same."""
    engine.forget()
    known = story.run("status", "--json", *arguments)
    shutil.rmtree(folder(story.project), ignore_errors=True)
    engine.forget()
    fresh = story.run("status", "--json", *arguments)
    assert (known.code, known.text, known.error) == (fresh.code, fresh.text, fresh.error)
    return known


def begin(story: Story, questions: str = QUESTIONS) -> None:
    story.release("v1.0.0", FILES, questions)
    story.start()
    assert story.run("status").code == 0


WAIVER = "waivers: [{path: a.txt, reason: ours, owner: me, expires: 2999-01-01}]\n"


def _attributes_of_the_user(_: Path, home: Path) -> None:
    (home / ".config/git").mkdir(parents=True, exist_ok=True)
    (home / ".config/git/attributes").write_text("*.txt text eol=lf\n")


def _link(project: Path, _: Path) -> None:
    (project / "b.txt").unlink(missing_ok=True)
    (project / "b.txt").symlink_to("a.txt")


EDITS: dict[str, Callable[[Path, Path], object]] = {
    "edited": lambda project, _: (project / "a.txt").write_text("mine\n"),
    "as it was": lambda project, _: (project / "a.txt").write_text(numbered()),
    "deleted": lambda project, _: (project / "sub/c.txt").unlink(missing_ok=True),
    "mode": lambda project, _: (project / "sub/run.sh").chmod(0o755),
    "mode back": lambda project, _: (project / "sub/run.sh").chmod(0o644),
    "line ends": lambda project, _: (project / "a.txt").write_bytes(
        numbered().replace("\n", "\r\n").encode()
    ),
    "attributes": lambda project, _: (project / ".gitattributes").write_text("* text=auto\n"),
    "attributes below": lambda project, _: (project / "sub/.gitattributes").write_text("*.txt -text\n"),
    "no attributes": lambda project, _: (project / ".gitattributes").unlink(missing_ok=True),
    "attributes of this clone": lambda project, _: (project / ".git/info/attributes").write_text("* text\n"),
    "attributes of the user": _attributes_of_the_user,
    "autocrlf": lambda project, _: git(project, "config", "core.autocrlf", "input"),
    "no autocrlf": lambda project, _: git(project, "config", "core.autocrlf", "false"),
    "file mode": lambda project, _: git(project, "config", "core.fileMode", "false"),
    "ignored": lambda project, _: (project / ".gitignore").write_text("ignored.txt\n.gitattributes\n"),
    "waived": lambda project, _: (project / ".goldenpath.yml").write_text(WAIVER),
    "no longer waived": lambda project, _: (project / ".goldenpath.yml").unlink(missing_ok=True),
    "new file": lambda project, _: (project / "new.txt").write_text("new\n"),
    "shared": lambda project, _: (project / "shared.txt").write_text("mine\n"),
    "link": _link,
    "other answers": lambda project, _: (project / ".copier-answers.yml").write_text(
        (project / ".copier-answers.yml").read_text().replace("name: demo", "name: other")
    ),
    "committed": lambda project, _: commit_all(project, "All"),
}


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_edited(seed: int, story: Story, tmp_path: Path) -> None:
    begin(story)
    chance = random.Random(seed)  # noqa: S311
    seen = {both(story).text}
    EDITS["edited"](story.project, tmp_path)
    for name in chance.sample(sorted(EDITS), 9):
        EDITS[name](story.project, tmp_path / "home")
        seen.add(both(story).text)
    assert len(seen) > 1


@pytest.mark.parametrize("name", EDITS)
def test_each_edit(name: str, story: Story, tmp_path: Path) -> None:
    begin(story)
    EDITS["line ends"](story.project, tmp_path / "home")
    assert both(story).json["drift"] == {"a.txt": "edited"}
    EDITS[name](story.project, tmp_path / "home")
    both(story)


def torn(entry: Path) -> None:
    entry.write_bytes(entry.read_bytes()[:-20])


def altered(entry: Path) -> None:
    stored = json.loads(entry.read_text())
    stored["body"]["files"]["a.txt"][1] = "0" * 40
    entry.write_text(json.dumps(stored))


def of_another(entry: Path) -> None:
    stored = json.loads(entry.read_text())
    stored["body"]["key"] = "0" * 64
    stored["digest"] = kept._digest(stored["body"])
    entry.write_text(json.dumps(stored))


def no_files(entry: Path) -> None:
    body = json.loads(entry.read_text())["body"] | {"files": ["a.txt"]}
    entry.write_text(json.dumps({"body": body, "digest": kept._digest(body)}))


def a_folder(entry: Path) -> None:
    entry.unlink()
    entry.mkdir()


def a_file_for_a_folder(entry: Path) -> None:
    shutil.rmtree(entry.parent)
    entry.parent.write_text("")


@pytest.mark.parametrize(
    "harm",
    [
        torn,
        altered,
        of_another,
        no_files,
        a_folder,
        a_file_for_a_folder,
        lambda entry: entry.write_text("[]"),
        lambda entry: entry.write_text("null"),
        lambda entry: entry.write_bytes(b"\xff\0"),
    ],
)
def test_what_is_wrong_costs_time_only(harm: Callable[[Path], None], story: Story) -> None:
    begin(story)
    (entry,) = folder(story.project).iterdir()
    harm(entry)
    engine.forget()
    done = story.run("status", "--json")
    assert (done.code, done.json["drift"], done.error) == (0, {}, "")


def test_a_disk_that_takes_nothing(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    story.release("v1.0.0", FILES, QUESTIONS)
    story.start()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(kept, "NamedTemporaryFile", full)
    assert story.run("status").code == 0
    assert not list(folder(story.project).glob("*"))


@pytest.mark.parametrize("kind", ["tasks", "time", "extension", "computed by chance", "copier's own"])
def test_what_hangs_on_more_is_not_kept(kind: str, story: Story) -> None:
    more = {
        "tasks": ("_tasks: ['echo made > made.txt']\n", {}),
        "time": ("", {"time.txt.jinja": "{{ '%Y' | strftime }}\n"}),
        "extension": ("_jinja_extensions: [jinja2.ext.do]\n", {}),
        "computed by chance": (
            'luck: {type: str, when: false, default: "{{ range(99999) | random }}"}\n',
            {},
        ),
        "copier's own": ("", {"where.txt.jinja": "{{ _copier_conf.dst_path }}\n"}),
    }
    questions, files = more[kind]
    story.release("v1.0.0", {**FILES, **files}, questions + QUESTIONS)
    story.start()
    for arguments in ((), ("--trust",), ("--skip-tasks",), ()):
        both(story, *arguments)
        assert not list(folder(story.project).glob("*"))


def test_the_plain_lane_keeps_and_reads_nothing(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(story)
    (entry,) = folder(story.project).iterdir()
    altered(entry)
    monkeypatch.setenv("GOLDENPATH_LANE", "plain")
    monkeypatch.setattr(kept, "_digest", lambda _: pytest.fail("looked at"))
    engine.forget()
    assert story.run("status", "--json").json["drift"] == {}


def test_a_tag_that_moves(story: Story) -> None:
    begin(story)
    story.release("v1.0.1", {"a.txt": "other\n"})
    git(story.template, "tag", "--force", "v1.0.0", "HEAD")
    git(story.template, "tag", "--delete", "v1.0.1")
    assert both(story).json["drift"] == {"a.txt": "edited"}


def test_defaults_of_copiers_settings(story: Story, tmp_path: Path) -> None:
    story.release(
        "v1.0.0", {**FILES, "d.txt.jinja": "{{ hidden }}\n"}, f"{QUESTIONS}hidden: {{default: a}}\n"
    )
    story.start()
    answers = story.project / ".copier-answers.yml"
    answers.write_text(answers.read_text().replace("hidden: a\n", ""))
    assert both(story).json["drift"] == {}
    (tmp_path / "settings.yml").write_text("defaults: {hidden: b}\n")
    assert both(story).json["drift"] == {"d.txt": "edited"}


def test_worktrees_share_one_folder_which_is_bounded(story: Story, tmp_path: Path) -> None:
    begin(story)
    answers = story.project / ".copier-answers.yml"
    before = answers.read_text()
    for number in range(kept._ENTRIES + 4):
        answers.write_text(before.replace("name: demo", f"name: demo{number}"))
        assert story.run("status").code == 0
    git(story.project, "worktree", "add", "--quiet", "--detach", str(tmp_path / "tree"))
    assert Story(story.template, tmp_path / "tree", story.capsys).run("status").code == 0
    assert len(list(folder(story.project).iterdir())) == kept._ENTRIES
    assert not list((story.project / ".git/worktrees").rglob("kept"))


HEAVY = {
    "copier",
    "jinja2",
    "pydantic",
    "questionary",
    "prompt_toolkit",
    "plumbum",
    "pathspec",
    "platformdirs",
}
HEAVY |= {"filelock", "tomlkit", "ruamel", "pygments", "tomllib"}


def test_nothing_heavy_is_imported_where_it_is_kept(story: Story) -> None:
    begin(story)
    program = (
        "import sys\nfrom goldenpath.main import main\n"
        f"code = main(['status', {str(story.project)!r}])\n"
        f"print(code, 'HEAVY', sorted(set({sorted(HEAVY)}) & sys.modules.keys()))"
    )
    # The first one keeps it: git's settings of this process's user are not those of a new one.
    command = [sys.executable, "-c", program]
    subprocess.run(command, capture_output=True, check=True, env=os.environ)
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.endswith("0 HEAVY []\n"), done.stdout


def test_an_update_keeps_where_somebody_asks(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(story)
    commit_all(story.project, "All")
    story.release("v2.0.0", {"a.txt": numbered(l1="theirs"), "sub/c.txt": None, "d.txt": "new\n"})
    assert story.update().code == 0
    assert len(list(folder(story.project).iterdir())) == 2
    engine.forget()
    with monkeypatch.context() as patched:
        patched.setattr(kept, "keep", lambda *_: pytest.fail("rendered"))
        assert story.run("status", "--json").json["drift"] == {}
    both(story)


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, OSError])
def test_what_keeps_nothing_undoes_nothing(
    error: type[BaseException], story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(story)
    commit_all(story.project, "All")
    story.release("v2.0.0", {"a.txt": numbered(l1="theirs")})

    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(kept, "keep", broken)
    done = story.update()
    assert (done.code, done.json["applied"], done.error) == (0, True, "")


def test_an_update_keeps_nothing_where_nobody_asks(story: Story) -> None:
    story.release("v1.0.0", FILES, QUESTIONS)
    story.start()
    story.release("v2.0.0", {"a.txt": numbered(l1="theirs")})
    assert story.update().code == 0
    assert not folder(story.project).exists()
