"""Experiments and registered versions side by side, with the settings in which they differ.

Owned by the template: do not edit.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from goldenpath_runtime.commands import command
from goldenpath_runtime.config import Objective, read_params
from goldenpath_runtime.errors import ProjectError
from goldenpath_runtime.files import write_text
from goldenpath_runtime.report import table

from .ledger import Store, open_store
from .versions import versions


def compare(argv: Sequence[str]) -> None:
    """The command: all experiments and registered versions, the best first.

    Also in reports/<model>/compare.md.
    """
    parser = command("compare")
    args = parser.parse_args(argv)
    name, params = read_params().model(args.model)
    found = list(_runs(open_store(), name))
    runs = pd.json_normalize(found)
    if runs.empty:
        raise ProjectError(
            f"{name} has neither experiments nor versions: make experiment NAME=first SET=key=value"
        )
    text = _table(runs, params.objective)
    path = Path("reports", name, "compare.md")
    write_text(path, f"# Experiments and versions of {name}\n\n{text}\n")
    print(f"{text}\n\n{path}")


def _table(runs: pd.DataFrame, objective: Objective) -> str:
    """A row for each run: its main figure, its other figures, and the settings that differ."""
    metric = f"test.{objective.metric}"
    figures = runs.filter(like="test.")
    settings = runs.filter(regex=r"^params\.").dropna(how="all")
    differing = [key for key in settings if _has_several(settings[key])]
    columns = dict.fromkeys(["name", "chosen", "gate", metric, *figures, *differing])
    shown = [str(column) for column in columns]
    ascending = objective.direction == "minimize"
    runs = runs.reindex(columns=shown)
    runs = runs.sort_values(metric, ascending=ascending, kind="stable")
    head = [column.removeprefix("test.").removeprefix("params.") for column in shown]
    rows = runs.astype(object).where(runs.notna(), None)
    return table(head, rows.to_numpy().tolist())


def _has_several(values: pd.Series) -> bool:
    different = set(values.astype(str))
    return len(different) > 1


def _runs(store: Store, model: str) -> Iterator[dict[str, Any]]:
    """What is known of each experiment, and of each version."""
    for content in store.read_all(f"{model}/experiments/"):
        yield json.loads(content)
    for version in versions(store, model):
        prefix = f"{model}/versions/{version}"
        figures = json.loads(store.read(f"{prefix}/metrics.json"))
        gate = store.read(f"{prefix}/report/gate.verdict").decode()
        yield {
            "name": f"version {version}",
            "gate": gate.strip(),
            "chosen": figures.get("chosen"),
            "test": figures.get("test"),
            "params": figures.get("params"),
        }
