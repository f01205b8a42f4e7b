"""Trying other settings: the pipeline beside the project's outputs, its figures in the store.

Owned by the template: do not edit. An experiment leaves params.yaml, build/<model> and
reports/<model> as they are.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from goldenpath_runtime.commands import command
from goldenpath_runtime.config import PARAMS, read_params
from goldenpath_runtime.errors import ProjectError
from goldenpath_runtime.files import read_json
from goldenpath_runtime.pipeline import run_all
from goldenpath_runtime.project import Project, open_project

from .ledger import open_store, who

FOLDER = Path("build/experiments")


def experiment(argv: Sequence[str]) -> None:
    """The command: run the pipeline with other settings, and record its figures."""
    parser = command("experiment")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="such as gate.min_gain=0.1",
    )
    parser.add_argument("name", help="letters, digits, dots and dashes")
    args = parser.parse_args(argv)
    if not re.fullmatch(r"[\w-][\w.-]*", args.name):
        raise ProjectError(f"NAME={args.name}: a name is made of letters, digits, dots and dashes")
    project = open_project(args.model)
    run = _beside(project, args.name, args.set)
    run_all(run)
    figures = read_json(run.reports / "metrics.json", "evaluate")
    gate = (run.reports / "gate.verdict").read_text(encoding="utf-8")
    facts = {
        "name": args.name,
        "by": who(),
        "at": datetime.now(UTC).isoformat(),
        "params": run.params.model_dump(mode="json", by_alias=True),
        "gate": gate.strip(),
        "version": figures["version"],
        "chosen": figures["chosen"],
        "test": figures["test"],
    }
    number = _record(project.name, facts)
    metric = run.params.objective.metric
    value = figures["test"][metric]
    print(f"experiment {number}, {args.name}: {metric} {value:.4g}; see make compare")


def _beside(project: Project, name: str, given: Sequence[str]) -> Project:
    """The project with other settings, and outputs of its own."""
    root = FOLDER / name
    root.mkdir(parents=True, exist_ok=True)
    path = root / PARAMS.name
    settings = dict(map(_setting, given))
    text = PARAMS.read_text(encoding="utf-8")
    path.write_text(_changed(text, project.name, settings), encoding="utf-8")
    params = read_params(path).models[project.name]
    return replace(project, params=params, root=root)


def _record(model: str, facts: Mapping[str, Any]) -> int:
    """Add an experiment to the store; its number, the first that nobody else takes meanwhile."""
    store = open_store()
    prefix = f"{model}/experiments"
    content = json.dumps(facts).encode()
    number = len(store.list(f"{prefix}/")) + 1
    while not store.create(f"{prefix}/{number:06}.json", content):
        number += 1
    return number


def _setting(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise ProjectError(f"SET={text}: write it as key=value, such as options.depth=3")
    return key, yaml.safe_load(value)


def _changed(text: str, model: str, settings: Mapping[str, Any]) -> str:
    content = yaml.safe_load(text)
    for key, value in settings.items():
        *above, last = key.split(".")
        place = content["models"][model]
        for part in above:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise ProjectError(f"SET={key}: {part} is a value and has no keys below it")
        place[last] = value
    return yaml.safe_dump(content, sort_keys=False)
