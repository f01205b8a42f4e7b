"""Ground-truth labels of rows that were answered: in the store, by the ids that the service gave.

Owned by the template: do not edit. The id of a row is the response's header `X-Request-Id`, a
slash, and its place.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from .config import ModelParams, ProjectError, command, read_params
from .data import class_names, read_rows
from .registry import resolve
from .samples import read_samples, write_lines
from .state import Store, open_store


def labels(argv: Sequence[str]) -> None:
    """The command: add the labels of a file, and say how many are of use.

    The file has the columns `id` and the target's.
    """
    parser = command("labels")
    parser.add_argument("file", help="a .csv or .parquet file")
    args = parser.parse_args(argv)
    store, (name, params) = open_store(), read_params().model(args.model)
    info = json.loads(store.read(f"{name}/versions/{resolve(store, name, None)}/model.json"))
    found = dict(
        _rows(
            args.file, pd.concat(read_rows(args.file), ignore_index=True), params, info["classes"]
        )
    )
    known = {sample["id"] for sample in read_samples(store, name)}
    write_lines(
        store, f"{name}/labels", ({"id": key, "truth": truth} for key, truth in found.items())
    )
    print(f"{len(found)} labels, {len(found.keys() & known)} of them for rows that were sampled")


def _rows(
    source: str, frame: pd.DataFrame, params: ModelParams, classes: Sequence[str]
) -> Iterator[tuple[str, Any]]:
    if missing := {"id", *params.target} - set(frame):
        raise ProjectError(
            f"{source}: no column {', '.join(sorted(missing))}; it has {', '.join(map(str, frame))}"
        )
    for name in params.target:
        values = (
            class_names(frame[name]) if classes else pd.to_numeric(frame[name], errors="coerce")
        )
        unfit = ~values.isin(classes) if classes else ~values.map(math.isfinite)
        if unfit.any():
            wanted = f"one of {', '.join(classes)}" if classes else "a finite number"
            line = int(unfit.to_numpy().argmax())
            raise ProjectError(
                f"{source}: row {line + 1}: {name} is {frame[name].iloc[line]!r}, which is not "
                f"{wanted}"
            )
        frame[name] = values
    ids = frame["id"].astype(str)
    yield from zip(ids, frame[list(params.target)].to_dict("records"), strict=True)


def read_labels(store: Store, model: str) -> Mapping[str, Mapping[str, Any]]:
    """What was true, by id; of several labels of a row the last one counts."""
    lines = (
        line for content in store.read_all(f"{model}/labels/") for line in content.splitlines()
    )
    return {label["id"]: label["truth"] for label in map(json.loads, lines)}
