"""What stands in the way of an update: each case has its exit code and its message, and changes nothing."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.unit.conftest import machine  # noqa: F401 (a fixture)
from tests.update import steps
from tests.update.small import ANSWERS, OLD, Small, files_of, goldenpath, look
from tests.update.steps import (
    answer,
    bare,
    both,
    config,
    edit,
    gone,
    ignored,
    ignored_link_outside,
    link_outside,
    merging,
    no_release,
    out_of,
    project_git,
    released,
    shallow_template,
    stage,
    submodule,
    template_git,
    updated,
    vanished,
    without_git,
    write,
)

COUNT = 30  # cases that must be there


@dataclass(frozen=True)
class Case:
    """Something that stands in the way, and what is said to it.

    `arguments` stand after `update` and before the project's folder; `{beside}` in them and in the message is the
    folder that holds template and project.
    """

    name: str
    code: int
    message: str
    prepare: steps.Step = lambda _: None
    arguments: str = ""


CASES = [
    # The repository
    Case("modified file", 1, "not committed: a.txt.\n  Commit them, or type: git stash -u", write("a.txt", "mine\n")),
    Case("staged file", 1, "changes that are not committed: a.txt", stage),
    Case("untracked file", 1, "changes that are not committed: x.txt", write("x.txt", "mine\n")),
    Case("file that no text names", 1, "changes that are not committed: x", write(os.fsdecode(b"x\xff"), "mine\n")),
    Case("file whose name has a line break", 1, "are not committed: x", write("x\n'\"y", "mine\n")),
    Case("no such folder", 2, "nowhere' does not exist", arguments="{beside}/nowhere"),
    Case("no repository", 1, "Type: git init", without_git),
    Case("bare repository", 1, "is in no git work tree", bare),
    Case("no commit", 1, "has no commit yet", both(without_git, project_git("init --quiet"))),
    Case("merge", 1, "A merge is under way in this repository.\n  Finish it", merging),
    Case("rebase", 1, "A rebase is under way", project_git("-c sequence.editor='sed -i 1ibreak' rebase --quiet -i HEAD~1")),
    Case("bisect", 1, "A bisect is under way", project_git("bisect start")),
    Case("git at work", 1, "Another git command is at work", write(".git/index.lock", "")),
    # Its answers
    Case("no answers", 1, f"has no {ANSWERS}: it was not made from a template", edit(ANSWERS, None)),
    Case("several answers files", 2, "several answers files: .copier-answers.x.yml, cfg.yml.\n  Name one of them, for example: --answers-file .copier-answers.x.yml", both(project_git(f"mv {ANSWERS} .copier-answers.x.yml"), write("cfg.yml", "_commit: v1\n_src_path: x\n"))),
    Case("no such answers file", 1, "has no x.yml", arguments="--answers-file x.yml"),
    Case("answers file outside", 2, "is not inside the project", arguments="--answers-file ../x.yml"),
    Case("answers are no YAML", 1, f"{ANSWERS} is not YAML", edit(ANSWERS, "a: [1\n")),
    Case("answers in Latin-1", 1, f"{ANSWERS} is not YAML", edit(ANSWERS, b"a: \xfc\n")),
    Case("answers in conflict", 1, "has unresolved conflict marks", edit(ANSWERS, "<<<<<<< a\na: 1\n=======\na: 2\n>>>>>>> b\n")),
    Case("answers are a list", 1, "is not a mapping of answers", edit(ANSWERS, "- a\n")),
    Case("answers are empty", 1, "is not a mapping of answers", edit(ANSWERS, "")),
    Case("no template", 1, "has no line `_src_path:`", answer(_src_path=None)),
    Case("no version", 1, "has no line `_commit:`", answer(_commit=None)),
    Case("version is a number", 1, "has no line `_commit:`", answer(_commit="1")),
    Case("answer that is no choice", 1, "do not fit v1.0.0 of the template: 'jenkins'", answer(ci="jenkins")),
    Case("answer that fits no rule", 1, f"Type: git log -p -- {ANSWERS}", answer(project_name="'3 D'")),
    # What is typed
    Case("unknown answer", 2, "Did you mean 'ci'?", arguments="-d cii=gitlab"),
    Case("computed answer", 2, "Nobody may set 'loud'", arguments="-d loud=A"),
    Case("answer that does not fit", 2, "'3D' is no name", arguments="-d project_name=3D"),
    Case("answer without =", 2, "is not an answer", arguments="-d ci"),
    Case("unknown version", 1, "has no version 'v9'.\n  Its newest releases: v1.0.0, v1.1.0", arguments="--to v9"),
    Case("version like a flag", 1, "has no version '--help'", arguments="--to=--help"),
    Case("unknown policy", 2, "--policy", arguments="--policy brave"),
    Case("way back with a version", 2, "--abort goes with no other option", arguments="--abort --to v1.1.0"),
    Case("downgrade", 1, "which is newer than v1.0.0: an update does not go back", updated("Updated"), f"--to {OLD}"),
    Case("nothing to take back", 1, "There is no update to undo", arguments="--abort"),
    Case("taken back after a commit", 1, "committed already.\n  Type: git revert", updated("Updated"), "--abort"),
    # The template
    Case("template gone", 1, "/template' is gone", gone),
    Case("old version gone", 1, "has no version 'v1.0.0'", template_git(f"tag -d {OLD}")),
    Case("no release", 1, "has no release.\n  Add --to HEAD", no_release),
    Case("shallow template", 1, "It is a shallow clone, which has no history.\n  Type: git -C", shallow_template),
    Case("remote that is closed", 1, "cannot be reached", answer(_src_path="https://127.0.0.1:9/x.git")),
    Case("remote that never was", 1, "cannot be reached", answer(_src_path="git+file:///nowhere/x")),
    Case("remote that vanished", 1, "cannot be reached", vanished),
    Case("broken Jinja", 1, "cannot be rendered: 'nope' is undefined (project/b.jinja, line 1)", released({"project/b.jinja": "{{ nope }}"})),
    Case("broken syntax", 1, "Expected an expression, got 'end of statement block' (project/b.jinja, line 1)", released({"project/b.jinja": "{% if %}"})),
    Case("config is no YAML", 1, "cannot be used at", released({"copier.yml": "a: [1\n"})),
    Case("config is gone", 1, "it has no copier.yml", released({"copier.yml": None})),
    Case("newer Copier", 1, "uv tool upgrade goldenpath", config('_min_copier_version: "99.0.0"\n')),
    Case("newer goldenpath", 1, "needs goldenpath 99.1", config('_min_goldenpath_version: "99.1"\n')),
    Case("tasks", 1, "--trust", config("_tasks: [touch x]\n")),
    Case("extensions", 1, "If you trust it, add --trust", config("_jinja_extensions: [jinja2.ext.do]\n")),
    Case("migrations", 1, "copier update --trust", config("_migrations: [touch x]\n")),
    Case("question without default", 2, "Type --data extra=", config("extra: {type: str}\n")),
    # What both want to write
    Case("path that leads out", 1, "/x", out_of("..")),
    Case("path into git", 1, ".git", out_of(".git/hooks")),
    Case("submodule", 1, "'new' is a submodule of yours", submodule),
    Case("link that leads out", 1, "'new' is a symbolic link", link_outside),
    Case("ignored link that leads out", 1, "'new' is a symbolic link", ignored_link_outside),
    Case("file where a folder must be", 1, "cannot be written beside your 'new'", edit("new", "mine\n")),
    Case("ignored file where a folder must be", 1, "cannot be written beside your 'new'", ignored("new")),
    Case("folder where a file must be", 1, "'new/file.txt' is a folder of yours", edit("new/file.txt/x", "mine\n")),
    Case("ignored folder where a file must be", 1, "'new/file.txt' is a folder of yours", ignored("new/file.txt/x")),
    Case("name that differs by case", 1, "cannot be written beside your 'new/FILE.txt'", both(project_git("config core.ignorecase true"), edit("new/FILE.txt", "mine\n"))),
    Case("waivers that nobody understands", 1, ".goldenpath.yml is not understood", edit(".goldenpath.yml", "waivers: [{path: a}]\n")),
    Case("waivers that are no YAML", 1, ".goldenpath.yml is not understood", edit(".goldenpath.yml", "a: [1\n")),
]  # fmt: skip


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Small:
    return steps.master(tmp_path_factory.mktemp("master"))


@pytest.fixture
def small(master: Small, tmp_path: Path) -> Small:
    (tmp_path / "pair").mkdir()
    return master.copied(tmp_path / "pair")


def state(small: Small) -> tuple[object, ...]:
    """All that must stay: every file beside the project too, commit, index and branches."""
    told = ("HEAD", "MERGE_HEAD", "rebase-merge/done", "refs/heads/main")
    own = [path.read_bytes() for name in told if (path := small.project / ".git" / name).is_file()]
    try:
        return files_of(small.project.parent), own, look(small.project).status
    except AssertionError:  # git cannot tell
        return files_of(small.project.parent), own


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_bad_input(case: Case, small: Small) -> None:
    case.prepare(small)
    before = state(small)
    typed = shlex.split(case.arguments.replace("{beside}", str(small.project.parent)))
    done = goldenpath("update", *typed, *([] if "{beside}" in case.arguments else [small.project]))
    assert case.message in done.err
    assert (done.code, done.out) == (case.code, "")
    assert done.err.startswith("goldenpath: ")
    assert state(small) == before


def test_there_are_enough_cases_and_no_two_are_the_same() -> None:
    assert len(CASES) >= COUNT
    assert len({case.name for case in CASES}) == len(CASES)
