"""How an update is shown: as a summary, a diff, a pull request, JSON."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest

from goldenpath.plan import Change, Kind, Plan, State
from goldenpath.showing import show
from goldenpath.tree import EXECUTABLE, FILE, LINK, File
from tests.questionnaire import ROOT


def file(text: str, mode: int = FILE) -> File:
    return File(mode, text.encode())


OLD, MINE, NEW = file("a\nb\nc\n"), file("mine\nb\nc\n"), file("a\nb\nnew\n")
CHANGES = [
    Change("added.txt", Kind.ADD, None, NEW, "New in the template"),
    Change("both.txt", Kind.CONFLICT, MINE, NEW, "Both changed it", sides=(OLD, MINE, NEW)),
    Change("gone.txt", Kind.REMOVE, OLD, None, "The template no longer has it"),
    Change("kept.txt", Kind.KEEP, MINE, MINE, "You edited it"),
    Change("link", Kind.UPDATE, file("a", LINK), file("b", LINK), "The template changed it"),
    Change("logo.png", Kind.UPDATE, File(FILE, b"\0one"), File(FILE, b"\0two"), "The template changed it"),
    Change("merged.txt", Kind.MERGE, MINE, file("mine\nb\nnew\n"), "Both changed it", owner="shared"),
    Change("new.txt", Kind.MOVE, None, file("mine\nb\nnew"), "The template renamed it", source="old.txt"),
    Change("old.txt", Kind.REMOVE, MINE, None, "The template renamed it to new.txt"),
    Change(
        "run.sh", Kind.UPDATE, file("a\n"), file("a\n", EXECUTABLE), "The template changed it", owner="owned"
    ),
]
PLAN = Plan(
    Path("/x/demo"),
    "gh:o/t",
    State("1.0.0", "v1.0.0"),
    State(None, "v1.0.0-3-gabc1234"),
    "safe",
    "fast",
    CHANGES,
    {"ci": ("one", None)},
    ["A waiver is over"],
)
EMPTY = Plan(PLAN.project, PLAN.template, PLAN.old, PLAN.old, "safe", "fast", [])


def test_a_plan_is_as_its_schema_says() -> None:
    schema = json.loads((ROOT / "docs/schemas/update.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    for plan in (PLAN, EMPTY):
        jsonschema.validate(plan.as_json(applied=True), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(PLAN.as_json(applied=True) | {"more": 1}, schema)


def test_conflicts_decide_the_exit_code() -> None:
    assert (PLAN.exit_code, EMPTY.exit_code) == (3, 0)
    assert [change.path for change in PLAN.conflicts] == ["both.txt"]
    assert "kept.txt" not in {change.path for change in PLAN.writes}


def test_a_summary_begins_with_what_a_person_must_settle() -> None:
    lines = show.summary(PLAN).splitlines()
    assert lines[0] == "demo: 1.0.0 to v1.0.0-3-gabc1234 of gh:o/t"
    assert lines[1] == "  answer ci: 'one' to (none)"
    assert lines[3:6] == ["Conflicts: yours to settle (1)", "  ! both.txt", "      Both changed it"]
    assert lines[-1] == "Note: A waiver is over"
    assert show.summary(EMPTY) == "Nothing to do: demo is at 1.0.0."


def test_git_takes_the_diff(tmp_path: Path) -> None:
    """What is shown is what git would apply: written as a patch, it gives the files after the update."""
    changes = [change for change in CHANGES if change.path not in {"logo.png", "link"}]
    for change in changes:
        before = next((each.before for each in changes if each.path == change.source), change.before)
        if before:
            (tmp_path / (change.source or change.path)).write_bytes(before.content)
    text = show.diff(Plan(tmp_path, "t", PLAN.old, PLAN.new, "safe", "fast", changes))
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=text.encode(), check=True)
    for change in changes:
        found = (tmp_path / change.path).read_bytes() if (tmp_path / change.path).exists() else None
        assert found == (change.after.content if change.after else None), change.path
    assert (tmp_path / "run.sh").stat().st_mode & 0o111


def test_a_diff_tells_of_binary_files_and_colors() -> None:
    text = show.diff(PLAN, color=True)
    assert "Binary files a/logo.png and b/logo.png differ\n" in text
    assert "\x1b[32m+new\x1b[0m" in text
    assert "\x1b" not in show.diff(PLAN)


def test_a_pull_request_shows_first_what_needs_eyes() -> None:
    text = show.markdown(PLAN)
    assert (
        text.index("to settle by hand") < text.index("Left as you have them") < text.index("Updated: you had")
    )
    assert "<details><summary>New (1)</summary>" in text
    assert "Diff of <code>merged.txt</code>" in text
    assert "- Answer `ci`: `one` → `None`" in text
    assert text.count("<details>") == text.count("</details>")


def test_a_long_diff_is_cut_in_a_pull_request() -> None:
    long = Change(
        "long.txt", Kind.MERGE, file(""), file("".join(f"{n}\n" for n in range(900))), "Both changed it"
    )
    text = show.markdown(Plan(PLAN.project, "t", PLAN.old, PLAN.new, "safe", "fast", [long]))
    assert "more lines" in text
    assert len(text.splitlines()) < 500
