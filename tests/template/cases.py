"""The variants of the template that are tested: the only list of them.

`CASES` are repositories that people start, each with its golden files; together they contain every choice of every
question. `pairs()` is every pair of answers, in as few repositories as that takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import combinations, product
from typing import Any

import yaml
from allpairspy import AllPairs  # type: ignore[import-untyped]

from tests.questionnaire import EFFECTIVE, ROOT, Spec, choices, computed, questions
from tests.template import jinja

Answers = dict[str, Any]

PROFILE = ROOT / "docs" / "examples" / "profile.yml"
LONG_NAME = "Customer churn of the northern region v1"  # 40 characters, the longest there may be
LONG_TEXT = ("It's 100 % sure: which # of [customers], <b> & $HOME `x` 'leave' \u2013 é, next month? " * 3)[
    :200
].strip()


def profile() -> Answers:
    """The answers of the example organization."""
    answers: Answers = yaml.safe_load(PROFILE.read_text("utf-8"))
    return answers


CASES: Mapping[str, Answers] = {
    "base": {},
    "minimal": {"preset": "minimal", "project_name": "a", "license": "mit"},
    "regression_gitlab": {
        "project_name": LONG_NAME,
        "description": LONG_TEXT,
        "team": "@my-org/my-group/my-team",
        "preset": "custom",
        "task": "regression",
        "ci": "gitlab",
        "license": "apache",
    },
    "online": {"serve": ["online"], "license": "bsd", "team": "@me", "dependency_bot": "none"},
    "embedded": {"serve": ["embedded"], "ci": "none", "task": "regression", "guides": "none"},
    "subproject": {"placement": "subproject", "serve": ["online", "batch"]},
    "azure": {"ci": "azure", "team": "@my-org/my-team", "approvers": "@my-org/ml-approvers"},
    "jenkins": {"ci": "jenkins", "store": "s3://example-bucket/models", "runner_labels": ["linux", "docker"]},
    "circleci": {
        "ci": "circleci",
        "runner_labels": ["my-org", "linux"],
        "store": "gs://example-bucket/models",
    },
    "closed": {**profile(), "network": "closed", "store": "/srv/models"},
    "organization": {**profile(), "team": "@my-org/my-team"},
    "organization_gitlab": {**profile(), "ci": "gitlab", "task": "regression", "team": "@my-org/my-team"},
}

# Run on every push; the others run in the tox environment `live`.
# A minimal one is run each time on a machine without git.
LIVE_SAMPLE = ("base", "regression_gitlab")

# Texts that stand for all others. Of the lists, the choices of a question come from the questionnaire itself.
TEXTS: Mapping[str, list[Any]] = {
    "project_name": ["my-model", "a", LONG_NAME],
    "package_name": ["my_model", "z" * 40],
    "description": ["", LONG_TEXT],
    "team": ["", "@my-org/my-team"],
    "package_index": ["", "https://packages.example.com/simple"],
    "image_registry": ["", "registry.example.com/ml"],
    "base_image": [
        "",
        f"registry.example.com/mirror/python:3.12-slim@sha256:{'0' * 64}",
    ],
    "runner_labels": [[], ["self-hosted", "linux"]],
    "default_branch": ["main", "release/stable"],
    "git_host": ["", "https://git.example.com/my-org"],
    "approvers": ["", "@my-org/ml-approvers"],
    "store": [".store", "s3://example-bucket/models"],
}


def values(name: str, spec: Spec) -> list[Any]:
    """The values of a question that tests try: its choices, for several choices their subsets, or the sample texts.

    An empty choice stands for one of the others.
    """
    offered = [choice for choice in choices(spec) if choice != ""]
    if spec.get("multiselect"):
        return [list(some) for size in range(1, len(offered) + 1) for some in combinations(offered, size)]
    return offered or TEXTS[name]


def resolved(answers: Answers) -> Answers:
    """All answers that a repository stores, with what the empty ones stand for."""
    known = dict(answers)
    for name, spec in computed().items():
        if isinstance(spec.get("default"), str):
            text = jinja.PARSER.from_string(spec["default"]).render(known)
            known[name] = text if spec["type"] == "str" else yaml.safe_load(text)
    return {name: known.get(EFFECTIVE + name, answer) for name, answer in answers.items()}


def is_possible(answers: Answers) -> bool:
    """Whether no validator refuses these answers together, as far as they are given."""
    without = answers.get("registry") == "none" or "online" not in answers.get("serve", ["online"])
    return not (answers.get("deploy", "none") != "none" and without)


@cache
def pairs() -> tuple[Answers, ...]:
    """Answers in which each value of a question occurs together with each value of every other one, if it may."""
    names = list(questions())
    table = [values(name, spec) for name, spec in questions().items()]

    def fits(row: Sequence[int]) -> bool:
        return is_possible({n: column[i] for n, column, i in zip(names, table, row, strict=False)})

    found = AllPairs([range(len(column)) for column in table], filter_func=fits)
    rows = [{n: column[i] for n, column, i in zip(names, table, row, strict=True)} for row in found]
    for (a, first), (b, second) in combinations(zip(names, table, strict=True), 2):
        for x, y in product(first, second):  # with a filter, AllPairs leaves some pairs out
            if is_possible({a: x, b: y}) and not any((row[a], row[b]) == (x, y) for row in rows):
                row = {**rows[0], a: x, b: y}
                rows.append(row if is_possible(row) else {**row, "deploy": "none"})
    return tuple(rows)
