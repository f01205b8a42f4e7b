"""Files that both sides added or changed, entry by entry: united where nothing is in dispute, marks around the rest."""

from __future__ import annotations

import json
import random
import re
import tomllib
from configparser import ConfigParser
from typing import Any, NamedTuple

import pytest
import yaml

from goldenpath.merging import keys
from goldenpath.merging.keys import make
from goldenpath.merging.keys.entries import Dispute
from goldenpath.merging.policies import SAFE
from goldenpath.merging.rules import Rules
from goldenpath.merging.trees import merge_trees
from goldenpath.plan import Change, Kind
from goldenpath.tree import FILE, File


class Case(NamedTuple):
    """What each side has, and what comes out; `{{` and `|` and `}}` stand for the marks of a conflict."""

    path: str
    base: str | None
    ours: str
    theirs: str
    result: str


def update(path: str, base: str | None, ours: str, theirs: str) -> Change:
    old = {} if base is None else {path: File(FILE, base.encode())}
    mine, others = File(FILE, ours.encode()), File(FILE, theirs.encode())
    found = merge_trees(old, {path: mine}, {path: others}, Rules(SAFE))
    return found[0] if found else Change(path, Kind.KEEP, mine, mine, "nothing to do")


def in_dispute(ours: str, theirs: str, base: str = "") -> str:
    return (
        f"<<<<<<< before updating\n{ours}||||||| last update\n{base}=======\n{theirs}>>>>>>> after updating\n"
    )


def chosen(text: str, side: int) -> str:
    pattern = r"^<{7} [^\n]*\n(.*?)^\|{7} [^\n]*\n.*?^={7}\n(.*?)^>{7} [^\n]*\n"
    return re.sub(pattern, lambda found: str(found[side]), text, flags=re.MULTILINE | re.DOTALL)


MINE = """\
# Our project
[project]
name = "demo"
dependencies = [
    "numpy>=2",
    "httpx",  # our client
]

# Lines are long here
[tool.ruff]
line-length = 100

[tool.ruff.lint]
select = ["E", "F"]

[[tool.mypy.overrides]]
module = "ours.*"
strict = false
"""

NEW = """\
# From the template
[build-system]
requires = ["hatchling"]

[project]
name = "demo"
# What it needs
dependencies = [
    "pandas",
    "numpy>=2"
]

[dependency-groups]
dev = ["pytest"]

[tool.ruff.lint]
select = ["E", "I"]  # and imports

[[tool.mypy.overrides]]
module = "theirs.*"
ignore_missing_imports = true
"""

RULES = ".PHONY: test\n\ntest: ## ours\n\tpytest -x\n"

UNITED = {
    "a project file, none of whose values is in dispute": Case(
        "pyproject.toml",
        None,
        MINE,
        NEW,
        """\
# From the template
[build-system]
requires = ["hatchling"]

# Our project
[project]
name = "demo"
# What it needs
dependencies = [
    "pandas",
    "numpy>=2",
    "httpx",  # our client
]

# Lines are long here
[tool.ruff]
line-length = 100

[dependency-groups]
dev = ["pytest"]

[tool.ruff.lint]
select = ["E", "F", "I"]  # and imports

[[tool.mypy.overrides]]
module = "ours.*"
strict = false

[[tool.mypy.overrides]]
module = "theirs.*"
ignore_missing_imports = true
""",
    ),
    "comments above equal values": Case(
        "a.toml", None, "# Ours\na = 1\nb = 2\n", "# Theirs\na = 1\nc = 3\n", "# Ours\n# Theirs\na = 1\nb = 2\nc = 3\n"
    ),
    "equal values, written in two ways": Case(
        "a.toml", None, "a = ['x']\nb = 1\n", 'a = ["x"]  # why\nc = 1\n', "# why\na = ['x']\nb = 1\nc = 1\n"
    ),
    "keys before the first table": Case("a.toml", None, "[t]\nx = 1\n", "y = 2\n\n[t]\nx = 1\n", "y = 2\n\n[t]\nx = 1\n"),
    "sections and options": Case(
        "setup.cfg",
        None,
        "[metadata]\nname = demo\n\n[flake8]\nmax-line-length = 100\n",
        "[metadata]\nname = demo\nlicense = MIT\n\n[options]\ninstall_requires =\n    a\n",
        "[metadata]\nname = demo\nlicense = MIT\n\n[flake8]\nmax-line-length = 100\n\n[options]\ninstall_requires =\n    a\n",
    ),
    "environments of tox": Case(
        "tox.ini",
        "[testenv]\ndeps =\n    pytest\ncommands = pytest\n",
        "[testenv]\ndeps =\n    pytest\n    ours\ncommands = pytest\n",
        "[testenv]\ndeps =\n    pytest\n    theirs>=1\ncommands = pytest\n",
        "[testenv]\ndeps =\n    pytest\n    ours\n    theirs>=1\ncommands = pytest\n",
    ),
    "rules of make": Case(
        "Makefile",
        None,
        RULES,
        ".PHONY: lint\n\n# Style\nlint:\n\truff check\n\ntest: ## ours\n\tpytest -x\n",
        ".PHONY: test lint\n\n# Style\nlint:\n\truff check\n\ntest: ## ours\n\tpytest -x\n",
    ),
    "requirements in two places": Case(
        "requirements.txt",
        "# Web\nflask\n# Data\nnumpy\n",
        "# Web\nflask\nhttpx>=1  # ours\n# Data\nnumpy\n",
        "# Web\nflask>=3\n# Data\nnumpy\npandas\n",
        "# Web\nflask>=3\nhttpx>=1  # ours\n# Data\nnumpy\npandas\n",
    ),
    "a requirement that both added, in two places": Case(
        "requirements-dev.txt", "a\nb\n", "c>=1\na\nb\n", "a\nb\nC >= 1\n", "c>=1\na\nb\n"
    ),
    "requirements with options, addresses and hashes": Case(
        "constraints.txt",
        None,
        "-r base.txt\n-e .\na==1 \\\n    --hash=sha256:11\n",
        "-r base.txt\nb @ https://x/b.whl\na==1 \\\n    --hash=sha256:11\n",
        "-r base.txt\n-e .\nb @ https://x/b.whl\na==1 \\\n    --hash=sha256:11\n",
    ),
    "hooks": Case(
        ".pre-commit-config.yaml",
        None,
        "repos:\n  - repo: https://a/b\n    rev: v1\n    hooks:\n      - id: x\n",
        "# Template\nrepos:\n  - repo: https://c/d\n    rev: v2\n    hooks:\n      - id: y\n",
        "# Template\nrepos:\n  - repo: https://a/b\n    rev: v1\n    hooks:\n      - id: x\n"
        "  - repo: https://c/d\n    rev: v2\n    hooks:\n      - id: y\n",
    ),
    "jobs": Case(
        ".github/workflows/a.yml",
        None,
        "on: push\njobs:\n  a:\n    steps:\n      - run: a\n",
        "on: push\npermissions: {}\njobs:\n  b:\n    steps:\n      - run: b\n",
        "on: push\npermissions: {}\njobs:\n  a:\n    steps:\n      - run: a\n  b:\n    steps:\n      - run: b\n",
    ),
}  # fmt: skip

DISPUTED = {
    "values of a project file": Case(
        "pyproject.toml",
        None,
        '[project]\nname = "demo"\n\n[tool.ruff]\nline-length = 100\n',
        '[project]\nname = "demo"\nversion = "1"\n\n[tool.ruff]\nline-length = 88\nfix = true\n',
        '[project]\nname = "demo"\nversion = "1"\n\n[tool.ruff]\n'
        + in_dispute("line-length = 100\n", "line-length = 88\n")
        + "fix = true\n",
    ),
    "one dependency of several": Case(
        "pyproject.toml",
        '[project]\ndependencies = [\n    "a>=1",\n    "b",\n]\n',
        '[project]\ndependencies = [\n    "a>=2",\n    "b",\n    "ours",\n]\n',
        '[project]\ndependencies = [\n    "a>=3",\n    "b",\n    "theirs",\n]\n',
        "[project]\ndependencies = [\n"
        + in_dispute('    "a>=2",\n', '    "a>=3",\n', '    "a>=1",\n')
        + '    "b",\n    "ours",\n    "theirs",\n]\n',
    ),
    "removed and changed": Case(
        "pyproject.toml",
        "[a]\nx = 1\ny = 1\n\n[b]\nz = 1\n",
        "[a]\nx = 1\n\n[b]\nz = 2\n",
        "[a]\nx = 3\ny = 3\n\n[b]\nz = 1\n",
        "[a]\nx = 3\n" + in_dispute("", "y = 3\n", "y = 1\n") + "\n[b]\nz = 2\n",
    ),
    "a table and a key of one name": Case(
        "pyproject.toml",
        None,
        "[a]\nx = 1\nb = 1\n\n[z]\ny = 1\n",
        "[a]\nx = 1\n\n[a.b]\nd = 1\n\n[z]\ny = 1\n",
        "[a]\nx = 1\n" + in_dispute("b = 1\n", "\n[a.b]\nd = 1\n") + "\n[z]\ny = 1\n",
    ),
    "a recipe": Case(
        "Makefile",
        None,
        RULES,
        "PYTHON ?= python\n\ntest: ## ours\n\t$(PYTHON) -m pytest\n\ndocs:\n\tmkdocs\n",
        ".PHONY: test\n\nPYTHON ?= python\n\ntest: ## ours\n"
        + in_dispute("\tpytest -x\n", "\t$(PYTHON) -m pytest\n")
        + "\ndocs:\n\tmkdocs\n",
    ),
    "an option": Case(
        "setup.cfg",
        None,
        "[metadata]\nname = demo\n\n[flake8]\nmax-line-length = 100\n",
        "[metadata]\nname = demo\n\n[flake8]\nmax-line-length = 88\nignore = E203\n",
        "[metadata]\nname = demo\n\n[flake8]\n"
        + in_dispute("max-line-length = 100\n", "max-line-length = 88\n")
        + "ignore = E203\n",
    ),
    "a requirement": Case(
        "requirements/base.in",
        "a>=1\nb\n",
        "a>=2\nb\nours\n",
        "a>=3\nb\ntheirs\n",
        in_dispute("a>=2\n", "a>=3\n", "a>=1\n") + "b\nours\ntheirs\n",
    ),
    "a revision of hooks": Case(
        ".pre-commit-config.yaml",
        "repos:\n  - repo: https://a/b\n    rev: v2\n    hooks:\n      - id: x\n",
        "repos:\n  - repo: https://a/b\n    rev: v1\n    hooks:\n      - id: x\n      - id: ours\n",
        "repos:\n  - repo: https://a/b\n    rev: v3\n    hooks:\n      - id: x\n      - id: theirs\n",
        "repos:\n  - repo: https://a/b\n"
        + in_dispute("    rev: v1\n", "    rev: v3\n", "    rev: v2\n")
        + "    hooks:\n      - id: x\n      - id: ours\n      - id: theirs\n",
    ),
    "the first line of an item": Case(
        "a.yaml",
        "l:\n  - a: 1\n    name: x\n",
        "l:\n  - a: 2\n    name: x\n    b: 1\n",
        "l:\n  - a: 3\n    name: x\n    c: 1\n",
        "l:\n"
        + in_dispute(
            "  - a: 2\n    name: x\n    b: 1\n", "  - a: 3\n    name: x\n    c: 1\n", "  - a: 1\n    name: x\n"
        ),
    ),
    "scripts of a package": Case(
        "package.json",
        None,
        '{\n  "name": "demo",\n  "scripts": {\n    "build": "a",\n    "test": "x"\n  }\n}\n',
        '{\n  "scripts": {\n    "build": "b",\n    "lint": "y"\n  },\n  "type": "module"\n}\n',
        '{\n  "name": "demo",\n  "scripts": {\n'
        + in_dispute('    "build": "a",\n', '    "build": "b",\n')
        + '    "test": "x",\n    "lint": "y"\n  },\n  "type": "module"\n}\n',
    ),
    "arguments, as a whole": Case(
        "a.yaml",
        None,
        "args:\n  - a\n  - b\nx: 1\n",
        "args:\n  - a\n  - c\ny: 1\n",
        "args:\n  - a\n" + in_dispute("  - b\n", "  - c\n") + "x: 1\ny: 1\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", UNITED.values(), ids=UNITED)
def test_what_is_not_in_dispute_is_united(case: Case) -> None:
    change = update(*case[:4])
    assert change.after
    assert change.after.content.decode() == case.result
    assert change.kind in {"merge", "keep"}


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("case", DISPUTED.values(), ids=DISPUTED)
def test_marks_stand_around_what_is_in_dispute_alone(case: Case, line_end: str) -> None:
    texts = [text and text.replace("\n", line_end) for text in case[1:]]
    base, ours, theirs, result = texts
    change = update(case.path, base, ours or "", theirs or "")
    assert change.after
    assert change.after.content.decode() == result
    assert change.kind == "conflict"
    assert change.sides
    assert change.why.endswith("merged by keys, save what is in dispute")
    assert [side.content.decode() if side else None for side in change.sides] == [base, ours, theirs]


def test_the_default_target_of_make_stays_ours() -> None:
    change = update("Makefile", None, "all:\n\tx\n\nz:\n\ty\n", "help:\n\th\n\nall:\n\tx\n")
    assert change.after
    assert [each.key for each in make.statements(change.after.content.decode())] == ["all:", "z:", "help:"]


def test_makefiles_are_read_as_make_reads_them() -> None:
    text = (
        "A := 1\nexport B ?= 2\nC = a:b\nx y: z # w\n\ta: b\n# note\n\tc = d\n\nifdef A\nq:\n\tr\nendif\n"
        "%.o: %.c\n\tcc\ndefine D\ne: f\nendef\nall:: x\n\tone\n-include m.mk\nL = 1 \\\n  2\n$(OUT): $(IN)\n"
    )
    found = make.statements(text)
    assert [each.key for each in found] == [
        "A =", "B =", "C =", "x y:", "ifdef A", "%.o:", "define D", "all:", "-include m.mk", "L =", "$(OUT):",
    ]  # fmt: skip
    assert text[found[3].start : found[3].stop] == "x y: z # w\n\ta: b\n# note\n\tc = d\n"


@pytest.mark.parametrize("text", ["a:\n\tx\na:\n\tx\n", "ifdef A\nb:\n", "a:\n\tx\nno rule\n"])
def test_what_make_does_not_read_so_is_not_split(text: str) -> None:
    with pytest.raises(ValueError, match=r"twice|end|make"):
        make.statements(text)
    assert keys.marked("Makefile", None, text.encode(), b"c:\n") is None


def test_a_line_merge_that_asks_for_one_thing_twice_is_not_taken() -> None:
    """Git puts both in without a conflict; pip and make would refuse or lose one."""
    base = "".join(f"pkg{n}\n" for n in range(9))
    change = update("requirements.txt", base, "new>=1\n" + base, base + "new>=2\n")
    assert change.kind == "conflict"
    rules = "".join(f"t{n}:\n\tx{n}\n\n" for n in range(9))
    change = update("Makefile", rules, "new:\n\ta\n\n" + rules, rules + "new:\n\tb\n")
    assert change.kind == "conflict"
    assert change.after
    assert change.after.content.decode().count("<<<<<<<") == 1


def test_a_text_that_lacks_a_change_of_a_side_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong in splitting a text: what comes out is held against the data of both sides."""
    sides = b"a: 1\nl: [x, y]\n", b"a: 2\nl: [x, y, z]\n", b"a: 3\nl: [x]\n"
    dispute = Dispute("a: 1\n", "a: 2\n", "a: 3\n")
    for rest, taken in (
        ("l: [x, z]\n", True),
        ("l: [x]\n", False),
        ("l: [x, y, z]\n", False),
        ("l: [x, z", False),
    ):
        monkeypatch.setattr("goldenpath.merging.keys.entries.united", lambda *_, rest=rest: [dispute, rest])
        assert (keys.marked("a.yaml", *sides) is not None) == taken, rest


def word(rng: random.Random) -> str:
    return "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=7))


Data = dict[str, dict[str, str]]


def edited(rng: random.Random, data: Data, hot: list[tuple[str, str]], side: str) -> Data:
    """The data with values of its own, some of them where the other side changes too."""
    result = {section: dict(keys) for section, keys in data.items()}
    for section in [*result]:
        for key in [*result[section]]:
            if (section, key) in hot:
                result[section][key] = f"{side}{word(rng)}"
        if rng.random() < 0.5:
            result[section][f"{side}{word(rng)}"] = word(rng)
    if rng.random() < 0.5:
        result[f"{side}{word(rng)}"] = {f"k{word(rng)}": word(rng)}
    return result


def as_toml(data: Data, note: str) -> str:
    return _sections(data, note, "[{}]", '{} = "{}"')


def as_ini(data: Data, note: str) -> str:
    return _sections(data, note, "[{}]", "{} = {}")


def as_yaml(data: Data, note: str) -> str:
    return _sections(data, note, "{}:", "  {}: {}")


def _sections(data: Data, note: str, head: str, line: str) -> str:
    blocks = []
    for section, entries in data.items():
        rows = [row for key, said in entries.items() for row in (f"# {note} {key}", line.format(key, said))]
        if head.endswith(":"):
            rows = [row if not row.startswith("#") else f"  {row}" for row in rows]
        blocks.append("\n".join([head.format(section), *rows]))
    return "\n\n".join(blocks) + "\n"


def from_ini(text: str) -> Data:
    parser = ConfigParser(interpolation=None)
    parser.read_string(text)
    return {name: dict(parser[name]) for name in parser.sections()}


def as_json(data: Data, note: str) -> str:
    return json.dumps(data, indent=2) + "\n"


FORMATS: dict[str, tuple[Any, Any]] = {
    "a.toml": (as_toml, tomllib.loads),
    "setup.cfg": (as_ini, from_ini),
    "a.yaml": (as_yaml, yaml.safe_load),
    "a.json": (as_json, json.loads),
}


@pytest.mark.parametrize("based", [True, False], ids=["changed", "added"])
@pytest.mark.parametrize("path", FORMATS)
def test_only_entries_in_dispute_are_between_marks(path: str, based: bool) -> None:
    """Each choice is the data of a merge that decides the disputes so, and no comment is lost."""
    dump, load = FORMATS[path]
    for seed in range(80):
        rng = random.Random(seed)  # noqa: S311  # nothing secret
        base = {
            f"s{word(rng)}": {word(rng): word(rng) for _ in range(rng.randrange(1, 5))}
            for _ in range(rng.randrange(2, 5))
        }
        leaves = [(section, key) for section, keys in base.items() for key in keys]
        hot = rng.sample(leaves, rng.randrange(1, min(4, len(leaves)) + 1))
        ours, theirs = (edited(rng, base, hot, side) for side in ("our", "their"))
        wanted = {section: dict(ours.get(section, {})) for section in {**ours, **theirs}}
        for section, entries in theirs.items():
            wanted[section] = {**entries, **wanted[section]}
        old = dump(base, "base") if based else None
        change = update(path, old, dump(ours, "base"), dump(theirs, "base"))
        assert change.after
        text = change.after.content.decode()
        assert load(chosen(text, 1)) == wanted, seed
        for section, key in hot:
            wanted[section][key] = theirs[section][key]
        assert load(chosen(text, 2)) == wanted, seed
        assert text.count("<<<<<<<") == len(hot), text
        said = (dump(ours, "base") + dump(theirs, "base")).splitlines()
        lost = [line for line in said if line.rstrip(",") not in text]
        assert not lost, seed


@pytest.mark.parametrize("path", ["a.toml", "a.yaml", "a.ini", "Makefile", "requirements.txt", "a.json"])
def test_random_bytes_break_nothing(path: str) -> None:
    rng = random.Random(3)  # noqa: S311  # nothing secret
    parts = [
        b"[a]\n",
        b"a = 1\n",
        b"a:\n",
        b"\tb\n",
        b"  - c\n",
        b"]",
        b'"""',
        b"\\\n",
        b"# x\n",
        b"d==1\n",
        b"-e .\n",
    ]
    for _ in range(400):
        sides = [
            b"".join(rng.choice([*parts, rng.randbytes(2)]) for _ in range(rng.randrange(9)))
            for _ in range(3)
        ]
        ours, theirs = sides[1:]
        for base in (sides[0], None):
            merged = keys.merge_keys(path, base, ours, theirs)
            assert merged is None or keys.sound(path, base, ours, theirs, merged)
            marked = keys.marked(path, base, ours, theirs)
            assert marked is None or b"<<<<<<<" in marked
