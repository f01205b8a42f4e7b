"""Files that two sides changed beside each other, as their owners write them: the text that comes out."""

from __future__ import annotations

import time
from typing import NamedTuple

import pytest

from goldenpath.merging import keys

Change = tuple[str, str]


class Case(NamedTuple):
    """A file and what is put in the place of a part of it: by us, by them, and in what comes out."""

    path: str
    base: str
    ours: tuple[Change, ...]
    theirs: tuple[Change, ...]
    merged: tuple[Change, ...] = ()


def changed(text: str, changes: tuple[Change, ...]) -> str:
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def texts(case: Case) -> tuple[bytes, bytes, bytes]:
    ours, theirs = changed(case.base, case.ours), changed(case.base, case.theirs)
    return case.base.encode(), ours.encode(), theirs.encode()


PYPROJECT = """\
[project]
name = "demo"
dependencies = [
    "click>=8",  # the command line
    "numpy>=2",
]

[dependency-groups]
dev = ["pytest>=8", "ruff"]

[tool.ruff.lint]
select = ["E", "F"]

[tool.uv]
package = true
"""

HOOKS = """\
repos:
  # Formatting
  - repo: https://github.com/astral-sh/ruff-pre-commit
    rev: v0.9.0
    hooks:
      - id: ruff-format
  - repo: https://github.com/pre-commit/pre-commit-hooks
    rev: v5.0.0
    hooks:
      - id: check-toml
"""

WORKFLOW = """\
name: check
on:
  push:
    branches: [main]
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - name: Set up
        run: make setup
      - name: Check
        run: make check
"""

COMPOSE = """\
services:
  api:
    image: demo:1
    ports:
      - "8000:8000"
    environment:
      LOG: info
"""

GITLAB = """\
include:
  - local: ci/base.yml
check:
  script:
    - !reference [.setup, script]
    - make check
  rules:
    - !reference [.rules, always]
"""

DVC = """\
stages:
  prepare:
    cmd: python -m demo.prepare
    deps:
      - data/raw.csv
    outs:
      - data/clean.csv
"""

PARAMS = """\
model:
  name: forest
  trees: 100 # enough
split:
  seed: 7
"""

PACKAGE = """\
{
  "name": "demo",
  "scripts": {
    "build": "vite build"
  },
  "devDependencies": {
    "vite": "^5.0.0"
  }
}
"""

SETTINGS = """\
{
    // The project's own environment
    "python.defaultInterpreterPath": ".venv/bin/python",
    "editor.formatOnSave": true
}
"""

RENOVATE = """\
{
  "extends": ["config:recommended"],
  "packageRules": [
    { "matchManagers": ["pep621"], "groupName": "python" }
  ]
}
"""

MERGED = {
    "dependencies, one a line, at one place": Case(
        "pyproject.toml",
        PYPROJECT,
        (('    "numpy>=2",\n', '    "numpy>=2",\n    "httpx>=0.27",  # our client\n'),),
        (('    "numpy>=2",\n', '    "numpy>=2",\n    "pandas",\n'),),
        (('    "numpy>=2",\n', '    "numpy>=2",\n    "httpx>=0.27",  # our client\n    "pandas",\n'),),
    ),
    "a dependency beside one whose version changes": Case(
        "pyproject.toml",
        PYPROJECT,
        (('    "numpy>=2",\n', '    "numpy>=2",\n    "httpx>=0.27",\n'),),
        (('"numpy>=2"', '"numpy>=2.1"'),),
        (('    "numpy>=2",\n', '    "numpy>=2.1",\n    "httpx>=0.27",\n'),),
    ),
    "a dependency removed beside one that is added": Case(
        "pyproject.toml",
        PYPROJECT,
        (('    "numpy>=2",\n', ""),),
        (('    "numpy>=2",\n', '    "numpy>=2",\n    "pandas",\n'),),
        (('    "numpy>=2",\n', '    "pandas",\n'),),
    ),
    "a dependency between two that are removed": Case(
        "pyproject.toml",
        PYPROJECT,
        (('    "numpy>=2",\n', '    "httpx",\n    "numpy>=2",\n'),),
        (('    "click>=8",  # the command line\n    "numpy>=2",\n', ""),),
        (('    "click>=8",  # the command line\n    "numpy>=2",\n', '    "httpx",\n'),),
    ),
    "a last dependency without a comma": Case(
        "pyproject.toml",
        PYPROJECT,
        (('    "numpy>=2",\n', '    "numpy>=2",\n    "httpx",\n'),),
        (('    "numpy>=2",\n', '    "numpy>=2.1",\n    "pandas"\n'),),
        (('    "numpy>=2",\n', '    "numpy>=2.1",\n    "httpx",\n    "pandas"\n'),),
    ),
    "one dependency added by both": Case(
        "pyproject.toml",
        PYPROJECT,
        (('    "numpy>=2",\n', '    "numpy>=2",\n    "httpx",\n    "rich",\n'),),
        (('    "numpy>=2",\n', '    "numpy>=2",\n    "httpx",\n    "pandas",\n'),),
        (('    "numpy>=2",\n', '    "numpy>=2",\n    "httpx",\n    "rich",\n    "pandas",\n'),),
    ),
    "a dependency group on one line": Case(
        "pyproject.toml",
        PYPROJECT,
        (('"ruff"]', '"ruff", "mypy>=1.10"]'),),
        (('"pytest>=8"', '"pytest>=9"'), ('"ruff"]', '"ruff", "tox"]')),
        (('"pytest>=8"', '"pytest>=9"'), ('"ruff"]', '"ruff", "mypy>=1.10", "tox"]')),
    ),
    "a list that one side spreads over lines": Case(
        "pyproject.toml",
        PYPROJECT,
        (('["pytest>=8", "ruff"]', '[\n    "pytest>=8",\n    "ruff",\n    "mypy", # types\n]'),),
        (('"pytest>=8"', '"pytest>=9"'),),
        (('["pytest>=8", "ruff"]', '[\n    "pytest>=9",\n    "ruff",\n    "mypy", # types\n]'),),
    ),
    "rules selected and ignored": Case(
        "pyproject.toml",
        PYPROJECT,
        (('select = ["E", "F"]\n', 'select = ["E", "F", "I"]\nignore = ["E501"]\n'),),
        (('select = ["E", "F"]\n', 'select = ["B", "E", "F"]\nfixable = ["ALL"]\n'),),
        (
            (
                'select = ["E", "F"]\n',
                'select = ["B", "E", "F", "I"]\nignore = ["E501"]\nfixable = ["ALL"]\n',
            ),
        ),
    ),
    "two tables at the end": Case(
        "pyproject.toml",
        PYPROJECT,
        (("package = true\n", "package = true\n\n# Ours\n[tool.mypy]\nstrict = true\n"),),
        (("package = true\n", "package = true\n\n[tool.coverage.run]\nbranch = true\n"),),
        (
            (
                "package = true\n",
                "package = true\n\n# Ours\n[tool.mypy]\nstrict = true\n\n[tool.coverage.run]\nbranch = true\n",
            ),
        ),
    ),
    "a table after which a key is added to the one before": Case(
        "pyproject.toml",
        PYPROJECT,
        (("package = true\n", "package = true\n\n[tool.mypy]\nstrict = true\n"),),
        (("package = true\n", 'package = true\nenvironments = ["linux"]\n'),),
        (
            (
                "package = true\n",
                'package = true\nenvironments = ["linux"]\n\n[tool.mypy]\nstrict = true\n',
            ),
        ),
    ),
    "one table added by both, in two places": Case(
        "pyproject.toml",
        PYPROJECT,
        (("\n[tool.uv]", "\n[tool.mypy]\nstrict = true\n\n[tool.uv]"),),
        (("package = true\n", 'package = true\n\n[tool.mypy]\nfiles = ["src"]\n'),),
        (("\n[tool.uv]", '\n[tool.mypy]\nstrict = true\nfiles = ["src"]\n\n[tool.uv]'),),
    ),
    "a table and a key at two places, each time in the other order": Case(
        "config.toml",
        "[a]\nx = 1\n\n[b]\ny = 1\n",
        (("x = 1\n", "x = 1\n[ours]\nz = 1\n"), ("y = 1\n", "y = 1\nours = 2\n")),
        (("x = 1\n", "x = 1\ntheirs = 2\n"), ("y = 1\n", "y = 1\n[theirs]\nz = 2\n")),
        (
            ("x = 1\n", "x = 1\ntheirs = 2\n[ours]\nz = 1\n"),
            ("y = 1\n", "y = 1\nours = 2\n[theirs]\nz = 2\n"),
        ),
    ),
    "arrays of tables, dotted keys, dates, infinity": Case(
        "config.toml",
        "a.b = inf\nwhen = 2026-01-01\n[[t]]\nname = 'x'\n",
        (("when = 2026-01-01\n", "when = 2026-01-02\n"), ("'x'\n", "'x'\n[[t]]\nname = 'y'\n")),
        (("a.b = inf\n", "a.b = nan\na.c = 1\n"), ("'x'\n", "'x'\nkind = 1\n")),
        (
            ("a.b = inf\nwhen = 2026-01-01\n", "a.b = nan\na.c = 1\nwhen = 2026-01-02\n"),
            ("'x'\n", "'x'\nkind = 1\n[[t]]\nname = 'y'\n"),
        ),
    ),
    "hooks beside a new revision": Case(
        ".pre-commit-config.yaml",
        HOOKS,
        (("      - id: ruff-format\n", "      - id: ruff-format\n      - id: ruff-check # ours\n"),),
        (
            ("v0.9.0", "v0.11.0"),
            ("      - id: ruff-format\n", "      - id: ruff-format\n        args: [--diff]\n"),
        ),
        (
            ("v0.9.0", "v0.11.0"),
            (
                "      - id: ruff-format\n",
                "      - id: ruff-format\n        args: [--diff]\n      - id: ruff-check # ours\n",
            ),
        ),
    ),
    "two repositories of hooks at the end": Case(
        ".pre-commit-config.yaml",
        HOOKS,
        (("check-toml\n", "check-toml\n  - repo: local\n    hooks:\n      - id: ours\n"),),
        (("check-toml\n", "check-toml\n      - id: check-yaml\n  - repo: https://x/y\n    rev: v1\n"),),
        (
            (
                "check-toml\n",
                (
                    "check-toml\n      - id: check-yaml\n  - repo: local\n    hooks:\n      - id: ours\n"
                    "  - repo: https://x/y\n    rev: v1\n"
                ),
            ),
        ),
    ),
    "steps at one place, and events": Case(
        ".github/workflows/check.yml",
        WORKFLOW,
        (
            ("[main]\n", "[main, develop]\n  workflow_dispatch:\n"),
            ("make setup\n", "make setup\n      - name: Database\n        run: make database\n"),
        ),
        (
            ("[main]\n", "[main]\n  merge_group:\n"),
            ("make setup\n", "make setup\n      - name: Cache\n        run: make cache\n"),
            ("@v4", "@v5"),
        ),
        (
            ("[main]\n", "[main, develop]\n  workflow_dispatch:\n  merge_group:\n"),
            (
                "make setup\n",
                (
                    "make setup\n      - name: Database\n        run: make database\n"
                    "      - name: Cache\n        run: make cache\n"
                ),
            ),
            ("@v4", "@v5"),
        ),
    ),
    "an action with our input and their version": Case(
        ".github/workflows/check.yml",
        WORKFLOW,
        (("checkout@v4\n", "checkout@v4\n        with:\n          lfs: true\n"),),
        (("checkout@v4\n", "checkout@v5 # 5.0\n"),),
        (("checkout@v4\n", "checkout@v5 # 5.0\n        with:\n          lfs: true\n"),),
    ),
    "services": Case(
        "compose.yaml",
        COMPOSE,
        (
            ("LOG: info\n", "LOG: debug\n  db:\n    image: postgres\n"),
            ("demo:1\n", "demo:1\n    init: true\n"),
        ),
        (("LOG: info\n", "LOG: info\n      PORT: 8000\n  web:\n    image: nginx\n"), ("demo:1", "demo:2")),
        (
            (
                "LOG: info\n",
                "LOG: debug\n      PORT: 8000\n  db:\n    image: postgres\n  web:\n    image: nginx\n",
            ),
            ("demo:1\n", "demo:2\n    init: true\n"),
        ),
    ),
    "a job with references": Case(
        ".gitlab-ci.yml",
        GITLAB,
        (("    - make check\n", "    - make database\n    - make check\n"), ("ci/base.yml", "ci/own.yml")),
        (
            ("    - make check\n", "    - make check\n    - make smoke\n"),
            ("check:\n  script", "check:\n  stage: test\n  script"),
        ),
        (
            ("    - make check\n", "    - make database\n    - make check\n    - make smoke\n"),
            ("check:\n  script", "check:\n  stage: test\n  script"),
            ("ci/base.yml", "ci/own.yml"),
        ),
    ),
    "stages": Case(
        "dvc.yaml",
        DVC,
        (
            ("raw.csv\n", "raw.csv\n      - data/more.csv\n"),
            ("clean.csv\n", "clean.csv\n  ours:\n    cmd: a\n"),
        ),
        (
            ("raw.csv\n", "raw.csv\n      - params.yaml\n"),
            ("clean.csv\n", "clean.csv\n  train:\n    cmd: b\n"),
        ),
        (
            ("raw.csv\n", "raw.csv\n      - data/more.csv\n      - params.yaml\n"),
            ("clean.csv\n", "clean.csv\n  ours:\n    cmd: a\n  train:\n    cmd: b\n"),
        ),
    ),
    "parameters": Case(
        "params.yaml",
        PARAMS,
        (("100 # enough\n", "300 # not enough\n"),),
        (("100 # enough\n", "100 # enough\n  depth: 5\n"), ("forest", "trees")),
        (("100 # enough\n", "300 # not enough\n  depth: 5\n"), ("forest", "trees")),
    ),
    "the last key of an object": Case(
        "package.json",
        PACKAGE,
        (
            ('"vite build"\n', '"vite build",\n    "lint": "eslint"\n'),
            ('^5.0.0"', '^5.1.0",\n    "sass": "^1"'),
        ),
        (
            ('"vite build"\n', '"vite build",\n    "test": "vitest"\n'),
            ('^5.0.0"', '^5.0.0",\n    "vitest": "^2"'),
        ),
        (
            ('"vite build"\n', '"vite build",\n    "lint": "eslint",\n    "test": "vitest"\n'),
            ('^5.0.0"', '^5.1.0",\n    "sass": "^1",\n    "vitest": "^2"'),
        ),
    ),
    "an editor's settings, with comments": Case(
        ".vscode/settings.json",
        SETTINGS,
        (("true\n", 'true,\n    // ours\n    "files.eol": "\\n"\n'),),
        (("true\n", 'true,\n    "ruff.enable": true,\n'),),
        (("true\n", 'true,\n    // ours\n    "files.eol": "\\n",\n    "ruff.enable": true,\n'),),
    ),
    "rules in one line": Case(
        "renovate.json",
        RENOVATE,
        (('recommended"]', 'recommended", ":dependencyDashboard"]'),),
        (
            ('recommended"]', 'recommended", ":semanticCommits"],\n  "labels": ["bot"]'),
            ('"python"', '"packages"'),
        ),
        (
            (
                'recommended"]',
                'recommended", ":dependencyDashboard", ":semanticCommits"],\n  "labels": ["bot"]',
            ),
            ('"python"', '"packages"'),
        ),
    ),
}


@pytest.mark.parametrize("case", MERGED.values(), ids=MERGED)
def test_both_changes_are_there_in_their_own_words(case: Case) -> None:
    base, ours, theirs = texts(case)
    expected = changed(case.base, case.merged)
    merged = keys.merge_keys(case.path, base, ours, theirs)
    assert (merged or b"").decode() == expected
    assert keys.sound(case.path, base, ours, theirs, expected.encode())
    for lossy in (ours, theirs):
        assert not keys.sound(case.path, base, ours, theirs, lossy)


def conflict(path: str, base: str | None, ours: str, theirs: str) -> tuple[str, bytes | None, bytes, bytes]:
    return path, None if base is None else base.encode(), ours.encode(), theirs.encode()


CONFLICTS = {
    "one value in two ways": conflict("a.toml", "a = 1\n", "a = 2\n", "a = 3\n"),
    "changed and removed": conflict("a.yaml", "a: {b: 1}\nc: 1\n", "a: {b: 2}\nc: 1\n", "c: 1\n"),
    "removed and changed": conflict("a.json", '{"a": {"b": 1}}', "{}", '{"a": {"b": 1, "c": 1}}'),
    "a mapping and a list": conflict("a.yaml", "a:\n", "a: {b: 1}\n", "a: [b]\n"),
    "two versions of one dependency": conflict(
        "a.toml", 'd = ["httpx>=1"]\n', 'd = ["HTTPX>=2"]\n', 'd = ["httpx[http2]>=1"]\n'
    ),
    "one dependency added with two versions": conflict(
        "a.toml", "d = []\n", 'd = ["a>1"]\n', 'd = ["a>2"]\n'
    ),
    "a dependency removed and changed": conflict(
        "a.toml", 'd = ["a>1", "b"]\n', 'd = ["b"]\n', 'd = ["a>2", "b"]\n'
    ),
    "one item in two ways": conflict("a.yaml", "a: [x y]\n", "a: [x z]\n", "a: [x w]\n"),
    "a hook in two ways": conflict(
        "a.yaml", "- {id: a, args: [x]}\n", "- {id: a, args: [x, y]}\n", "- {id: a, args: [x, z]}\n"
    ),
    "a program's arguments": conflict(
        "a.yaml", "command: [run, a]\n", "command: [run, a, -v]\n", "command: [-q, run, a]\n"
    ),
    "two scripts from nothing": conflict("a.yaml", "a: 1\n", "a: 1\nscript: [b]\n", "a: 1\nscript: [c]\n"),
    "a vector": conflict("a.yaml", "a: [64, 32]\n", "a: [64, 32, 16]\n", "a: [128, 64, 32]\n"),
    "an item twice": conflict("a.yaml", "a: [x, y, x]\n", "a: [x, y, x, z]\n", "a: [y, x]\n"),
    "two orders": conflict("a.yaml", "a: [x, y, z]\n", "a: [z, x, y]\n", "a: [y, x, z]\n"),
    "moved by us, removed by them": conflict("a.yaml", "a: [x, y, z]\n", "a: [z, x, y]\n", "a: [x, y]\n"),
    "a value with an unknown tag": conflict(
        "a.yaml", "a: !sub [x]\n", "a: !sub [x, y]\n", "a: !sub [x, z]\n"
    ),
    "another tag": conflict("a.yaml", "a: !x b\n", "a: !y b\n", "a: !z b\n"),
    "one key in two ways": conflict("a.yaml", "a: 1\n", "a: 1\non: 2\n", "a: 1\n'on': 2\n"),
    "another number of documents": conflict(
        "a.yaml", "a: 1\n---\nb: 1\n", "c: 1\n---\na: 1\n---\nb: 1\n", "a: 1\n---\nb: 2\n"
    ),
    "both added the file, with two values": conflict("a.toml", None, "a = 1\n", "a = 2\n"),
    "a comment in two ways beside a value": conflict(
        "a.toml", "a = 1 # x\n", "a = 2 # our\n", "a = 1 # their\n"
    ),
    "a key twice in YAML": conflict("a.yaml", "a: 1\n", "a: 1\nb: 1\nb: 2\n", "a: 1\nc: 1\n"),
    "a key twice in JSON": conflict("a.json", "{}", '{"b": 1, "b": 2}', '{"c": 1}'),
    "not of the format": conflict("a.toml", "a = 1\n", "a = \n", "a = 1\nb = 1\n"),
    "a format that is not known": conflict("a.ini", "a = 1\n", "a = 1\nb = 1\n", "a = 1\nc = 1\n"),
    "a notebook": conflict("a.ipynb", "{}", '{"b": 1}', '{"c": 1}'),
}


@pytest.mark.parametrize("sides", CONFLICTS.values(), ids=CONFLICTS)
def test_a_true_conflict_is_left_to_a_person(sides: tuple[str, bytes | None, bytes, bytes]) -> None:
    assert keys.merge_keys(*sides) is None
    path, base, ours, theirs = sides
    assert keys.merge_keys(path, base, theirs, ours) is None


def merge(path: str, base: bytes | None, ours: bytes, theirs: bytes) -> bytes | None:
    """The merge, and that a sound merge is known as such."""
    merged = keys.merge_keys(path, base, ours, theirs)
    assert merged is None or keys.sound(path, base, ours, theirs, merged)
    return merged


def test_files_that_both_added_are_united() -> None:
    ours, theirs = b'a = 1\n\n[t]\nx = ["p"]\n', b'a = 1\n\n[t]\nx = ["q"]\n\n[u]\ny = 1\n'
    united = b'a = 1\n\n[t]\nx = ["p", "q"]\n\n[u]\ny = 1\n'
    assert merge("a.toml", None, ours, theirs) == united
    assert merge("a.toml", b"", ours, theirs) == united


@pytest.mark.parametrize("ours_end", ["", "\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_line_ends_and_byte_order_mark_are_ours(line_end: bytes, mark: bytes, ours_end: str) -> None:
    base, theirs = b"a: 1\nb: 1\n", b"a: 1\nb: 1\nc: 1\n"
    ours = mark + (b"z: 1\na: 1\nb: 1" + ours_end.encode()).replace(b"\n", line_end)
    expected = mark + (b"z: 1\na: 1\nb: 1\nc: 1" + ours_end.encode()).replace(b"\n", line_end)
    assert merge("a.yaml", base, ours, theirs) == expected


def test_the_last_line_ends_as_its_changer_says() -> None:
    assert merge("a.yaml", b"a: 1\nb: 1", b"c: 1\na: 1\nb: 1", b"a: 1\nb: 2\n") == b"c: 1\na: 1\nb: 2\n"
    assert merge("a.yaml", b"a: 1\nb: 1\n", b"c: 1\na: 1\nb: 1\n", b"a: 1\nb: 2") == b"c: 1\na: 1\nb: 2"


def test_mixed_line_ends_are_not_made_one() -> None:
    assert merge("a.yaml", b"a: 1\nb: 1\n", b"a: 1\r\nb: 2\n", b"a: 1\nb: 1\nc: 1\n") is None


def test_an_alias_follows_what_it_refers_to() -> None:
    base = "base: &b {x: 1}\na:\n  <<: *b\n  y: 1\n"
    ours, theirs = base + "b: *b\n", base.replace("x: 1", "x: 2") + "c: 1\n"
    expected = base.replace("x: 1", "x: 2") + "b: *b\nc: 1\n"
    assert merge("a.yaml", base.encode(), ours.encode(), theirs.encode()) == expected.encode()
    unused = "base: {x: 1}\na:\n  y: 1\n"
    assert merge("a.yaml", base.encode(), ours.encode(), unused.encode()) is None
    cycle = b"a: &a [*a]\n"
    assert merge("a.yaml", cycle, cycle + b"b: 1\n", cycle + b"c: 1\n") == cycle + b"b: 1\nc: 1\n"
    rows = [b"a%d: &a%d [%b]\n" % (n, n, b"*a%d," % (n - 1) * 9) for n in range(1, 40)]
    laughs = b"a0: &a0 x\n" + b"".join(rows)
    assert merge("a.yaml", laughs, laughs + b"b: 1\n", laughs + b"c: 1\n") == laughs + b"b: 1\nc: 1\n"


def test_what_both_added_stands_once() -> None:
    base = b"x: &a 1\nl:\n- p\n"  # with an anchor, so that only a merge of lines can do it
    ours, theirs = base + b"# Both\n- q\n- r\n", base + b"# Both\n- q\n- s\n"
    assert merge("a.yaml", base, ours, theirs) == base + b"# Both\n- q\n- r\n- s\n"


def test_documents_of_a_stream_are_merged_one_by_one() -> None:
    base = "a: 1\n---\nkind: x\n---\nkind: y\n"
    ours, theirs = base.replace("x\n", "x\nours: 1\n"), base.replace("x\n", "x\ntheirs: 1\n") + "z: 1\n"
    expected = base.replace("x\n", "x\nours: 1\ntheirs: 1\n") + "z: 1\n"
    assert merge("a.yml", base.encode(), ours.encode(), theirs.encode()) == expected.encode()


def test_documents_are_not_told_apart_by_their_number() -> None:
    base = b"a: 1\n---\nb: 1\n"
    ours, theirs = b"n: 1\n---\n" + base, base + b"c: 1\n"
    assert keys.sound("a.yml", base, ours, theirs, ours + b"c: 1\n")
    assert keys.merge_keys("a.yml", base, ours, theirs) is None


def test_long_repetitive_files_take_no_longer_than_they_are() -> None:
    base = b"steps:\n" + b"".join(
        b"  - name: s%d\n    run: a\n    with:\n      b: c\n" % n for n in range(3000)
    )
    ours, theirs = b"# Ours\n" + base + b"  - name: x\n", base + b"  - name: y\n"
    merged = ours + b"  - name: y\n"
    times = [time.process_time()]
    assert keys.merge_keys("a.yaml", base, ours, theirs) == merged
    times.append(time.process_time())
    assert keys.sound("a.yaml", base, ours, theirs, merged)
    times.append(time.process_time())
    # Reading the four texts is most of both: 1.3 times. With each pair of equal lines compared: 8 times.
    assert times[1] - times[0] < 4 * (times[2] - times[1])


def test_a_large_file_is_not_edited_as_a_document() -> None:
    base, ours, theirs = (
        b'{"z": "%s", "t": {"a": 1}}\n',
        b'{"z": "%s", "m": {"x": 1}, "t": {"a": 1}}\n',
        b'{"z": "%s", "t": {"a": 1}, "m": {"y": 2}}\n',
    )
    united = b'{"z": "", "m": {"x": 1, "y": 2}, "t": {"a": 1}}\n'
    assert keys.merge_keys("a.json", base % b"", ours % b"", theirs % b"") == united
    assert keys.merge_keys("a.json", *(side % (b"x" * 30_000) for side in (base, ours, theirs))) is None


def test_json_is_not_made_looser_than_it_was() -> None:
    merged = merge("a.json", b'{"a": 1}', b'{"a": 1, "b": NaN}', b'{"a": 1, "c": [1,2]}')
    assert merged == b'{"a": 1, "b": NaN, "c": [1,2]}'
    assert not keys.sound("a.json", b'{"a": 1}', b'{"a": 1, "b": 1}', b'{"a": 1}', b'{"a": 1, "b": 1,}')


@pytest.mark.parametrize(
    "merged",
    [
        b'd = ["a", "b"]\n',
        b'd = ["a", "c"]\n',
        b'd = ["a", "b", "c", "b"]\n',
        b'd = ["a", "b", "c"]\nd = ["a"]\n',
        b'd = ["a", "b", "c"]\ne = 1\n',
        b'd = ["a" "b", "c"]\n',
        b"\xff",
    ],
)
def test_a_merge_that_says_something_else_is_not_sound(merged: bytes) -> None:
    sides = b'd = ["a"]\n', b'd = ["a", "b"]\n', b'd = ["a", "c"]\n'
    assert keys.sound("a.toml", *sides, b'd = [ "a", "b", "c" ] # all\n')
    assert not keys.sound("a.toml", *sides, merged)


def test_what_cannot_be_judged_is_sound_if_it_can_be_parsed() -> None:
    assert keys.sound("a.txt", b"a", b"b", b"c", b"\xff")
    assert keys.sound("a.toml", b"=", b"a = 1", b"b = 1", b"=")
    assert keys.sound("a.toml", b"a = 1\n", b"a = 2\n", b"a = 3\n", b"a = 4\n")
    assert not keys.sound("a.toml", b"a = 1\n", b"a = 2\n", b"a = 3\n", b"a = 4\na = 4\n")


NESTED = 40_000
BOMBS = {
    "nested TOML": ("a.toml", b"a = " + b"[" * NESTED + b"]" * NESTED),
    "nested JSON": ("a.json", b"[" * NESTED + b"]" * NESTED),
    "nested flow YAML": ("a.yaml", b"[" * NESTED + b"]" * NESTED),
    "nested block YAML": ("a.yaml", b"- " * NESTED),
    "a large file": ("a.yaml", b"a: 1 # " + b"x" * 1_000_000 + b"\n"),
    "a large number": ("a.toml", b"a = " + b"9" * 9000 + b"\n"),
    "UTF-16": ("a.json", '{"a": 1}'.encode("utf-16")),
    "no text": ("a.yaml", b"\xff\xfe\x00"),
}


@pytest.mark.parametrize(("path", "bomb"), BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_not_merged(path: str, bomb: bytes) -> None:
    assert keys.merge_keys(path, bomb, bomb + b"\n", b"# x\n" + bomb) is None
    assert keys.merge_keys(path, None, bomb, b"b = 1\n") is None
    assert keys.sound(path, bomb, bomb, bomb, b"")
