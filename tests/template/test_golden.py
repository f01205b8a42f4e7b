"""The stored goldens are what the template renders, and no rendered path is lost from one release to the next."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest
import yaml
from packaging.version import Version

from tests import preview
from tests.questionnaire import TEMPLATE
from tests.releases import Release, releases, stored_at
from tests.support import Files, render
from tests.template.cases import CASES

MOVES = TEMPLATE / "moves.yml"


@pytest.fixture(scope="module")
def rendered() -> dict[str, Files]:
    return {name: render(answers) for name, answers in CASES.items()}


def test_goldens_are_what_the_template_renders(rendered: dict[str, Files]) -> None:
    expected, stored = preview.goldens(rendered), preview.read()
    changes = [
        line
        for path in sorted(expected.keys() | stored.keys())
        for line in difflib.unified_diff(
            _lines(stored, path), _lines(expected, path), f"golden/{path}", "rendered"
        )
    ]
    assert not changes, "run `make preview` and look at its diff:\n" + "\n".join(changes[:60])


def test_a_case_can_be_put_together_from_its_stored_difference(rendered: dict[str, Files]) -> None:
    stored = preview.goldens(rendered)
    for name, files in rendered.items():
        assert preview.case_paths(stored, name) == files.keys()
        assert preview.case_answers(stored, name) == files[".copier-answers.yml"]


def test_git_obeys_no_golden_file() -> None:
    assert not [path for path in preview.read() if Path(path).name in preview.OBEYED]


def test_no_file_that_is_rendered_is_listed_as_a_copy(rendered: dict[str, Files]) -> None:
    """What is no byte copy of one file of the template is stored with its content."""
    stored, copies = preview.goldens(rendered), preview.copied(rendered["base"])
    assert "src/goldenpath_runtime/gate.py" in copies
    assert "base/src/goldenpath_runtime/gate.py" not in stored
    assert "pyproject.toml" not in copies
    edited = {**rendered["base"], "src/goldenpath_runtime/gate.py": b"# edited\n"}
    assert preview.goldens({"base": edited})["base/src/goldenpath_runtime/gate.py"] == b"# edited\n"


def test_no_path_is_lost_since_the_last_release() -> None:
    for release in releases()[-1:]:
        stored = stored_at(release)
        moves = _moves(release)
        for case in sorted({path.split("/")[0] for path in stored}):
            paths, answers = preview.case_paths(stored, case), preview.case_answers(stored, case)
            assert not lost(paths, answers, moves), (
                f"{case}: since {release.version}; name them in template/moves.yml or keep them"
            )


def test_a_lost_path_is_found() -> None:
    """The guard itself: a file that the template no longer writes is lost, unless it is listed as moved."""
    files = render({})
    paths, answers = {*files, "make/old.mk"}, files[".copier-answers.yml"]
    assert lost(paths, answers, moves=set()) == {"make/old.mk"}
    assert lost(paths, answers, moves={"make/old.mk"}) == set()


def lost(paths: set[str], answers: bytes, moves: set[str]) -> set[str]:
    """The paths of a repository that the template of today does not write any more for the same answers."""
    return paths - render(yaml.safe_load(answers)).keys() - moves


def _moves(since: Release) -> set[str]:
    """Old paths that may be gone: those of later releases."""
    listed = yaml.safe_load(MOVES.read_text("utf-8"))
    later = (table for release, table in listed.items() if Version(release) > Version(since.version))
    return {old for table in later for old in table}


def _lines(files: Files, path: str) -> list[str]:
    return files.get(path, b"").decode("utf-8", "replace").splitlines()
