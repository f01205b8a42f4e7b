"""`goldenpath update` and `copier update` on the same histories."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator

import pytest

from tests.conformance.__main__ import GROUPS
from tests.conformance.history import OWN, SHARED, clear, digest
from tests.conformance.verdict import judge
from tests.questionnaire import ROOT

# A few histories of every template, on every push; ours takes as long as the others together.
SOME = {"library": range(6), "service": range(SHARED, SHARED + 6), "docs": range(2 * SHARED, 2 * SHARED + 6)}
OURS = (OWN - 1) * SHARED


@pytest.fixture(scope="module", autouse=True)
def _templates() -> Iterator[None]:
    yield
    clear()


@pytest.mark.parametrize("template", SOME)
def test_a_sample(template: str) -> None:
    _hold(SOME[template])


def test_a_sample_of_ours() -> None:
    _hold([OURS + 3])


@pytest.mark.conformance
@pytest.mark.parametrize("group", range(GROUPS))
def test_all(group: int) -> None:
    _hold(range(group * SHARED, (group + 1) * SHARED))
    clear()


def _hold(seeds: Iterable[int]) -> None:
    verdicts = [judge(seed) for seed in seeds]
    wrong = [verdict for verdict in verdicts if verdict.wrong]
    assert not wrong, "\n\n".join(map(str, wrong))


def test_a_seed_means_the_same_everywhere() -> None:
    seed = 2 * SHARED + 1
    other = subprocess.run(
        [sys.executable, "-c", f"from tests.conformance.history import digest; print(digest({seed}))"],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.strip() == digest(seed)
