"""Experiments and registered versions side by side, with the settings in which they differ.

Owned by the template: do not edit.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from .config import ProjectError, command, read_params, write_text
from .registry import versions
from .report import table
from .state import Store, open_store


def compare(argv: Sequence[str]) -> None:
    """The command: all experiments and registered versions, the best first.

    Also in reports/<model>/compare.md.
    """
    parser = command("compare")
    name, params = read_params().model(parser.parse_args(argv).model)
    runs = pd.json_normalize(list(_runs(open_store(), name)))
    if runs.empty:
        raise ProjectError(
            f"{name} has neither experiments nor versions: make experiment NAME=first SET=key=value"
        )
    metric = f"test.{params.objective.metric}"
    settled = runs.filter(regex=r"^params\.").dropna(how="all")
    differ = [key for key in settled if len(set(settled[key].astype(str))) > 1]
    shown = list(
        map(
            str,
            dict.fromkeys(["name", "chosen", "gate", metric, *runs.filter(like="test."), *differ]),
        )
    )
    ascending = params.objective.direction == "minimize"
    runs = runs.reindex(columns=shown).sort_values(metric, ascending=ascending, kind="stable")
    head = [column.removeprefix("test.").removeprefix("params.") for column in shown]
    text = table(head, runs.astype(object).where(runs.notna(), None).to_numpy().tolist())
    path = Path("reports", name, "compare.md")
    write_text(path, f"# Experiments and versions of {name}\n\n{text}\n")
    print(f"{text}\n\n{path}")


def _runs(store: Store, model: str) -> Iterator[dict[str, Any]]:
    yield from map(json.loads, store.read_all(f"{model}/experiments/"))
    for version in versions(store, model):
        prefix = f"{model}/versions/{version}"
        figures = json.loads(store.read(f"{prefix}/metrics.json"))
        kept = {key: figures.get(key) for key in ("chosen", "test", "params")}
        gate = store.read(f"{prefix}/report/gate.verdict").decode().strip()
        yield {"name": f"version {version}", "gate": gate, **kept}
