"""The commands behind make: `python -m goldenpath_runtime COMMAND`.

Owned by the template: do not edit. Each command imports only what it needs.
"""

import argparse
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .commands import Command, command
from .config import PARAMS, read_params
from .errors import ProjectError, blame
from .extras import extra
from .files import read_json
from .options import commands, implementation
from .project import Project, open_project

if TYPE_CHECKING:
    from .gate import Finding

WHOLE = "GOLDENPATH_TRACEBACK"
STEPS = {
    "data": "read, validate and split the rows",
    "train": "fit all candidates, choose the best, export it",
    "evaluate": "measure the exported model on the test rows",
    "report": "write the model card",
    "gate": "decide whether the model may be used; fails when not",
    "pipeline": "all of these in one process",
    "smoke": (
        "all of these on the small sample; its figures are too few to judge, "
        "so only parity is enforced"
    ),
    "sample": "write the small sample from the real rows",
}
OTHERS = {
    "matrix": Command("matrix", "the models, one a line or as JSON for a CI system to fan out"),
    "schema": Command("data", "print a first schema.yaml for a file of rows"),
    **commands(),
}


def main(argv: Sequence[str]) -> int:
    """Run one command; 0 when it did its work, 1 with a message when not, 2 for a wrong call."""
    if isinstance(sys.stdout, TextIOWrapper):
        # A finding is printed even where the terminal has no ≥.
        sys.stdout.reconfigure(errors="replace")
    name = _parser().parse_args(argv[:1]).command
    run = run_step if name in STEPS else run_other
    try:
        return run(name, argv[1:])
    except ProjectError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except Exception as error:
        told = blame(error)
        if told is None or os.environ.get(WHOLE):
            raise
        print(f"error: {told}\n({WHOLE}=1 shows the whole traceback)", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    """A parser of the command's name; its help lists the commands that this repository has."""
    helps = STEPS | {name: other.help for name, other in OTHERS.items()}
    parser = argparse.ArgumentParser(
        prog="python -m goldenpath_runtime",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="\n".join(f"  {name:9} {text}" for name, text in helps.items()),
    )
    parser.add_argument("command", choices=helps, metavar="COMMAND")
    return parser


def run_step(name: str, argv: Sequence[str]) -> int:
    """Run a step for one model, or for all in params.yaml; 1 when one of them is blocked."""
    parser = command(name, several=True)
    wanted = parser.parse_args(argv).model
    models = read_params().select(wanted)
    return max(_run(name, open_project(model)) for model in models)


def _run(name: str, project: Project) -> int:
    print(f"{name}: {project.name}")
    match name:
        case "data":
            summary = _prepare(project)
            print(f"rows: {summary['rows']}, without a target: {summary['without_target']}")
            _note(summary.get("limits", ()))
        case "train":
            from .train import train

            training = train(project)
            print(f"chosen: {training['chosen']} of {', '.join(training['candidates'])}")
            _note(f"{PARAMS}: {assumption}" for assumption in training["assumed"].values())
        case "evaluate":
            from .evaluation import evaluate

            measured = evaluate(project)["test"]
            print("  ".join(f"{figure} {value:.4g}" for figure, value in measured.items()))
        case "report":
            from .report import write_report

            print(f"report: {write_report(project)}")
        case "gate":
            from .gate import check_gate

            return _show(check_gate(project))
        case "pipeline":
            from .pipeline import run_all

            return _show(run_all(project))
        case "smoke":
            from .pipeline import run_all

            small = replace(project, root=Path("build/smoke"))
            return _show(run_all(small, sample=True))
        case "sample":
            from .prepare import make_sample

            print(f"sample: {make_sample(project)}; commit it")
    return 0


def _prepare(project: Project) -> Mapping[str, Any]:
    """Read the rows, or find that nothing has changed by which they were read; the summary."""
    from .lineage import is_read, note_registered

    if not is_read(project):
        from .prepare import prepare_data

        return prepare_data(project)
    print("nothing that the rows depend on has changed since they were read")
    summary: Mapping[str, Any] = read_json(project.build / "data" / "summary.json", "data")
    note_registered(project, summary["sha256"], extra("versions"))
    return summary


def _note(texts: Iterable[str]) -> None:
    """Print what stops nothing and is worth reading."""
    for text in texts:
        print(f"note: {text}")


def run_other(name: str, argv: Sequence[str]) -> int:
    """Run a command of its own module; one that adds to a ledger tells the mirrors of it."""
    other = OTHERS[name]
    run = implementation(name, other)
    if other.writes:
        return int(extra("hook of the ledger")(run, argv))
    return int(run(argv) or 0)


def _show(findings: "Sequence[Finding]") -> int:
    for finding in findings:
        print(finding)
    if all(finding.passed for finding in findings):
        return 0
    print(
        "next: improve the model; where the gate is wrong for these data, "
        "change it in params.yaml, with a review"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
