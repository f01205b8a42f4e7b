"""The commands behind make: `python -m goldenpath_runtime COMMAND`. Each imports only what it needs.

Owned by the template: do not edit.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from .config import ProjectError, command, layer, read_params

if TYPE_CHECKING:
    from .gate import Finding
    from .pipeline import Project

STEPS = {
    "data": "read, validate and split the rows",
    "train": "fit all candidates, choose the best, export it",
    "evaluate": "measure the exported model on the test rows",
    "report": "write the model card",
    "gate": "decide whether the model may be used; fails when not",
    "pipeline": "all of these in one process",
    "smoke": "all of these on the small sample; its figures are too few to judge, so only parity is enforced",
    "sample": "write the small sample from the real rows",
}
OTHERS = {  # command: (module, help)
    "matrix": ("config", "the models as JSON, for a CI system to fan out"),
    "schema": ("data", "print a first schema.yaml for a file of rows"),
    "serve": ("online", "answer over HTTP"),
    "score": ("batch", "score a file of rows"),
    "embed": ("embedded", "write a folder that scores with onnxruntime and numpy alone"),
    **(lifecycle.COMMANDS if (lifecycle := layer("lifecycle")) else {}),
}


def main(argv: Sequence[str]) -> int:
    """Run one command; 0 when it did its work, 1 with a message when it did not, 2 for a wrong call."""
    helps = STEPS | {name: text for name, (module, text) in OTHERS.items() if find_spec(f".{module}", __package__)}
    parser = argparse.ArgumentParser(
        prog="python -m goldenpath_runtime",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="\n".join(f"  {name:9} {text}" for name, text in helps.items()),
    )
    parser.add_argument("command", choices=[*STEPS, *OTHERS], metavar="COMMAND")
    command = parser.parse_args(argv[:1]).command
    try:
        return run_step(command, argv[1:]) if command in STEPS else run_other(command, argv[1:])
    except ProjectError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def run_step(name: str, argv: Sequence[str]) -> int:
    """Run a step of the pipeline for one model, or for all that params.yaml has; 1 when one of them is blocked."""
    from . import pipeline as steps

    parser = command(name, several=True)
    model = parser.parse_args(argv).model
    return max(_run(name, steps.open_project(each)) for each in read_params().select(model))


def _run(name: str, project: "Project") -> int:
    from . import pipeline as steps

    print(f"{name}: {project.name}")
    match name:
        case "data":
            summary = steps.prepare_data(project)
            print(f"rows: {summary['rows']}, without a target: {summary['without_target']}")
        case "train":
            training = steps.train(project)
            print(f"chosen: {training['chosen']} of {', '.join(training['candidates'])}")
        case "evaluate":
            print("  ".join(f"{figure} {value:.4g}" for figure, value in steps.evaluate(project)["test"].items()))
        case "report":
            print(f"report: {steps.write_report(project)}")
        case "gate":
            return _show(steps.check_gate(project))
        case "pipeline":
            return _show(steps.run_all(project))
        case "smoke":
            return _show(steps.run_all(replace(project, root=Path("build/smoke")), sample=True))
        case "sample":
            print(f"sample: {steps.make_sample(project)}; commit it")
    return 0


def run_other(name: str, argv: Sequence[str]) -> int:
    """Run a command of its own module; ProjectError when this repository was made without it."""
    module = OTHERS[name][0]
    if (found := layer(module)) is None:
        raise ProjectError(f"this repository was made without {module}: see serve, registry and deploy in the template")
    return int(getattr(found, name.replace("-", "_"))(argv) or 0)


def _show(findings: "Sequence[Finding]") -> int:
    for finding in findings:
        print(f"{'ok  ' if finding.passed else 'FAIL'} {finding.rule}: {finding.reason}")
    if all(finding.passed for finding in findings):
        return 0
    print("next: improve the model; where the gate is wrong for these data, change it in params.yaml, with a review")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
