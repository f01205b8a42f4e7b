"""Trying other settings: the pipeline beside the project's own outputs, its figures kept in the store and compared.

Owned by the template: do not edit. An experiment leaves params.yaml, build/<model> and reports/<model> as they are.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from .config import PARAMS, ProjectError, command, read_json, read_params
from .pipeline import open_project, run_all
from .registry import versions
from .report import table
from .schema import read_schema
from .state import Store, open_store, who

FOLDER = Path("build/experiments")


def experiment(argv: Sequence[str]) -> None:
    """The command: run the pipeline with some keys of params.yaml set otherwise, and record its figures."""
    parser = command("experiment")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="such as gate.min_gain=0.1")
    parser.add_argument("name", help="letters, digits, dots and dashes")
    args = parser.parse_args(argv)
    if not re.fullmatch(r"[\w-][\w.-]*", args.name):
        raise ProjectError(f"NAME={args.name}: a name is made of letters, digits, dots and dashes")
    project = open_project(args.model)
    root = FOLDER / args.name
    root.mkdir(parents=True, exist_ok=True)
    path = root / PARAMS.name
    settings = dict(map(_setting, args.set))
    path.write_text(_changed(PARAMS.read_text(encoding="utf-8"), project.name, settings), encoding="utf-8")
    params = read_params(path).models[project.name]
    model = type(project.model)(params, read_schema(params.schema_file))
    run = replace(project, params=params, model=model, root=root)
    run_all(run)
    settled = params.model_dump(mode="json", by_alias=True)
    figures = read_json(run.reports / "metrics.json", "evaluate")
    facts = {"name": args.name, "by": who(), "at": datetime.now(UTC).isoformat(), "params": settled}
    facts["gate"] = (run.reports / "gate.verdict").read_text(encoding="utf-8").strip()
    facts |= {key: figures[key] for key in ("version", "chosen", "test")}
    store, prefix = open_store(), f"{project.name}/experiments"
    number = len(store.list(f"{prefix}/")) + 1
    while not store.create(f"{prefix}/{number:06}.json", json.dumps(facts).encode()):
        number += 1
    metric = params.objective.metric
    print(f"experiment {number}, {args.name}: {metric} {figures['test'][metric]:.4g}; see make compare")


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


def compare(argv: Sequence[str]) -> None:
    """The command: all experiments and registered versions, the best first; also in reports/<model>/compare.md."""
    parser = command("compare")
    name, params = read_params().model(parser.parse_args(argv).model)
    runs = pd.json_normalize(list(_runs(open_store(), name)))
    if runs.empty:
        raise ProjectError(f"{name} has neither experiments nor versions: make experiment NAME=first SET=key=value")
    metric = f"test.{params.objective.metric}"
    settled = runs.filter(regex=r"^params\.").dropna(how="all")
    differ = [key for key in settled if len(set(settled[key].astype(str))) > 1]
    shown = list(map(str, dict.fromkeys(["name", "chosen", "gate", metric, *runs.filter(like="test."), *differ])))
    ascending = params.objective.direction == "minimize"
    runs = runs.reindex(columns=shown).sort_values(metric, ascending=ascending, kind="stable")
    head = [column.removeprefix("test.").removeprefix("params.") for column in shown]
    text = table(head, runs.astype(object).where(runs.notna(), None).to_numpy().tolist())
    path = Path("reports", name, "compare.md")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"# Experiments and versions of {name}\n\n{text}\n", encoding="utf-8")
    print(f"{text}\n\n{path}")


def _runs(store: Store, model: str) -> Iterator[dict[str, Any]]:
    yield from map(json.loads, store.read_all(f"{model}/experiments/"))
    for version in versions(store, model):
        prefix = f"{model}/versions/{version}"
        figures = json.loads(store.read(f"{prefix}/metrics.json"))
        kept = {key: figures.get(key) for key in ("chosen", "test", "params")}
        gate = store.read(f"{prefix}/report/gate.verdict").decode().strip()
        yield {"name": f"version {version}", "gate": gate, **kept}
