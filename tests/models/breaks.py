"""What must go red, and how: one defect for each data set, each found by another check."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from tests.support import make, run

EDIT = """
import sys
import numpy as np
import pandas as pd

path, change = sys.argv[1:]
kind = path.rpartition(".")[2]
rows = getattr(pd, f"read_{kind}")(path)
exec(change)
getattr(rows, f"to_{kind}")(path, index=False)
"""


class Break(NamedTuple):
    """A file of the user in which `old` becomes `new`, or in which `new` is done to the rows; what then says so."""

    path: str
    old: str
    new: str
    target: str
    says: str


ROWS = ""  # in place of what is replaced

BREAKS: Mapping[str, Break] = {
    "categorical": Break(
        "data/schema.yaml",
        ", Torgersen]",
        "]",
        "data",
        r"island: isin.* fails for 52 rows, such as 'Torgersen'",
    ),
    "imbalanced": Break(
        "params.yaml",
        "average_precision: {min: 0.4}",
        "average_precision: {min: 0.99}",
        "gate",
        "FAIL threshold average_precision: ",
    ),
    "large": Break("params.yaml", "max_gap: 0.5", "max_gap: 0.01", "gate", "FAIL slice zone = airport: "),
    "multioutput": Break(
        "src/own/model.py",
        'self.features(scaled=name == "linear")',
        "self.features()",
        "pipeline",
        "FAIL parity: ",  # of trees behind a scaler
    ),
    "regression": Break(
        "data/raw/rows.csv",
        ROWS,
        "rows.loc[7, 'age'] = 900",
        "data",
        r"age: less_than.*\(85\.0\) fails for 1 rows",
    ),
    "text": Break(
        "data/raw/rows.csv",
        ROWS,
        "rows['label'] = rows['label'].sample(frac=1, random_state=1).to_numpy()",
        "pipeline",
        "FAIL beats the baseline: ",
    ),
    "time": Break(
        "data/raw/rows.csv",
        ROWS,
        "rows.loc[rows['when'] >= '2025-12-01', 'demand'] = 400.0",  # only the newest rows, which are tested on
        "pipeline",
        "FAIL threshold mae: ",
    ),
    "tiny": Break(
        "data/raw/rows.csv",
        ROWS,
        "rows = rows[(rows['target'] == 'versicolor') | (rows.index == rows.index[-1])]",
        "data",
        "no row to train on for target = virginica; the class is too rare",
    ),
    "torch": Break(
        "src/own/model.py",
        "torch.manual_seed(self.seed)",
        "torch.seed()",
        "test",
        "FAILED .*test_training_twice_gives_the_same_bytes",
    ),
    "wide": Break(
        "data/raw/rows.parquet",
        ROWS,
        "rows.loc[3, 'sensor_321'] = np.inf",
        "data",
        "sensor_321: less_than.* such as inf",
    ),
}


def goes_red(project: Path, env: Mapping[str, str], defect: Break) -> None:
    """Break a project that is green, and raise AssertionError unless the target fails and says why."""
    path = project / defect.path
    if defect.old == ROWS:
        run([str(project / ".venv/bin/python"), "-c", EDIT, defect.path, defect.new], project, env)
    else:
        text = path.read_text("utf-8")
        assert text.count(defect.old) == 1, f"{defect.path}: the defect no longer fits"
        path.write_text(text.replace(defect.old, defect.new), "utf-8")
    printed = make(project, env, defect.target, expect=2)
    assert re.search(defect.says, printed), printed
    assert "Traceback" not in printed or defect.target == "test", printed
    if "FAIL " in defect.says:
        assert [verdict.read_text("utf-8") for verdict in project.glob("reports/*/gate.verdict")] == [
            "fail\n"
        ]
