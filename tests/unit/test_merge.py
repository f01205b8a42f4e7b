"""What becomes of one file, for every way in which the template and the user may have changed it."""

from __future__ import annotations

import pytest

from goldenpath.arguments import parser
from goldenpath.errors import UsageError
from goldenpath.merging.policies import COPIER, POLICIES, SAFE
from goldenpath.merging.rules import Rules
from goldenpath.merging.trees import merge_trees
from goldenpath.plan import Change
from goldenpath.tree import EXECUTABLE, FILE, LINK, File, LaterFile, same

LINES = [f"line {number}" for number in range(9)]


def text(**changed: str) -> File:
    return File(FILE, "".join(f"{changed.get(f'l{n}', line)}\n" for n, line in enumerate(LINES)).encode())


BASE, MINE, THEIRS, BOTH, CLASH = (
    text(),
    text(l1="mine"),
    text(l7="theirs"),
    text(l1="mine", l7="theirs"),
    text(l1="theirs"),
)

SAFELY, AS_COPIER = Rules(SAFE), Rules(COPIER)


def run(base: File | None, ours: File | None, theirs: File | None, rules: Rules = SAFELY) -> list[Change]:
    old, mine, new = ({"a.txt": each} if each else {} for each in (base, ours, theirs))
    return merge_trees(old, mine, new, rules)


def kind(base: File | None, ours: File | None, theirs: File | None, rules: Rules = SAFELY) -> str:
    found = run(base, ours, theirs, rules)
    return str(found[0].kind) if found else "nothing"


ONCE = Rules(SAFE, skipped=lambda _: True)


def test_what_only_one_side_changed_is_taken() -> None:
    assert kind(BASE, BASE, THEIRS) == "update"
    assert kind(BASE, MINE, BASE) == "nothing"
    assert kind(BASE, BASE, None) == "remove"
    assert kind(None, None, THEIRS) == "add"
    assert kind(None, MINE, None) == "nothing"
    assert kind(BASE, THEIRS, THEIRS) == "nothing"
    assert kind(None, THEIRS, THEIRS) == "nothing"


def test_what_both_changed_is_merged_or_in_conflict() -> None:
    assert [change.after for change in run(BASE, MINE, THEIRS)] == [BOTH]
    (conflict,) = run(BASE, MINE, CLASH)
    assert (conflict.kind, conflict.sides) == ("conflict", (BASE, MINE, CLASH))
    assert conflict.after
    assert b"||||||| last update\nline 1\n=======" in conflict.after.content
    assert kind(None, MINE, THEIRS) == "conflict"


def test_nothing_that_was_edited_goes_away() -> None:
    assert kind(BASE, MINE, None) == "keep"
    assert kind(BASE, None, THEIRS) == "keep"
    assert kind(BASE, MINE, None, AS_COPIER) == "remove"
    assert kind(BASE, None, THEIRS, AS_COPIER) == "nothing"


def test_what_is_written_once_stays() -> None:
    assert kind(BASE, MINE, THEIRS, ONCE) == "nothing"
    assert kind(BASE, BASE, THEIRS, ONCE) == "nothing"
    assert kind(BASE, None, BASE, ONCE) == "add"


def test_a_waiver_holds_the_template_back() -> None:
    rules = Rules(SAFE, waived=lambda _: "because")
    assert [change.why for change in run(BASE, MINE, THEIRS, rules)] == ["Waived: because"]
    assert kind(None, None, THEIRS, rules) == "keep"


def test_modes_are_merged_like_content() -> None:
    runs = File(EXECUTABLE, BASE.content)
    assert [change.after for change in run(BASE, MINE, runs)] == [File(EXECUTABLE, MINE.content)]
    assert [change.after for change in run(BASE, runs, THEIRS)] == [File(EXECUTABLE, THEIRS.content)]
    assert [change.after for change in run(runs, MINE, File(EXECUTABLE, THEIRS.content))] == [BOTH]


def test_what_is_no_text_is_never_merged() -> None:
    binary = [File(FILE, b"\0" + each) for each in (b"base", b"mine", b"theirs")]
    base, mine, theirs = binary
    (change,) = run(base, mine, theirs)
    assert (change.kind, change.after) == ("conflict", mine)
    assert [change.after for change in run(base, mine, theirs, AS_COPIER)] == [theirs]
    assert kind(BASE, File(LINK, b"elsewhere"), THEIRS) == "conflict"


def test_lines_that_merge_into_nonsense_are_a_conflict_or_merged_by_key() -> None:
    base = File(FILE, b"a = 1\n\n[one]\nx = 1\n\n[two]\ny = 1\n")
    ours = File(FILE, b"a = 1\n\n[three]\nz = 1\n\n[one]\nx = 1\n\n[two]\ny = 1\n")
    theirs = File(FILE, b"a = 1\n\n[one]\nx = 1\n\n[two]\ny = 1\n\n[three]\nz = 2\n")
    (change,) = merge_trees({"a.toml": base}, {"a.toml": ours}, {"a.toml": theirs}, SAFELY)
    assert change.kind == "conflict", "a table twice is no TOML"


def test_a_renamed_file_is_followed_both_ways() -> None:
    found = merge_trees({"old": BASE}, {"old": MINE}, {"new": THEIRS}, SAFELY)
    assert {change.path: (str(change.kind), change.after) for change in found} == {
        "old": ("remove", None),
        "new": ("move", BOTH),
    }
    evident = Rules(SAFE, renamed={"old": "mine"})
    (change,) = merge_trees({"old": BASE}, {"mine": MINE}, {"old": THEIRS}, evident)
    assert (change.path, change.source, change.after) == ("mine", "old", BOTH)
    told = Rules(SAFE, moves={"old": "new"})
    other = File(FILE, b"nothing alike\n" * 9)
    assert [
        str(change.kind) for change in merge_trees({"old": BASE}, {"old": MINE}, {"new": other}, told)
    ] == [
        "conflict",
        "remove",
    ]
    assert [
        str(change.kind) for change in merge_trees({"old": BASE}, {"old": MINE}, {"new": other}, SAFELY)
    ] == [
        "add",
        "keep",
    ]


def test_content_is_not_read_where_keys_are_equal() -> None:
    def fail() -> bytes:
        raise AssertionError("nobody asked")

    one, other = LaterFile(FILE, "key", fail), LaterFile(FILE, "key", fail)
    assert same(one, other)
    assert merge_trees({"a": one}, {"a": MINE}, {"a": other}, SAFELY) == []


def test_a_likeness_is_no_evidence_of_what_the_user_did() -> None:
    """Nor does evidence reach a file that a template has, that is waived or not there."""
    base, ours, theirs = {"old": BASE}, {"mine": MINE}, {"old": THEIRS}
    (change,) = merge_trees(base, ours, theirs, SAFELY)
    assert (change.path, str(change.kind), change.why) == (
        "old",
        "keep",
        "You deleted it; the template changed it",
    )
    for rules in (
        Rules(SAFE, renamed={"old": "mine"}, generated=frozenset({"mine"})),
        Rules(SAFE, renamed={"old": "mine"}, waived=lambda path: "mine" if path == "mine" else None),
        Rules(SAFE, renamed={"old": "nowhere"}),
        Rules(SAFE, renamed={"old": "mine"}, skipped=lambda path: path == "old"),
    ):
        assert "mine" not in [change.path for change in merge_trees(base, ours, theirs, rules)]
    assert [
        each.kind for each in merge_trees(base, ours, theirs, Rules(SAFE, unknown=frozenset({"old"})))
    ] == ["keep"]


def test_the_command_offers_every_policy() -> None:
    offered = [parser().parse_args(["update", "--policy", name]).policy for name in POLICIES]
    assert offered == list(POLICIES)
    with pytest.raises(UsageError):
        parser().parse_args(["update", "--policy", "other"])
