"""The command `matrix`: the models of params.yaml, for a CI system to fan out.

Owned by the template: do not edit.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from .commands import command
from .config import Params, read_params
from .files import is_verdict


def matrix(argv: Sequence[str]) -> None:
    """The command: print the models meant.

    One a line, as JSON that a CI system fans out, or as stages of dvc.yaml.
    """
    args = _matrix_parser().parse_args(argv)
    params = read_params()
    found = params.select(args.model)
    if args.drifted:
        found = [name for name in found if _has_drifted(name)]
    if args.stage:
        print(" ".join(f"{args.stage}@{name}" for name in found))
    elif args.form in ("list", "lines"):
        print("\n".join(found))
    else:
        print(json.dumps(_jobs(args.form, params, found)))


def _matrix_parser() -> argparse.ArgumentParser:
    parser = command("matrix", several=True)
    parser.add_argument("--stage", help="print the names of this stage of dvc.yaml")
    # `lines` is an older name of `list`.
    forms = ("list", "github", "gitlab", "azure", "lines")
    parser.add_argument("--form", choices=forms, default="github")
    parser.add_argument(
        "--drifted",
        action="store_true",
        help="only those whose last verdict of make monitor is drift",
    )
    return parser


def _jobs(form: str, params: Params, names: Sequence[str]) -> object:
    """A job for each model, as the CI system of that name reads it."""
    if form == "gitlab":
        return [{"MODEL": names}]
    if form == "azure":
        return {name: {"MODEL": name} for name in names}
    include = [{"model": name, "dataset": params.models[name].dataset} for name in names]
    return {"include": include}


def _has_drifted(model: str) -> bool:
    return is_verdict(Path("reports", model, "monitor.verdict"), "drift")
