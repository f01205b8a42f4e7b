"""Pins that both sides raised: the newer one is taken, and what nobody can compare stays in dispute."""

from __future__ import annotations

import random
import re
from itertools import product
from typing import NamedTuple

import pytest

from goldenpath.merging.keys.pins import settle
from goldenpath.merging.policies import SAFE
from goldenpath.merging.rules import Rules
from goldenpath.merging.trees import merge_trees
from goldenpath.plan import Change, Raised
from goldenpath.tree import FILE, File


class Case(NamedTuple):
    """A file with a place for what is pinned, and what stands there: in the base, ours, theirs; the newer one last."""

    path: str
    text: str
    base: str
    ours: str
    theirs: str
    name: str = ""


def sha(digit: int) -> str:
    return f"{digit}" * 40


def digest(digit: int) -> str:
    return f"sha256:{str(digit) * 64}"


WORKFLOW = ".github/workflows/check.yml"
STEP = "jobs:\n  check:\n    steps:\n      - uses: {}\n        with: {{lfs: true}}\n"
NAMED_STEP = "jobs:\n  check:\n    steps:\n      - name: Code\n        uses: {}\n"
HOOKS = "repos:\n  - repo: https://github.com/astral-sh/ruff-pre-commit\n    rev: {}\n    hooks:\n      - id: ruff\n"
COMPOSE = "services:\n  db:\n    image: {}\n    init: true\n"
PROJECT = '[project]\nname = "demo"\ndependencies = [\n    {},\n]\n'

RAISED = {
    "a tag of an action": Case(WORKFLOW, STEP, "actions/checkout@v4", "actions/checkout@v5", "actions/checkout@v6"),
    "a version of three numbers": Case(WORKFLOW, NAMED_STEP, "a/b@v1.2.9", "a/b@v1.2.10", "a/b@v1.10.0", "a/b"),
    "an action in a folder, in quotes": Case(WORKFLOW, STEP, '"a/b/c@v1"', '"a/b/c@v2"', '"a/b/c@v3"', "a/b/c"),
    "a commit and the version beside it": Case(
        WORKFLOW, STEP, f"a/b@{sha(1)} # v4.1.0", f"a/b@{sha(2)} # v4.2.0", f"a/b@{sha(3)} # v5.0.0", "a/b"
    ),
    "a commit with its version as bots write it": Case(
        WORKFLOW, STEP, f"a/b@{sha(1)}  # tag=v1", f"a/b@{sha(2)}  # tag=v2", f"a/b@{sha(3)}  # tag=v3", "a/b"
    ),
    "a tag that both gave way to commits": Case(
        WORKFLOW, STEP, "a/b@v4", f"a/b@{sha(2)} # v5.0.1", f"a/b@{sha(3)} # v6.0.0", "a/b"
    ),
    "an action of another forge": Case(
        ".forgejo/workflows/check.yml",
        STEP,
        "https://code.forgejo.org/actions/cache@v3",
        "https://code.forgejo.org/actions/cache@v4",
        "https://code.forgejo.org/actions/cache@v5",
        "https://code.forgejo.org/actions/cache",
    ),
    "an image as an action": Case(WORKFLOW, STEP, "docker://alpine:3.18", "docker://alpine:3.19", "docker://alpine:3.20", "alpine"),
    "hooks": Case(".pre-commit-config.yaml", HOOKS, "v0.9.0", "v0.11.0", "v0.12.1", "astral-sh/ruff-pre-commit"),
    "frozen hooks": Case(
        ".pre-commit-config.yaml",
        HOOKS,
        f"{sha(1)}  # frozen: v0.9.0",
        f"{sha(2)}  # frozen: v0.11.0",
        f"{sha(3)}  # frozen: v0.12.1",
        "astral-sh/ruff-pre-commit",
    ),
    "what a hook installs": Case(
        ".pre-commit-config.yaml",
        HOOKS.format("v1") + "        additional_dependencies:\n          - {}\n",
        "types-requests==2.30",
        "types-requests==2.31.0.1",
        "types-requests==2.32",
        "types-requests",
    ),
    "an image": Case("compose.yaml", COMPOSE, "postgres:15", "postgres:16", "postgres:17", "postgres"),
    "an image of years": Case(".gitlab-ci.yml", "check:\n  image: {}\n", "ubuntu:20.04", "ubuntu:22.04", "ubuntu:24.04", "ubuntu"),
    "an image under its name": Case(
        ".gitlab-ci.yml", "image:\n  name: {}\n  entrypoint: ['']\n", "node:20-slim", "node:22-slim", "node:24-slim", "node"
    ),
    "a container of a job": Case(WORKFLOW, "jobs:\n  a:\n    container: {}\n", "node:20", "node:22", "node:24", "node"),
    "a registry with a port": Case("compose.yml", COMPOSE, "'r.io:5000/a/b:v1'", "'r.io:5000/a/b:v2'", "'r.io:5000/a/b:v3'", "r.io:5000/a/b"),
    "a base image with its digest": Case(
        "Dockerfile",
        "FROM --platform=linux/amd64 {} AS build\nRUN make\n",
        f"python:3.11-slim@{digest(1)}",
        f"python:3.12-slim@{digest(2)}",
        f"python:3.13-slim@{digest(3)}",
        "python",
    ),
    "an image that is copied from": Case(
        "docker/api.Dockerfile",
        "FROM x\nCOPY --from={} /uv /bin/\n",
        "ghcr.io/astral-sh/uv:0.5.1",
        "ghcr.io/astral-sh/uv:0.5.9",
        "ghcr.io/astral-sh/uv:0.5.11",
        "ghcr.io/astral-sh/uv",
    ),
    "a dependency": Case("pyproject.toml", PROJECT, '"ruff==0.9.0"', '"ruff==0.9.9"', '"ruff==0.10.0"', "ruff"),
    "a dependency with extras and a marker": Case(
        "pyproject.toml",
        PROJECT,
        '''"a[x, y]==1; python_version < '3.12'"''',
        '''"a[x, y]==2; python_version < '3.12'"''',
        '''"a[x, y]==3; python_version < '3.12'"''',
        "a",
    ),
    "a version of a tool's own": Case("pyproject.toml", "[tool.uv]\nrequired-version = {}\n", '"==0.5.1"', '"==0.5.2"', '"==0.6"', "required-version"),
    "a requirement": Case("requirements.txt", "b\n{}\nc\n", "a==1.0", "a==1.1", "a==1.1.1", "a"),
    "a requirement with its hashes": Case(
        "requirements/dev.txt",
        "b\n{}\n    # via c\n",
        "a==1 \\\n    --hash=sha256:11",
        "a==2 \\\n    --hash=sha256:22",
        "a==3 \\\n    --hash=sha256:33 \\\n    --hash=sha256:34",
        "a",
    ),
    "a dependency of tox": Case("tox.ini", "[testenv]\ndeps =\n    {}\n", "pytest==8", "pytest==8.1", "pytest==9", "pytest"),
    "a dependency of setuptools": Case("setup.cfg", "[options]\ninstall_requires =\n    {}\n", "a==1", "a==2", "a==3", "a"),
}  # fmt: skip


def update(path: str, *texts: str) -> Change:
    base, ours, theirs = ({path: File(FILE, text.encode())} for text in texts)
    (change,) = merge_trees(base, ours, theirs, Rules(SAFE))
    return change


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("case", RAISED.values(), ids=RAISED)
def test_the_newer_of_two_raised_pins_is_taken_and_listed(case: Case, line_end: str) -> None:
    base, older, newer = (
        case.text.format(said).replace("\n", line_end) for said in (case.base, case.ours, case.theirs)
    )
    change = update(case.path, base, older, newer)
    assert change.kind == "merge", change
    assert change.after
    assert change.after.content.decode() == newer
    (pin,) = change.pins
    assert pin.name == (case.name or "actions/checkout")
    assert pin.taken == "theirs"
    assert f"the template's {pin.theirs} in place of your {pin.ours}" in change.why
    assert change.as_json()["pins"] == [pin._asdict()]
    kept = update(case.path, base, newer, older)
    assert kept.kind == "keep", "ours is the newer one, and nothing is written"
    assert (kept.before, [pin.taken for pin in kept.pins]) == (kept.after, ["ours"])
    assert f"your {kept.pins[0].ours} stays" in kept.why


DISPUTED = {
    "lowered by us": Case(WORKFLOW, STEP, "a/b@v4", "a/b@v3", "a/b@v5"),
    "lowered by both": Case(WORKFLOW, STEP, "a/b@v4", "a/b@v3", "a/b@v2"),
    "another action": Case(WORKFLOW, STEP, "a/b@v4", "a/c@v5", "a/b@v6"),
    "a branch": Case(WORKFLOW, STEP, "a/b@main", "a/b@v5", "a/b@v6"),
    "a commit without its version": Case(WORKFLOW, STEP, "a/b@v4", f"a/b@{sha(1)}", "a/b@v6"),
    "two commits without versions": Case(WORKFLOW, STEP, f"a/b@{sha(1)}", f"a/b@{sha(2)}", f"a/b@{sha(3)}"),
    "a commit with something else beside it": Case(
        WORKFLOW, STEP, f"a/b@{sha(1)} # v4", f"a/b@{sha(2)} # see 5", f"a/b@{sha(3)} # v6"
    ),
    "a commit and a tag": Case(WORKFLOW, STEP, "a/b@v4", f"a/b@{sha(1)} # v5.0.0", "a/b@v6"),
    "any 4.x and one 4.1": Case(WORKFLOW, STEP, "a/b@v4", "a/b@v4.1.0", "a/b@v6"),
    "any 5.x and one 5.1": Case(WORKFLOW, STEP, "a/b@v4", "a/b@v5", "a/b@v5.1.0"),
    "one version, two commits": Case(
        WORKFLOW, STEP, f"a/b@{sha(1)} # v4", f"a/b@{sha(2)} # v5", f"a/b@{sha(3)} # v5"
    ),
    "revisions that are no versions": Case(".pre-commit-config.yaml", HOOKS, "stable", "v2", "v3"),
    "an image without its version": Case("compose.yaml", COMPOSE, "a:1", "a:latest", "a:3"),
    "two variants": Case("Dockerfile", "FROM {}\n", "python:3.11-slim", "python:3.12-slim", "python:3.13-alpine"),
    "two images": Case("Dockerfile", "FROM {}\n", "python:3.11", "pypy:3.12", "python:3.13"),
    "a date and a number": Case("Dockerfile", "FROM {}\n", "a:1.2", "a:2024.1", "a:1.3"),
    "a day and a year": Case("Dockerfile", "FROM {}\n", "a:2024.1", "a:20240601", "a:2024.7"),
    "one tag, two digests": Case("Dockerfile", "FROM {}\n", f"a:1@{digest(1)}", f"a:1@{digest(2)}", f"a:1@{digest(3)}"),
    "a digest on one side": Case("Dockerfile", "FROM {}\n", "a:1", f"a:2@{digest(2)}", "a:3"),
    "a digest alone": Case("Dockerfile", "FROM {}\n", f"a@{digest(1)}", f"a@{digest(2)}", f"a@{digest(3)}"),
    "a variable": Case("Dockerfile", "FROM {}\n", "a:$V", "a:2", "a:3"),
    "ranges": Case("pyproject.toml", PROJECT, '"a>=1,<2"', '"a>=2,<3"', '"a>=3,<4"'),
    "a pin and a range": Case("pyproject.toml", PROJECT, '"a==1"', '"a>=2"', '"a==3"'),
    "two bounds": Case("pyproject.toml", PROJECT, '"a==1,!=2"', '"a==2,!=3"', '"a==3,!=4"'),
    "any 1.x": Case("pyproject.toml", PROJECT, '"a==1.*"', '"a==2.*"', '"a==3.*"'),
    "pre-releases": Case("requirements.txt", "{}\n", "a==1.0rc1", "a==1.0", "a==2.0"),
    "a pre-release on one side": Case("requirements.txt", "{}\n", "a==1.0", "a==1.1", "a==2.0b1"),
    "an epoch": Case("requirements.txt", "{}\n", "a==1.0", "a==1!0.1", "a==2.0"),
    "a local version": Case("requirements.txt", "{}\n", "a==1.0", "a==1.1+cpu", "a==2.0"),
    "arbitrary equality": Case("requirements.txt", "{}\n", "a===1", "a===2", "a===3"),
    "another marker": Case("requirements.txt", "{}\n", "a==1", "a==2; python_version < '3.12'", "a==3"),
    "another extra": Case("requirements.txt", "{}\n", "a==1", "a[x]==2", "a==3"),
    "an address": Case(
        "requirements.txt", "{}\n", "a @ git+https://x/y@v1", "a @ git+https://x/y@v2", "a @ git+https://x/y@v3"
    ),
    "hashes on one side": Case("requirements.txt", "{}\n", "a==1", "a==2 --hash=sha256:22", "a==3"),
    "a comparison": Case(WORKFLOW, "if: {}\n", "matrix.python==3", "matrix.python==4", "matrix.python==5"),
    "a list in a script": Case("a.py", "x = [{}]\n", '"a==1"', '"a==2"', '"a==3"'),
}  # fmt: skip


@pytest.mark.parametrize("case", DISPUTED.values(), ids=DISPUTED)
def test_what_cannot_be_compared_stays_a_conflict(case: Case) -> None:
    base, ours, theirs = (case.text.format(said) for said in (case.base, case.ours, case.theirs))
    for one, other in ((ours, theirs), (theirs, ours)):
        change = update(case.path, base, one, other)
        assert (change.kind, change.pins) == ("conflict", ())
        assert change.after
        lines = change.after.content.decode().splitlines()
        assert set(one.splitlines()) <= set(lines)
        assert set(other.splitlines()) <= set(lines)


def test_a_pin_that_one_side_removed_is_in_dispute() -> None:
    change = update("requirements.txt", "a==1\nb\n", "b\n", "a==2\nb\n")
    assert (change.kind, change.pins) == ("conflict", ())
    assert not settle("requirements.txt", b"", b"a==1\n", b"a==2\n").raised, "nobody knows who raised it"


def test_only_what_the_base_had_is_raised() -> None:
    step = "      - uses: actions/checkout@{}\n"
    job = "  {}:\n    steps:\n" + step + "      - run: make {}\n"
    base = "jobs:\n" + job.format("a", "v4", "a") + job.format("b", "v4", "b")
    ours = (
        "jobs:\n" + job.format("a", "v5", "a") + job.format("own", "v5", "own") + job.format("b", "v4", "b")
    )
    theirs = base.replace("v4", "v6")
    change = update(WORKFLOW, base, ours, theirs)
    assert change.kind == "merge"
    assert change.after
    assert re.findall(r"checkout@(\w+)", change.after.content.decode()) == ["v6", "v5", "v6"]
    assert change.pins == (Raised("actions/checkout", "v4", "v5", "v6", "theirs"),)


def test_a_file_that_the_template_renames_is_written_where_our_pin_is_the_newer() -> None:
    base, ours, theirs = (
        File(FILE, f"FROM python:3.{minor}\nRUN make\nRUN make check\n".encode()) for minor in (11, 13, 12)
    )
    changes = merge_trees(
        {"old/Dockerfile": base}, {"old/Dockerfile": ours}, {"new/Dockerfile": theirs}, Rules(SAFE)
    )
    assert [(change.path, str(change.kind), change.after) for change in changes] == [
        ("new/Dockerfile", "move", ours),
        ("old/Dockerfile", "remove", None),
    ]


def test_a_package_for_several_environments_is_several_pins() -> None:
    text = "a=={}; python_version < '3.12'\na=={}; python_version >= '3.12'\n"
    change = update("requirements.txt", text.format(1, 1), text.format(2, 3), text.format(3, 2))
    assert change.after
    assert change.after.content.decode() == text.format(3, 3)
    assert [pin.taken for pin in change.pins] == ["theirs", "ours"]


def test_one_line_may_pin_several() -> None:
    text = 'dev = ["pytest=={}", "ruff=={}"]\n'
    change = update(
        "pyproject.toml", text.format("8.0", "1"), text.format("8.1", "3"), text.format("9.0", "2")
    )
    assert change.after
    assert change.after.content.decode() == text.format("9.0", "3")


def test_what_stands_beside_a_pin_is_merged_too() -> None:
    base = HOOKS.format("v0.9.0")
    ours = HOOKS.format("v0.10.0") + "      - id: ours\n"
    theirs = HOOKS.format("v0.11.0") + "      - id: theirs\n"
    change = update(".pre-commit-config.yaml", base, ours, theirs)
    assert change.kind == "merge"
    assert change.after
    assert change.after.content.decode() == HOOKS.format("v0.11.0") + "      - id: ours\n      - id: theirs\n"


@pytest.mark.parametrize("content", [b"\xff==1\n", b"a==1\n\xff\n", b"a==\n", b"uses: a@v1", b"- rev: v1\n"])
def test_what_is_no_text_or_half_of_it_is_left_alone(content: bytes) -> None:
    for path in ("requirements.txt", "a.yml", "a.toml", "Dockerfile", "a.ini", "a.json"):
        sides = content + b"# base\n", content + b"# ours\n", content + b"# theirs\n"
        assert settle(path, *sides) == (*sides[1:], ())


LISTS = {
    "requirements.txt": ("{}", "{}=={}.{}.0\n"),
    "pyproject.toml": ("[project]\ndependencies = [\n{}]\n", '    "{}=={}.{}.0",\n'),
    "tox.ini": ("[testenv]\ndeps =\n{}", "    {}=={}.{}.0\n"),
    "compose.yaml": ("services:\n{}", "  {0}:\n    image: {0}:{1}.{2}\n"),
    ".pre-commit-config.yaml": (
        "repos:\n{}",
        "  - repo: https://x/o/{}\n    rev: v{}.{}.0\n    hooks:\n      - id: a\n",
    ),
}
Version = tuple[int, int]


def moved(version: Version, how: str) -> Version:
    major, minor = version
    return {
        "keep": version,
        "minor": (major, minor + 1),
        "major": (major + 1, 0),
        "more": (major + 2, minor),
        "lower": (major - 1, minor),
    }[how]


def rendered(path: str, pins: dict[str, Version]) -> str:
    frame, item = LISTS[path]
    return frame.format("".join(item.format(name, *version) for name, version in pins.items()))


def chosen(text: str, side: int) -> str:
    """The text with ours (1) or theirs (2) in each conflict."""
    pattern = r"^<{7} [^\n]*\n(.*?)^\|{7} [^\n]*\n.*?^={7}\n(.*?)^>{7} [^\n]*\n"
    return re.sub(pattern, lambda found: str(found[side]), text, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("path", LISTS)
def test_each_pin_goes_its_own_way(path: str) -> None:
    """Any moves of any pins beside each other: what both raised is the newer, what is in dispute is in marks."""
    seen = {"merge": 0, "conflict": 0}
    ways = ["keep", "keep", "keep", "minor", "major", "more", "lower"]
    for seed in range(120):
        rng = random.Random(seed)  # noqa: S311  # nothing secret
        base = {f"pkg{n}": (rng.randrange(1, 20), rng.randrange(20)) for n in range(rng.randrange(1, 7))}
        ours, theirs = ({name: moved(old, rng.choice(ways)) for name, old in base.items()} for _ in "ab")
        mine, others = dict(base), dict(base)
        for name, old in base.items():
            one, other = ours[name], theirs[name]
            both = one > old and other > old
            mine[name] = max(one, other) if both else other if one == old else one
            others[name] = max(one, other) if both else one if other == old else other
        if base in (ours, theirs) or ours == theirs or mine == others == ours:
            continue
        change = update(path, *(rendered(path, side) for side in (base, ours, theirs)))
        assert change.after
        text = change.after.content.decode()
        seen["conflict" if change.kind == "conflict" else "merge"] += 1
        assert (change.kind == "conflict") == (mine != others), seed
        assert chosen(text, 1) == rendered(path, mine), seed
        assert chosen(text, 2) == rendered(path, others), seed
        assert text.count("<<<<<<< ") == sum(mine[name] != others[name] for name in base), seed
    assert min(seen.values()) > 10


def test_of_all_orders_only_raised_beside_raised_is_settled() -> None:
    for old, one, other in product(range(1, 4), repeat=3):
        sides = (f"a=={version}\n".encode() for version in (old, one, other))
        settled = settle("requirements.txt", *sides)
        assert bool(settled.raised) == (one > old and other > old and one != other)
