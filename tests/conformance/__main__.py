"""`python -m tests.conformance SEED …` judges these histories, `--all` as many as the suite promises."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.conformance.history import SHARED, clear
from tests.conformance.verdict import NO_MEASURE, Verdict, judge

GROUPS = 50


def main() -> int:
    """Print every difference and a count; 1 if there is one."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("seeds", nargs="*", type=int)
    parser.add_argument("--all", action="store_true", help=f"seeds 0 to {GROUPS * SHARED - 1}")
    parser.add_argument("--groups", help="groups of seeds that share a template, as FIRST-LAST")
    parser.add_argument("--jobs", type=int, default=2)
    chosen = parser.parse_args()
    groups = [chosen.seeds] if chosen.seeds else []
    if chosen.all or chosen.groups:
        first, last = map(int, (chosen.groups or f"0-{GROUPS - 1}").split("-"))
        groups += [list(range(n * SHARED, (n + 1) * SHARED)) for n in range(first, last + 1)]
    verdicts: list[Verdict] = []
    with ProcessPoolExecutor(min(chosen.jobs, len(groups) or 1), initializer=undisturbed) as pool:
        for some in pool.map(judge_all, groups):
            verdicts += some
            for verdict in some:
                if verdict.wrong:
                    print(verdict, end="\n\n", flush=True)
    print(summary(verdicts))
    return int(any(verdict.wrong for verdict in verdicts))


def undisturbed() -> None:
    """Let git and Copier see no settings of this machine."""
    home = Path(tempfile.mkdtemp(prefix="conformance-settings-"))
    (home / "copier.yml").write_text("{}\n")
    (home / "gitconfig").touch()
    os.environ |= {
        "COPIER_SETTINGS_PATH": str(home / "copier.yml"),
        "COPIER_CACHE_DIR": str(home / "cache"),
        "GIT_CONFIG_GLOBAL": str(home / "gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_STATE_HOME": str(home / "state"),
    }


def judge_all(seeds: list[int]) -> list[Verdict]:
    """The verdicts on these seeds; what their templates took on the disk is given back."""
    try:
        return [judge(seed) for seed in seeds]
    finally:
        clear()


def summary(verdicts: list[Verdict]) -> str:
    """How many histories there were, of what sort, and how many are wrong."""
    kinds = Counter(kind for verdict in verdicts for kind in verdict.kinds)
    wrong, conflict, failed = (
        sum(map(bool, of)) for of in zip(*((v.wrong, v.conflict, v.failed) for v in verdicts), strict=True)
    )
    unmeasured = sum(verdict.failed == NO_MEASURE for verdict in verdicts)
    lines = [
        (
            f"{len(verdicts)} histories: {wrong} wrong, {conflict} in conflict, {failed - unmeasured} on which Copier breaks off,"
            f" {unmeasured} in which it is no measure"
        ),
        f"templates: {dict(Counter(v.template for v in verdicts))}",
        *(f"{count:5} {kind}" for kind, count in kinds.most_common()),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
