"""Schemathesis reads the service's own OpenAPI document and tries to prove it wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.serving.repository import Repository
from tests.serving.wire import Service
from tests.support import run
from tests.template import live

SCHEMATHESIS = [
    "uv",
    "tool",
    "run",
    "--quiet",
    "--python",
    "3.12",
    "--from",
    "schemathesis==4.32.5",
    "schemathesis",
]

# A document cannot say that each column has one tensor, and as many values as its shape says: the service must refuse
# some requests to the protocol that the document allows.
SETTINGS = """
[checks]
negative_data_rejection.expected-statuses = [400, 413, 415, 422]

[[operations]]
include-path-regex = "infer$"
checks.positive_data_acceptance.enabled = false
"""


def fuzz(repository: Repository, service: Service, folder: Path, examples: int, *options: str) -> str:
    """What schemathesis reports; AssertionError with it when a check failed."""
    (folder / "schemathesis.toml").write_text(SETTINGS)
    document = f"{service.address}/openapi.json"
    size = ["--max-examples", str(examples), "--seed", "1", "--request-timeout", "20"]
    return run([*SCHEMATHESIS, "run", document, *size, *options], folder, repository.env)


def test_a_few_examples_find_no_fault(classification: Repository, service: Service, tmp_path: Path) -> None:
    report = fuzz(classification, service, tmp_path, 10, "--phases", "coverage,fuzzing")
    assert "Tested: 14" in report, report


@pytest.mark.serving
def test_hundreds_of_examples_find_no_fault(repository: Repository, tmp_path: Path) -> None:
    with live.service(repository.folder, repository.env) as address:
        report = fuzz(repository, Service(address), tmp_path, 300)
    assert "Tested: 14" in report, report
    print(report[report.index("Test cases:") :])


def test_a_document_that_lies_is_found_out(classification: Repository, tmp_path: Path) -> None:
    """The guard of the tests above: a limit left out of the document, or a status, is a failure."""
    app = classification.folder / "src/goldenpath_runtime/online/openapi.py"
    honest = app.read_text("utf-8")
    for old, new in [
        ('"maximum": FLOAT_MAX if high is None else high,', ""),
        ("413, 415, 422)", "413, 415)"),
    ]:
        assert old in honest
        app.write_text(honest.replace(old, new), "utf-8")
        try:
            with live.service(classification.folder, classification.env) as address:
                (tmp_path / "schemathesis.toml").write_text(SETTINGS)
                command = [
                    *SCHEMATHESIS,
                    "run",
                    f"{address}/openapi.json",
                    "--max-examples",
                    "10",
                    "--seed",
                    "1",
                ]
                run([*command, "--include-path", "/predict"], tmp_path, classification.env, expect=1)
        finally:
            app.write_text(honest, "utf-8")
