"""A plan is a function of what it is made from: processes that walk sets in other orders plan the same."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.update.story import Story, numbered
from tests.update.test_lanes import NAMED, begin

HASH_SEEDS = range(5)


def test_where_several_files_could_be_meant(story: Story) -> None:
    """Two files that become one, twins that are renamed to twins, by the template and by the user."""
    excluded = "_exclude: [template, copier.yml, .git]\n" + NAMED
    ours = ["a.txt", "b.txt", "twins/1.txt", "twins/2.txt", "mine/1.txt", "mine/2.txt"]
    begin(story, dict.fromkeys(ours, numbered()), excluded)
    for name in ours[:4]:
        story.edit({name: numbered(l1=f"mine {name}")})
    story.edit({"mine/1.txt": None, "mine/2.txt": None, "own/1.txt": numbered(), "own/2.txt": numbered()})
    gone: dict[str, str | bytes | None] = dict.fromkeys(ours[:4])
    came = {
        name: numbered(l9="theirs")
        for name in ("c.txt", "other/1.txt", "other/2.txt", "mine/1.txt", "mine/2.txt")
    }
    moves = {"template/moves.yml": '"2": {a.txt: c.txt, b.txt: c.txt}\n'}
    story.release("v2.0.0", gone | came | moves)
    plans = {
        subprocess.run(
            [sys.executable, "-m", "goldenpath", "update", "--dry-run", "--json", str(story.project)],
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
            capture_output=True,
            check=False,
        ).stdout
        for seed in HASH_SEEDS
    }
    assert len(plans) == 1
    assert b'"source": "a.txt"' in plans.pop()
