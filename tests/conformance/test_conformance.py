"""`goldenpath update` and `copier update` on the same histories."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random

import pytest

from tests.conformance import order
from tests.conformance.__main__ import GROUPS
from tests.conformance.families import FAMILIES
from tests.conformance.history import OWN, SHARED, clear, digest
from tests.conformance.manners import MANNERS
from tests.conformance.verdict import judge
from tests.questionnaire import ROOT

# A few histories of every template and one of each manner, on every push; ours takes as long as the others together.
SOME = {
    f"{family.name}, {manner.name}": range(group * SHARED, group * SHARED + (1 if number else 4))
    for number, manner in enumerate(MANNERS)
    for group, family in enumerate(FAMILIES, number * len(FAMILIES))
}
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


@pytest.mark.parametrize(
    ("histories", "hash_seeds"), [(6, 3), pytest.param(60, 20, marks=pytest.mark.conformance)], ids=str
)
def test_a_plan_hangs_on_no_hash(histories: int, hash_seeds: int, tmp_path: Path) -> None:
    """Histories of all templates but ours, each with other hash seeds: the same JSON, order included."""
    chance = Random()  # noqa: S311 - others at each run; what fails is printed
    seeds = [kind * SHARED + number for kind in range(3) for number in range(histories // 3)]
    listed = order.prepare(seeds, tmp_path)
    chosen = [0, *(chance.randrange(1, 2**32) for _ in range(hash_seeds - 1))]
    print(f"histories {seeds}, hash seeds {chosen}")
    first, *others = (order.plans(listed, hash_seed) for hash_seed in chosen)
    assert len(json.loads(first)) == 2 * histories
    assert '"kind": "' in json.loads(first)[0]
    for hash_seed, other in zip(chosen[1:], others, strict=True):
        assert other == first, f"hash seed {hash_seed} plans otherwise"


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
