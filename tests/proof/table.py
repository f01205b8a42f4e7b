"""Writes docs/ci-defects.md: every seeded defect, and who finds it. Run by `make preview`; a test holds the page to the tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.proof.defects_azure import DEFECTS as AZURE
from tests.proof.defects_circleci import DEFECTS as CIRCLECI
from tests.proof.defects_github import DEFECTS as GITHUB
from tests.proof.defects_gitlab import DEFECTS as GITLAB
from tests.proof.defects_jenkins import LINTED, RUN, WRITTEN
from tests.questionnaire import ROOT

PAGE = Path("docs/ci-defects.md")
HEAD = """# Seeded defects

Each is put into a rendered file of that system, and must be found by the one that is named. Made by `make preview` from
`tests/proof/defects_*.py`; what the names mean stands there.

| system | defect | in | found by |
| --- | --- | --- | --- |
"""


def rows() -> Iterator[tuple[str, str, str, str]]:
    """System, defect, file and judge."""
    for system, defects in (("GitHub", GITHUB), ("GitLab", GITLAB), ("Azure", AZURE), ("CircleCI", CIRCLECI)):
        for what, path, _, _, judge, *_ in defects:
            yield system, what, str(path), judge
    for what, path, _, _, judge, _ in (*WRITTEN, *RUN, *LINTED):
        yield "Jenkins", what, path, judge


def page() -> str:
    """The whole page."""
    return HEAD + "".join(
        f"| {system} | {what} | `{path}` | {judge.removeprefix('test_').replace('_', ' ')} |\n"
        for system, what, path, judge in rows()
    )


def main() -> None:
    """Write it."""
    (ROOT / PAGE).write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
