"""Ground-truth labels of rows that were answered: in the store, by the ids that the service gave.

Owned by the template: do not edit. The id of a row is the response's header `X-Request-Id`, a
slash, and its place.
"""

import json
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from goldenpath_runtime.commands import command
from goldenpath_runtime.config import HIDDEN, ModelParams, read_params
from goldenpath_runtime.data import class_names, read_rows
from goldenpath_runtime.errors import ProjectError
from goldenpath_runtime.schema import Column, Schema, read_schema

from .ledger import Store, open_store
from .samples import read_samples, write_lines
from .versions import resolve


def labels(argv: Sequence[str]) -> None:
    """The command: add the labels of a file, and say how many are of use.

    The file has the columns `id` and the target's.
    """
    parser = command("labels")
    parser.add_argument("file", help="a file such as `data: source` may be")
    args = parser.parse_args(argv)
    store = open_store()
    name, params = read_params().model(args.model)
    version = resolve(store, name, None)
    info = json.loads(store.read(f"{name}/versions/{version}/model.json"))
    columns = {"id": Column(type="text")}
    listed = read_schema(params.schema_file).columns
    for target in params.target:
        if target in listed:
            columns[target] = listed[target]
    schema = Schema(columns=columns)
    frame = pd.concat(read_rows(args.file, schema, form=params.data), ignore_index=True)
    hidden = [name for name, column in columns.items() if column.personal]
    found = dict(_rows(args.file, frame, params, info["classes"], hidden))
    known = {sample["id"] for sample in read_samples(store, name)}
    lines = ({"id": key, "truth": truth} for key, truth in found.items())
    write_lines(store, f"{name}/labels", lines)
    sampled = len(found.keys() & known)
    print(f"{len(found)} labels, {sampled} of them for rows that were sampled")


def _rows(
    source: str,
    frame: pd.DataFrame,
    params: ModelParams,
    classes: Sequence[str],
    hidden: Collection[str],
) -> Iterator[tuple[str, Any]]:
    """The label of each row of a file, by id; ProjectError names what is wrong in it."""
    missing = {"id", *params.target} - set(frame)
    if missing:
        wanted = ", ".join(sorted(missing))
        has = ", ".join(map(str, frame))
        raise ProjectError(f"{source}: no column {wanted}; it has {has}")
    for name in params.target:
        if classes:
            values = class_names(frame[name])
            unfit = ~values.isin(classes)
        else:
            values = pd.to_numeric(frame[name], errors="coerce")
            unfit = ~values.map(math.isfinite)
        if unfit.any():
            wanted = f"one of {', '.join(classes)}" if classes else "a finite number"
            line = int(unfit.to_numpy().argmax())
            value = repr(frame[name].iloc[line])
            if name in hidden:
                value = HIDDEN
            raise ProjectError(
                f"{source}: row {line + 1}: {name} is {value}, which is not {wanted}"
            )
        frame[name] = values
    ids = frame["id"].astype(str)
    truths = frame[list(params.target)].to_dict("records")
    yield from zip(ids, truths, strict=True)


def read_labels(store: Store, model: str) -> Mapping[str, Mapping[str, Any]]:
    """What was true, by id; of several labels of a row the last one counts."""
    found = {}
    for content in store.read_all(f"{model}/labels/"):
        for line in content.splitlines():
            label = json.loads(line)
            found[label["id"]] = label["truth"]
    return found
