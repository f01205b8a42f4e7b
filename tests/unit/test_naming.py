"""What modules are called, and which places of a text name those that moved."""

from __future__ import annotations

import time

import pytest

from goldenpath.planning.mentions import Mention, Text, mentions, unmarked
from goldenpath.planning.naming import Names, module, names

PACKAGES = {"src/a/__init__.py", "src/a/b/__init__.py", "lib/deep/c/__init__.py", "d/__init__.py"}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("src/a/x.py", "a.x"),
        ("src/a/b/x.py", "a.b.x"),
        ("src/a/b/__init__.py", "a.b"),
        ("lib/deep/c/x.py", "c.x"),
        ("d/x.py", "d.x"),
        ("src/x.py", "x"),
        ("x.py", "x"),
        ("tools/x.py", "tools.x"),
        ("src/a/loose/x.py", "a.loose.x"),
        ("src/src/x.py", "src.x"),
    ],
)
def test_a_module_is_called_by_its_packages(path: str, name: str) -> None:
    assert module(path, PACKAGES) == name


def moved(paths: dict[str, str], *others: str) -> Names:
    return names(paths, {*paths, *others}, {*paths.values(), *others})


@pytest.mark.parametrize(
    ("old", "new", "others", "expected"),
    [
        ("src/a/x.py", "src/a/b/x.py", PACKAGES, {"a.x": "a.b.x"}),
        ("x.py", "src/x.py", (), {}),
        ("x.py", "tools/x.py", (), {"x": "tools.x"}),
        ("src/a/x.py", "src/a/x/y.py", {*PACKAGES, "src/a/x/__init__.py"}, {}),
        ("src/a/x.py", "src/a/x.txt", PACKAGES, {}),
        ("src/a/e/__init__.py", "src/a/b/e/__init__.py", PACKAGES, {"a.e": "a.b.e"}),
    ],
)
def test_which_modules_got_another_name(
    old: str, new: str, others: set[str], expected: dict[str, str]
) -> None:
    found = moved({old: new}, *others)
    assert found.moved == expected
    assert found.paths[old] == new


MOVED = moved(
    {
        "src/a/x.py": "src/a/b/x.py",
        "src/a/y.py": "src/a/b/y.py",
        "app.py": "src/a/app.py",
        "do.sh": "bin/do.sh",
    },
    *PACKAGES,
    "src/a/stays.py",
)


def found(
    path: str, content: str, template: str | None = None, then: str = "a", now: str = "a"
) -> list[tuple[int, str]]:
    sides = then.split("."), now.split(".")
    text = Text(path, content.encode(), template.encode() if template is not None else None, *sides)
    return [(each.line, each.old) for each in mentions(text, MOVED)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("python -m app", ["app"]),
        ('["python", "-m", "app"]', ["app"]),
        ('import_module("app")', ["app"]),
        ("go --m app; the app; app.state; -m app.states; -m apps", []),
        ("a.x and a.y", ["a.x", "a.y"]),
        ("a.x.f() a.x-y", ["a.x"]),
        ("${ROOT}/src/a/x.py", ["src/a/x.py"]),
        ("$(ROOT)/src/a/x.py", ["src/a/x.py"]),
        ("../src/a/x.py", ["src/a/x.py"]),
        ("./do.sh; sh do.sh", ["do.sh"]),
        ("bin/do.sh redo.sh do.sh.bak do_sh", []),
        ("src/a/x.py::test_it", ["src/a/x.py"]),
    ],
)
def test_a_line_of_some_text(line: str, expected: list[str]) -> None:
    assert sorted({old for _, old in found("Makefile", line)}) == expected


@pytest.mark.parametrize(
    ("line", "then", "now", "expected"),
    [
        ("from .x import f", "a", "a", ["a.x"]),
        ("from . import x", "a", "d", ["a.x"]),
        ("from ..x import f", "a.b", "a", ["a.x"]),  # it leads out of all packages now
        ("from .x import f", "a", "a.b", []),  # it moved along
        ("from ..x import f", "a.b", "a.b", ["a.x"]),
        ("from .stays import f", "a", "a.b", [".stays"]),
        ("from .stays import f", "a", "a", []),
        ("from ..... import x", "a", "a.b", []),
        ("from .none import f", "a", "a.b", []),
        ("from . import f", "a", "a.b", ["."]),
        ("import app, os", "a", "a", ["app"]),
        ("import app.x", "a", "a", ["app"]),
        ("from app import run", "a", "a", ["app"]),
    ],
)
def test_an_import(line: str, then: str, now: str, expected: list[str]) -> None:
    assert [old for _, old in found("f.py", line, then=then, now=now)] == expected


def test_what_the_template_says_is_no_place_to_change() -> None:
    assert found("f.py", "from .x import f\n", "from .x import f\n") == []
    assert found("f.py", "from .x import g\n", "from .x import f\n") == [(1, "a.x")]
    assert found("f.md", "a.x\n- a.x\n", "  a.x  \n") == [(2, "a.x")]


def test_a_text_in_conflict_has_both_sides() -> None:
    text = b"1\n<<<<<<< before updating\nmine\n||||||| last update\nbase\n=======\ntheirs\n>>>>>>> after updating\n9\n"
    assert unmarked(text) == b"1\n\nmine\n\n\n\ntheirs\n\n9\n"
    windows = text.replace(b"\n", b"\r\n")
    assert [line.strip() for line in unmarked(windows).split(b"\n")] == unmarked(text).split(b"\n")


def test_a_mention_has_the_new_name() -> None:
    text = Text("f.py", b"import a.x as x\n", None, [], [])
    assert mentions(text, MOVED) == [Mention(1, "a.x", "a.b.x")]


def test_what_is_gone_has_no_other_name() -> None:
    paths = {"a/__init__.py", "a/b/__init__.py"}
    known = names({"a/x.py": "a/b/x.py"}, {*paths, "a/x.py", "a/gone.py"}, {*paths, "a/b/x.py"})
    text = Text("a/b/x.py", b"from .gone import f\n", None, ["a"], ["a", "b"])
    assert mentions(text, known) == []


def test_a_text_of_any_form_takes_no_time() -> None:
    forms = (b"a.", b"from . import (", b"from a import b ")
    begun = time.process_time()
    for form in forms:
        mentions(Text("f.md", form * (400_000 // len(form)), None, [], []), MOVED)
    assert time.process_time() - begun < 8
