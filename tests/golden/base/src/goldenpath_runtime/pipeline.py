"""The steps of the pipeline, each from files to files: data, train, evaluate, report, gate.

Owned by the template: do not edit. dvc.yaml runs them as stages; `make smoke` runs them all in one process.
"""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from . import evaluation, gate, lineage
from .config import PARAMS, ModelParams, read_params
from .data import fingerprint, split_rows
from .errors import ProjectError
from .inference import Scorer
from .interface import Candidate, Dataset, Model
from .report import render_report
from .schema import read_schema

GROUP = "goldenpath.models"
PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class Project:
    """One model of the project: its settings, its code and the folders its steps write to."""

    name: str
    params: ModelParams
    model: Model
    root: Path = Path()

    @property
    def build(self) -> Path:
        """Data and models; made anew by the pipeline, not in git."""
        return self.root / "build" / self.name

    @property
    def reports(self) -> Path:
        """Figures, decisions and the report."""
        return self.root / "reports" / self.name

    def dataset(self, part: str) -> Dataset:
        """The validated rows of one part of the split."""
        summary = _read(self.build / "data" / "summary.json", "data")
        path = self.build / "data" / f"{part}.parquet"
        return Dataset(path, self.model.columns, self.params.target, tuple(summary["classes"]))


def open_project(name: str | None) -> Project:
    """The model of that name as params.yaml describes it, with the code that its entry point names."""
    name, params = read_params().model(name)
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    entry = found.get(name) or found.get("default")
    if entry is None:
        raise ProjectError(f'pyproject.toml names no code under [project.entry-points."{GROUP}"]; run make setup after adding it')
    return Project(name, params, entry.load()(params, read_schema(params.schema_file)))


def sample(project: Project) -> None:
    """Write a small part of the real rows, spread over the whole source, for `make smoke` to use."""
    rows = pd.concat(project.model.load(project.params.data.source), ignore_index=True)
    count = min(len(rows), project.params.data.sample_rows)
    target = list(project.params.target)
    kept = rows.dropna(subset=target) if set(target) <= set(rows) else rows
    ...
