"""The pipeline's commands: arguments in, one step run, a line or two printed.

Owned by the template: do not edit.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from . import pipeline as steps
from .data import read_rows
from .gate import Finding
from .schema import draft


def data(argv: Sequence[str]) -> None:
    """Read, validate and split the rows."""
    summary = steps.prepare_data(_project("data", argv))
    print(f"rows: {summary['rows']}, without a target: {summary['without_target']}")


def train(argv: Sequence[str]) -> None:
    """Fit all candidates and export the best."""
    training = steps.train(_project("train", argv))
    print(f"chosen: {training['chosen']} of {', '.join(training['candidates'])}")


def evaluate(argv: Sequence[str]) -> None:
    """Measure the exported model on the test rows."""
    _show_figures(steps.evaluate(_project("evaluate", argv)))


def report(argv: Sequence[str]) -> None:
    """Write the model card."""
    print(f"report: {steps.write_report(_project('report', argv))}")


def gate(argv: Sequence[str]) -> int:
    """Decide whether the model may be used."""
    return _show_findings(steps.check_gate(_project("gate", argv)))


def pipeline(argv: Sequence[str]) -> int:
    """All steps in one process."""
    return _show_findings(steps.run_all(_project("pipeline", argv)))


def smoke(argv: Sequence[str]) -> int:
    """All steps on the small sample; its figures are too noisy to judge, so only what must always hold is enforced."""
    project = replace(_project("smoke", argv), root=Path("build/smoke"))
    return _show_findings(steps.run_all(project, sample=True))


def sample(argv: Sequence[str]) -> None:
    """Write the small sample."""
    print(f"sample: {steps.make_sample(_project('sample', argv))}; commit it")


def schema(argv: Sequence[str]) -> None:
    """Print a first schema.yaml for a file."""
    parser = argparse.ArgumentParser(prog="schema")
    parser.add_argument("source", help="a .csv or .parquet file, or package:NAME/FILE")
    batches = read_rows(parser.parse_args(argv).source)
    sys.stdout.write(draft(pd.concat(batches, ignore_index=True)))


def _project(command: str, argv: Sequence[str]) -> steps.Project:
    parser = argparse.ArgumentParser(prog=command)
    parser.add_argument("--model", help="which model of params.yaml; not needed when there is one")
    return steps.open_project(parser.parse_args(argv).model or None)


def _show_figures(figures: steps.Figures) -> None:
    print("  ".join(f"{name} {value:.4g}" for name, value in figures["test"].items()))


def _show_findings(findings: Sequence[Finding]) -> int:
    for finding in findings:
        print(f"{'ok  ' if finding.passed else 'FAIL'} {finding.rule}: {finding.reason}")
    return 0 if all(finding.passed for finding in findings) else 1
