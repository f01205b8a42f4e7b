"""A template that moves modules: what names them by their old names is listed, and nothing else is."""

from __future__ import annotations

import json

import jsonschema  # type: ignore[import-untyped]
import pytest

from goldenpath.project.files import Files
from tests.questionnaire import ROOT
from tests.support import git
from tests.update.story import BASICS, Story, Texts, numbered, text
from tests.update.test_real_life import NAMED, begin

SCHEMA = json.loads((ROOT / "docs/schemas/update.json").read_text("utf-8"))
ALONE = NAMED + "_exclude: [template, copier.yml, .git]\n"
BODY = [f"def step_{number}():\n    return {number}\n" for number in range(8)]
STATE = text("import json", "", *BODY)
WORK = text("import os", "from .errors import Failed", "from .state import step_1", "", *BODY)
WORK_NOW = text("import os", "from ..errors import Failed", "from ..store.state import step_1", "", *BODY)
OLD = {
    "src/kit/__init__.py": "",
    "src/kit/errors.py": "class Failed(Exception): ...\n",
    "src/kit/state.py": STATE,
    "src/kit/checks.py": text("import re", *BODY),
    "src/kit/work.py": WORK,
    "src/kit/plain.py": text("from kit.state import step_1", "", "print(step_1())"),
}
MOVES = {
    "src/kit/state.py": "src/kit/store/state.py",
    "src/kit/checks.py": "src/kit/store/checks.py",
    "src/kit/work.py": "src/kit/run/work.py",
}
NEW: Texts = {
    **dict.fromkeys(MOVES, None),
    "src/kit/store/__init__.py": "",
    "src/kit/run/__init__.py": "",
    "src/kit/store/state.py": STATE,
    "src/kit/store/checks.py": text("import re", *BODY),
    "src/kit/run/work.py": WORK_NOW,
    "src/kit/plain.py": text("from kit.store.state import step_1", "", "print(step_1())"),
    "template/moves.yml": json.dumps({"2": MOVES}),
}
STATE_MOVED = "kit.state is kit.store.state now"
CHECKS_MOVED = "kit.checks is kit.store.checks now"


def told(story: Story, mine: Texts, code: int = 0) -> list[str]:
    """What an update says of names, for a project with these files of its user's."""
    begin(story, OLD, ALONE)
    story.edit(mine)
    story.release("v2.0.0", NEW)
    done = story.update("--dry-run")
    assert done.code == code
    jsonschema.validate(done.json, SCHEMA)
    return [
        f"{each['path']}:{each['line']}: {each['old']} is {each['new']} now" for each in done.json["outdated"]
    ]


def test_an_untouched_project_names_nothing(story: Story) -> None:
    begin(story, OLD, ALONE)
    story.release("v2.0.0", NEW)
    assert story.update().json["outdated"] == []


def test_an_edit_in_a_body_names_nothing(story: Story) -> None:
    mine = WORK.replace("return 6", "return 60")
    assert told(story, {"src/kit/work.py": mine, "src/kit/state.py": STATE.replace("return 6", "6")}) == []


def test_an_import_that_was_added_in_a_file_that_moves(story: Story) -> None:
    """What it says is meant from where the file was; what did not move is elsewhere from there, too."""
    added = text(
        "    from .state import step_2",
        "    from . import checks, state as s",
        "    from .mine import own",
        "    from .work import step_7",
        "    from .nowhere import nothing",
    )
    mine = WORK.replace("    return 6\n", f"{added}    return 6\n")
    line = mine.split("\n").index("    from .state import step_2") + 1
    assert told(story, {"src/kit/work.py": mine, "src/kit/mine.py": "own = 1\n"}) == [
        f"src/kit/run/work.py:{line}: {STATE_MOVED}",
        f"src/kit/run/work.py:{line + 1}: {CHECKS_MOVED}",
        f"src/kit/run/work.py:{line + 1}: {STATE_MOVED}",
        f"src/kit/run/work.py:{line + 2}: .mine is kit.mine now",
    ]


def test_a_file_that_moves_away_from_what_it_imports(story: Story) -> None:
    """Nothing that moved is named in it."""
    mine = STATE.replace("    return 6\n", "    from .errors import Failed\n    return 6\n")
    line = mine.split("\n").index("    from .errors import Failed") + 1
    assert told(story, {"src/kit/state.py": mine}) == [
        f"src/kit/store/state.py:{line}: .errors is kit.errors now"
    ]


def test_an_import_that_both_changed_is_a_conflict_and_listed(story: Story) -> None:
    """Only the side of the user's: the base is shown, but goes."""
    mine = WORK.replace("from .state import step_1", "from .state import step_1, step_5")
    begin(story, OLD, ALONE)
    story.edit({"src/kit/work.py": mine})
    story.release("v2.0.0", NEW)
    done = story.update()
    assert (done.code, done.kinds()["src/kit/run/work.py"]) == (3, "conflict")
    lines = story.read("src/kit/run/work.py").split("\n")
    (state,) = [each for each in done.json["outdated"] if each["old"] == "kit.state"]
    assert lines[state["line"] - 1] == "from .state import step_1, step_5"
    assert lines.count("from .state import step_1") == 1


def test_a_module_beside_the_moved_ones(story: Story) -> None:
    mine = text(
        "from typing import TYPE_CHECKING",
        "from . import errors, state",
        "from .state import *",
        "if TYPE_CHECKING:",
        "    from .checks import step_1, step_2",
        "from .errors import Failed",
    )
    assert told(story, {"src/kit/mine.py": mine}) == [
        f"src/kit/mine.py:2: {STATE_MOVED}",
        f"src/kit/mine.py:3: {STATE_MOVED}",
        f"src/kit/mine.py:5: {CHECKS_MOVED}",
    ]


SPELLINGS = {
    "from": ("from kit.state import step_1", [1]),
    "as": ("import kit.state as s", [1]),
    "from package": ("from kit import state", [1]),
    "several": ("import os, kit.state", [1]),
    "parentheses": ("from kit import (\n    errors,\n    state,\n)", [3]),
    "names of it": ("from kit.state import (\n    step_1,\n    step_2,\n)", [1]),
    "backslash": ("from kit import \\\n    state", [2]),
    "function": ("def f():\n    import kit.state", [2]),
    "by its name": ('import importlib\nimportlib.import_module("kit.state")', [2]),
    "patched": ('patch("kit.state.step_1")', [1]),
    "used": ("import kit.state\nkit.state.step_1()", [1, 2]),
    "path": ('open("src/kit/state.py")', None),
}


@pytest.mark.parametrize("how", SPELLINGS)
def test_code_elsewhere(how: str, story: Story) -> None:
    mine, lines = SPELLINGS[how]
    expected = [f"tests/mine.py:{line}: {STATE_MOVED}" for line in lines or ()]
    if lines is None:
        expected = ["tests/mine.py:1: src/kit/state.py is src/kit/store/state.py now"]
    assert told(story, {"tests/mine.py": f"{mine}\n"}) == expected


OTHERS: dict[str, tuple[str, list[str]]] = {
    "Makefile": ("run:\n\tpython -m kit.state --x\n", [f"2: {STATE_MOVED}"]),
    "pyproject.toml": ('[[tool.mypy.overrides]]\nmodule = ["kit.state"]\n', [f"2: {STATE_MOVED}"]),
    "setup.cfg": ("console_scripts =\n  go = kit.state:main\n", [f"2: {STATE_MOVED}"]),
    "notes.ipynb": ('{"source": [\n "from kit import state\\n"\n]}\n', [f"2: {STATE_MOVED}"]),
    "README.md": ("See `kit.state`.\n", [f"1: {STATE_MOVED}"]),
    "Dockerfile": (
        "COPY src/kit/state.py /app/\n",
        ["1: src/kit/state.py is src/kit/store/state.py now"],
    ),
    "CODEOWNERS": ("/src/kit/state.py @me\n", ["1: src/kit/state.py is src/kit/store/state.py now"]),
    ".pre-commit-config.yaml": (
        "exclude: ^src/kit/state\\.py$\n",
        ["1: src/kit/state.py is src/kit/store/state.py now"],
    ),
    ".coveragerc": (
        "omit = */kit/state.py\n",
        ["1: kit/state.py is kit/store/state.py now"],
    ),
}


@pytest.mark.parametrize("path", OTHERS)
def test_other_texts(path: str, story: Story) -> None:
    mine, places = OTHERS[path]
    assert told(story, {path: mine}) == [f"{path}:{place}" for place in places]


def test_near_misses(story: Story) -> None:
    words = text(
        "kit.states my.kit.state kit_state kit.state_x xkit.state a/kit.state kit.statement.x",
        "src/kit/state.pyc other/src/kit/state.py src/kit/state.py.bak src/kit/state.pyi/x xsrc/kit/state.py",
        "kit.store.state kit.errors src/kit/store/state.py the state of the checks",
    )
    code = text(
        "from kit.store import state",
        "from kit.errors import state",
        "from other import state",
        "import state",
        "from kit import errors as state",
        "state.step_1(checks)",
    )
    relative = text("from .state import mine", "from . import state")
    mine = {
        "words.md": words,
        "tests/mine.py": code,
        "own/__init__.py": relative,
        "own/state.py": "mine = 1\n",
    }
    assert told(story, mine) == []


def test_ends_of_lines_of_windows(story: Story) -> None:
    mine = {"a.py": b"import os\r\nfrom kit import (\r\n    state,\r\n)\r\n", "b.txt": b"x\r\nkit.state\r\n"}
    assert told(story, mine) == [f"a.py:3: {STATE_MOVED}", f"b.txt:2: {STATE_MOVED}"]


def test_other_encodings(story: Story) -> None:
    """Of a text in Latin-1 the names can be read; in UTF-16 it is binary, as for git."""
    coded = "# coding: latin-1\n# Grüße\nfrom kit import state\n".encode("latin-1")
    mine = {
        "a.py": coded,
        "b.py": coded.replace(b"coding", b""),
        "c.txt": "Grüße: kit.state\n".encode("latin-1"),
        "d.txt": "kit.state\n".encode("utf-16"),
        "e.bin": b"\0kit.state\n",
    }
    assert told(story, mine) == [
        f"a.py:3: {STATE_MOVED}",
        f"b.py:3: {STATE_MOVED}",
        f"c.txt:1: {STATE_MOVED}",
    ]


def test_code_that_does_not_parse(story: Story) -> None:
    mine = text(
        "print 'old'", "from .state import a", "from . import (", "    checks,", ")", "import kit.state"
    )
    assert told(story, {"src/kit/mine.py": mine}) == [
        f"src/kit/mine.py:2: {STATE_MOVED}",
        f"src/kit/mine.py:4: {CHECKS_MOVED}",
        f"src/kit/mine.py:6: {STATE_MOVED}",
    ]


def test_what_the_template_says_is_right(story: Story) -> None:
    """Also where its file has edits: here it tells of the old names on purpose."""
    begin(story, {**OLD, "README.md": text("one", "two", "three", "four")}, ALONE)
    story.edit({"README.md": text("mine: kit.checks", "one", "two", "three", "four")})
    story.release("v2.0.0", {**NEW, "README.md": text("one", "two", "three", "four", "kit.state was there")})
    places = story.update().json["outdated"]
    assert [(each["path"], each["line"], each["old"]) for each in places] == [("README.md", 1, "kit.checks")]


def test_a_file_that_is_too_large(story: Story) -> None:
    line = "kit.state\n"
    assert told(story, {"large.txt": line * 100_001, "links.txt": line}) == [f"links.txt:1: {STATE_MOVED}"]


def test_what_git_does_not_track_is_not_read(story: Story) -> None:
    begin(story, {**OLD, "local.txt": "theirs\n"}, ALONE)
    git(story.project, "rm", "--quiet", "--cached", "local.txt")
    story.edit({".gitignore": "*.txt\n", "local.txt": "kit.state\n", "other.txt": "kit.state\n"})
    story.release("v2.0.0", NEW)
    assert story.update().json["outdated"] == []


def test_a_file_that_stays_is_not_moved(story: Story) -> None:
    """A waiver keeps it where it was, and its name."""
    waiver = text(
        "waivers:",
        "  - {path: src/kit/state.py, reason: mine, owner: me, expires: 2099-01-01}",
    )
    mine = {
        ".goldenpath.yml": waiver,
        "src/kit/state.py": "mine = 1\n",
        "a.py": "import kit.state, kit.checks\n",
    }
    assert told(story, mine) == [f"a.py:1: {CHECKS_MOVED}"]


def test_a_file_that_is_written_once_keeps_the_old_names(story: Story) -> None:
    """No update touches it, so it is the user's to change, edited or not."""
    once = f"{ALONE}_skip_if_exists: [once.py]\n"
    begin(story, {**OLD, "once.py": "import kit.state\n"}, once)
    story.release("v2.0.0", {**NEW, "once.py": "import kit.store.state\n"})
    assert [each["path"] for each in story.update().json["outdated"]] == ["once.py"]


def test_a_move_that_the_template_does_not_tell_of(story: Story) -> None:
    """It is seen where an edit came along."""
    begin(story, {"lib/a.txt": numbered()})
    story.edit({"lib/a.txt": numbered(l2="mine"), "README.md": "See lib/a.txt.\n"})
    story.release("v2.0.0", {"lib/a.txt": None, "lib/b/a.txt": numbered()})
    done = story.update()
    assert done.kinds()["lib/b/a.txt"] == "move"
    assert [(each["old"], each["new"]) for each in done.json["outdated"]] == [("lib/a.txt", "lib/b/a.txt")]


def test_the_answers_file_is_told_of_elsewhere(story: Story) -> None:
    begin(story, OLD, ALONE)
    story.edit({"a.md": ".copier-answers.yml\n"})
    story.release("v2.0.0", {}, f"{ALONE}_answers_file: .config/answers.yml\n")
    done = story.update()
    assert (done.kinds()[".config/answers.yml"], done.json["outdated"]) == ("move", [])


def test_nothing_is_read_where_nothing_moves(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(story, OLD, ALONE)
    story.edit({"a.py": "import kit.state\n"})
    story.release("v2.0.0", NEW)
    assert story.update("--commit").json["outdated"]
    story.release("v2.1.0", {"src/kit/errors.py": "class Failed(ValueError): ...\n"})

    def read(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(Files, "peek", read)
    assert story.update().json["outdated"] == []


def test_policy_copier_lists_nothing(story: Story) -> None:
    begin(story, OLD, ALONE)
    story.edit({"a.py": "import kit.state\n"})
    story.release("v2.0.0", NEW)
    assert story.update("--policy", "copier", "--dry-run").json["outdated"] == []


def test_it_is_told_to_people(story: Story) -> None:
    begin(story, OLD, ALONE)
    story.edit({"a.py": "import kit.state\nkit.state\n"})
    story.release("v2.0.0", NEW)
    pull_request = story.run("update", "--dry-run", "--markdown").text
    assert "- `a.py:1`: `kit.state` is `kit.store.state` now\n" in pull_request
    assert "No conflicts. **2 places name what moved" in pull_request
    branch = story.run("update", "--branch", "bot")
    done = story.run("update")
    assert (branch.code, done.code) == (0, 0)
    for words in (branch.text, done.text):
        assert f"\n  a.py:1: {STATE_MOVED}\n  a.py:2: {STATE_MOVED}\n" in words
        assert (
            "\n2 places name what moved by its old name, and must be changed; they are listed above." in words
        )
        assert "run the checks of the project.\n" in words


def test_it_is_told_of_many_projects(story: Story) -> None:
    story.release("v1.0.0", {**BASICS, **OLD}, ALONE)
    for name in ("one", "two"):
        story.start(name)
    story.edit({"one/a.py": "import kit.state\n", "two/b.py": "import kit.state\n"})
    story.release("v2.0.0", NEW)
    done = story.run("update", "--all")
    assert f"  a.py:1: {STATE_MOVED}\n" in done.text
    assert f"  b.py:1: {STATE_MOVED}\n" in done.text
    assert "\n2 places name what moved" in done.text


def test_of_many_places_a_person_sees_the_first(story: Story) -> None:
    begin(story, OLD, ALONE)
    story.edit({"run.log": "kit.state\n" * 70})
    story.release("v2.0.0", NEW)
    assert len(story.update("--dry-run").json["outdated"]) == 70
    for option in ((), ("--markdown",)):
        said = story.run("update", "--dry-run", *option).text
        assert said.count("run.log:") == 50
        assert "and 20 more: --json lists all" in said
