"""How a plan is shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from goldenpath.planning.start import Plan
from goldenpath.tree import EXECUTABLE, FILE, File, Tree

FILES = {
    "README.md": File(FILE, b"# Hello\n"),
    "bin/run": File(EXECUTABLE, b"#!/bin/sh\n"),
    "image.png": File(FILE, b"\x89PNG\xff"),
    **{f"src/pkg/a_rather_long_name_{number}.py": File(FILE, b"") for number in range(9)},
}
PLAN = Plan(
    Path("/x/demo"),
    "gh:o/t",
    None,
    "abc1234",
    {"serve": ["a", "b"], "ci": "none", "team": ""},
    Tree(FILES),
    "main",
    "a note",
)


def test_summary() -> None:
    lines = PLAN.summary().splitlines()
    assert lines[:5] == ["Answers", "  serve  a, b", "  ci     none", "  team   (empty)", ""]
    assert lines[5:8] == ["Files", "  ./ (2)", "    README.md  image.png"]
    assert "  src/pkg/ (9)" in lines
    assert lines[-3:] == ["/x/demo: 12 files, 0 kB", "  from gh:o/t, abc1234", "  git: a note"]
    assert max(map(len, lines)) <= 100
    assert PLAN.summary().count("a_rather_long_name") == 9


def test_summary_says_what_an_empty_answer_stands_for() -> None:
    plan = replace(PLAN, answers={**PLAN.answers, "parts": []}, follows={"team": "us", "parts": ["a", "b"]})
    assert plan.summary().splitlines()[3:5] == ["  team   (empty: us)", "  parts  (empty: a, b)"]
    assert plan.as_json()["follows"] == {"team": "us", "parts": ["a", "b"]}


def test_preview_shows_text_and_counts_the_rest() -> None:
    assert "==> README.md <==\n# Hello\n\n==> bin/run" in PLAN.preview()
    assert "==> image.png <==\n(5 bytes that are no text)" in PLAN.preview()


def test_json() -> None:
    assert PLAN.as_json()["files"] == list(FILES)
    contents = PLAN.as_json(contents=True)["files"]
    assert contents["bin/run"] == {"mode": "100755", "text": "#!/bin/sh\n"}
    assert contents["image.png"] == {"mode": "100644", "base64": "iVBOR/8="}


def test_no_answers_at_all() -> None:
    assert Plan(Path("/x"), "t", "1", "v1", {}, Tree({}), None, "").summary().startswith("Answers\n\n\nFiles")
