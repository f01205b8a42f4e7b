"""The judges are not decoration: each defect in the Dockerfile, a script or a bot's file is caught by one of them, by name.

Those of the CI systems are in defects_github.py, defects_gitlab.py and so on.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proof.defect import Defect, seed
from tests.proof.defects_github import CHECK, CHECKOUT
from tests.proof.linters import judges
from tests.proof.table import PAGE, page
from tests.questionnaire import ROOT
from tests.support import generate, read_tree
from tests.template.output_rules import versions_are_quoted

DEFECTS = [
    Defect("unquoted word", "ci/prepare.sh", '"$missing"', "$missing", "shellcheck", "SC2086"),
    Defect("not POSIX", "ci/prepare.sh", "if [ -z", "if [[ -z", "shellcheck", "SC3010|SC1033"),
    Defect("wrong value", "renovate.json", '"7 days"', "7", "schemas", "minimumReleaseAge"),
    Defect(
        "base without version",
        "Dockerfile",
        "FROM ${BASE_IMAGE} AS serve",
        "FROM python AS serve",
        "hadolint",
        "DL3006",
    ),
    Defect("root again", "Dockerfile", "USER 10001:10001", "USER root", "hadolint", "DL3002"),
    Defect("unpinned package", "Dockerfile", "# hadolint ignore=DL3008\n", "", "hadolint", "DL3008"),
    Defect(
        "a command as text",
        "Dockerfile",
        'ENTRYPOINT ["python", "-m", "goldenpath_runtime"]',
        "ENTRYPOINT python -m goldenpath_runtime",
        "hadolint",
        "DL3025",
    ),
    Defect(
        "relative folder",
        "Dockerfile",
        "WORKDIR /app\nCOPY --from",
        "WORKDIR app\nCOPY --from",
        "hadolint",
        "DL3000",
    ),
]


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.what)
def test_a_linter_finds(defect: Defect, tmp_path: Path) -> None:
    repository = generate(tmp_path / "project", ci="gitlab")
    seed(repository, defect)
    content, words = judges(repository)[defect.judge](repository)
    assert not content
    assert any(word in words for word in defect.words.split("|")), words


def test_a_version_without_quotes_is_found(tmp_path: Path) -> None:
    repository = generate(tmp_path / "project")
    step = f"uses: {CHECKOUT}\n        env: {{PYTHON: 3.10}}\n"
    seed(repository, Defect("3.10", CHECK, f"uses: {CHECKOUT}\n", step, "", ""))
    assert list(versions_are_quoted(read_tree(repository)))


def test_the_page_of_defects_is_current() -> None:
    assert (ROOT / PAGE).read_text("utf-8") == page(), "make preview writes it anew"
