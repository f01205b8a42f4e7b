"""0.7 moves the modules of the runtime into a folder for each option; what users have changed in one goes along.

Whatever the update does not settle, it names, with the line and the new name; once that is done, the project's own checks pass.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from packaging.version import Version

from goldenpath.main import main
from tests.questionnaire import TEMPLATE
from tests.releases import releases
from tests.support import commit_all, environment, make, run
from tests.update.scratch import conflicts, new_project

(*_, LAST) = (each for each in releases() if Version(each.version) < Version("0.7"))
MOVES = yaml.safe_load((TEMPLATE / "moves.yml").read_text("utf-8"))["0.7"]
RUNTIME = "src/goldenpath_runtime"
OWN = '''"""A module of our own beside the template's."""

from .state import Store


def places(store: Store) -> list[str]:
    """What is there."""
    return list(store.list(""))
'''
CODE = '''"""Code of ours that uses the runtime by full names."""

from goldenpath_runtime.drift import LARGE
from goldenpath_runtime.state import open_store

KEPT = (LARGE, open_store)
'''
TOLD = re.compile(r"^ +(\S+):(\d+): (\S+) is (\S+) now$", re.MULTILINE)


def edit(project: Path, path: str, old: str, new: str) -> None:
    text = (project / path).read_text("utf-8")
    assert text.count(old) == 1, f"{path} has not one {old!r}"
    (project / path).write_text(text.replace(old, new), "utf-8")


@pytest.fixture
def project(history: Path, tmp_path: Path) -> Path:
    """A repository of the release before the move, with an edit of each kind."""
    folder = new_project(tmp_path / "project", history, LAST.tag)
    # In a body, nowhere near an import.
    edit(folder, f"{RUNTIME}/health.py", "DAYS = 90", "DAYS = 30")
    # An import that is added, of a module that moves.
    edit(
        folder,
        f"{RUNTIME}/monitor.py",
        "def examine(",
        "def note() -> str:\n"
        '    """Who looks."""\n'
        "    from .state import who  # noqa: PLC0415\n\n"
        "    return who()\n\n\n"
        "def examine(",
    )
    # An import line that both change.
    edit(
        folder,
        f"{RUNTIME}/comparison.py",
        "from .registry import versions\n",
        "from .registry import champions, versions  # noqa: F401\n",
    )
    (folder / RUNTIME / "own.py").write_text(OWN, "utf-8")
    (folder / "src/my_model/more.py").write_text(CODE, "utf-8")
    commit_all(folder, "Our edits")
    return folder


def settle(project: Path) -> None:
    """What a user does where both changed a line: the template's lines, with the name that was added."""
    path = project / RUNTIME / "store/comparison.py"
    text = re.sub(
        r"<<<<<<<[^\n]*\n.*?=======\n(.*?)>>>>>>>[^\n]*\n", r"\1", path.read_text("utf-8"), flags=re.DOTALL
    )
    path.write_text(text.replace("import versions\n", "import champions, versions  # noqa: F401\n"), "utf-8")


def rename(project: Path, told: list[tuple[str, str, str, str]]) -> None:
    """What a user does with the list: another name in each of these lines."""
    for path, number, old, new in told:
        lines = (project / path).read_text("utf-8").splitlines(keepends=True)
        place = int(number) - 1
        relative = f".{old.rpartition('.')[2]} import"
        spelled = old if old in lines[place] else relative
        assert spelled in lines[place]
        lines[place] = lines[place].replace(spelled, new if spelled == old else f"{new} import")
        (project / path).write_text("".join(lines), "utf-8")


def test_every_edit_is_carried_and_what_needs_a_new_name_is_told(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["update", str(project)]) == 3
    said = capsys.readouterr().out
    assert conflicts(project) == [f"{RUNTIME}/store/comparison.py"]
    assert "DAYS = 30" in (project / RUNTIME / "watch/health.py").read_text("utf-8")
    assert "def note()" in (project / RUNTIME / "watch/monitor.py").read_text("utf-8")
    assert "champions, versions" in (project / RUNTIME / "store/comparison.py").read_text("utf-8")
    assert not [path for path in MOVES if (project / path).exists()]
    places = TOLD.findall(said)
    disputed = {old for path, _, old, _ in places if path.endswith("comparison.py")}
    told = [place for place in places if not place[0].endswith("comparison.py")]
    assert "goldenpath_runtime.registry" in disputed
    assert {(path, old) for path, _, old, _ in told} == {
        (f"{RUNTIME}/own.py", "goldenpath_runtime.state"),
        (f"{RUNTIME}/watch/monitor.py", "goldenpath_runtime.state"),
        ("src/my_model/more.py", "goldenpath_runtime.drift"),
        ("src/my_model/more.py", "goldenpath_runtime.state"),
    }
    rename(project, told)
    settle(project)
    env = environment(tmp_path / "home")
    make(project, env, "setup")
    run([".venv/bin/ruff", "check", "--fix"], project, env)  # the order of imports
    make(project, env, "check", "smoke")


def test_an_untouched_project_has_nothing_to_rename(
    history: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = new_project(tmp_path / "project", history, LAST.tag)
    assert main(["update", str(project)]) == 0
    assert TOLD.findall(capsys.readouterr().out) == []
    assert not [path for path in MOVES if (project / path).exists()]
