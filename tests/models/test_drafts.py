"""A drafted schema accepts the rows that it is drafted from, and says of them what a person would."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.models.conftest import in_one_process

DRAFT = """
import io, json, sys
import pandas as pd, yaml
from goldenpath_runtime.prepare import validate_rows
from goldenpath_runtime.schema import Schema, draft

drafts = []
for text in json.load(sys.stdin):
    rows = pd.read_csv(io.StringIO(text))
    drafts.append(draft(rows))
    kept = validate_rows(Schema.model_validate(yaml.safe_load(drafts[-1])), rows)
    assert len(kept) == len(rows)
print(json.dumps(drafts))
"""

MANY = range(30)
EXPECTED = {
    "constant": ("a\n123456789\n123456789\n", "a: {type: integer, min: 123456789, max: 123456789}"),
    "close together": ("a\n1000000001\n1000000011\n", "a: {type: integer, min: 1000000000, max: 1000000012}"),
    "never negative": ("a\n0.5\n9.5\n", "a: {type: number, min: 0.0, max: 10.4}"),
    "sometimes negative": ("a\n-5\n5\n", "a: {type: integer, min: -6, max: 6}"),
    "too large to be exact": ("a\n1e20\n2e20\n", "a: {type: number, min: 9.0e+19, max: 2.1e+20}"),
    "true, false, unknown": ("a,b\nTrue,1\n,2\nFalse,3\n", "a: {type: boolean, nullable: true}"),
    "a few dates": ("a\n2026-01-01\n2026-02-01\n", "a: {type: time}"),
    "local times": ("a\n2026-03-29T01:30+01:00\n2026-03-29T03:30+02:00\n", "a: {type: time}"),
    "nothing at all": ("a,b\n,1\n,2\n", "a: {type: integer, nullable: true}"),
    "different texts": ("a\n" + "".join(f"text {i}\n" for i in MANY), "a: {type: text}"),
    "ids": ("a_id\n" + "".join(f"{i}\n" for i in MANY), "a_id: {type: integer, feature: false}"),
    "ids of letters": ("aId\n" + "".join(f"x{i}\n" for i in MANY), "aId: {type: text, feature: false}"),
    "few ids": ("id\n" + "".join(f"{i}\n" for i in MANY[1:]), "id: {type: integer, min: 0, max: 32}"),
    "ids that come again": ("id\n" + "1\n" * 30, "id: {type: integer, min: 1, max: 1}"),
    "different numbers": ("a\n" + "".join(f"{i}\n" for i in MANY), "a: {type: integer, min: 0, max: 32}"),
    "words of YAML": ("a\nyes\nno\n", "values: ['no', 'yes']"),
}


@pytest.fixture(scope="module")
def drafts(project: Path, env: dict[str, str]) -> dict[str, str]:
    """What is drafted for each of the files."""
    texts = in_one_process(project, env, DRAFT, [text for text, _ in EXPECTED.values()])
    return dict(zip(EXPECTED, texts, strict=True))


@pytest.mark.parametrize("name", EXPECTED)
def test_draft(name: str, drafts: dict[str, str]) -> None:
    assert EXPECTED[name][1] in drafts[name]
