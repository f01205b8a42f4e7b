"""Two generated repositories that are trained once a session: every kind of column, and a regression."""

from __future__ import annotations

import csv
import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.support import environment, generate, make, run

Row = dict[str, Any]

# A category that may come and never came, text beyond ASCII, a column without limits, and gaps wherever they may be.
COLUMNS: dict[str, dict[str, Any]] = {
    "amount": {"type": "number", "min": -100.0, "max": 100.0, "nullable": True},
    "weight": {"type": "number"},
    "visits": {"type": "integer", "min": 0, "max": 50, "nullable": True},
    "member": {"type": "boolean", "nullable": True},
    "plan": {"type": "category", "values": ["basic", "pro", "never seen"], "nullable": True},
    "home town": {"type": "category", "values": ["Köln", "São Paulo", 'O\'Hare, "IL"']},
    "note": {"type": "text", "nullable": True},
}
PARAMS = {
    "task": "classification",
    "target": "stays",
    "data": {"source": "data/rows.csv"},
    "objective": {"metric": "roc_auc"},
    "gate": {"thresholds": {"roc_auc": {"min": 0.6}}, "min_gain": -1.0},
}


@dataclass(frozen=True)
class Repository:
    """A generated repository with a trained model, and rows that the model may be asked about."""

    folder: Path
    env: dict[str, str]
    rows: list[Row]

    @property
    def model(self) -> Path:
        """The exported model's folder."""
        return self.folder / "build" / "my_model" / "model"

    @property
    def info(self) -> dict[str, Any]:
        """What model.json says."""
        found: dict[str, Any] = json.loads((self.model / "model.json").read_text("utf-8"))
        return found

    def python(self, *arguments: str, **settings: str) -> str:
        """What the repository's own Python prints for these arguments."""
        return run([str(self.folder / ".venv/bin/python"), *arguments], self.folder, self.env | settings)


def all_columns(folder: Path) -> Repository:
    """A classification with columns of every type."""
    project = generate(folder / "project", pipeline="process", guides="none")
    columns = {**COLUMNS, "stays": {"type": "category", "values": ["no", "yes"]}}
    _dump(project / "data/schema.yaml", {"columns": columns})
    _dump(project / "params.yaml", {"models": {"my_model": PARAMS}})
    source = random.Random(0)  # noqa: S311 (no secret)
    rows = [_row(source) for _ in range(400)]
    write_csv(project / "data/rows.csv", rows)
    rows = [{name: row[name] for name in COLUMNS} for row in rows[:60]]
    rows += [{**rows[0], "plan": "never seen"}, {**rows[1], "weight": 3e38, "note": "new words only"}]
    return _trained(
        project, folder, [*rows, {name: None if may_miss(name) else rows[2][name] for name in COLUMNS}]
    )


def regression(folder: Path) -> Repository:
    """The template's own regression, with an island that no penguin lives on and perhaps an unknown one."""
    project = generate(folder / "project", task="regression", pipeline="process", guides="none")
    schema = yaml.safe_load((project / "data/schema.yaml").read_text("utf-8"))
    schema["columns"]["island"] |= {"nullable": True, "values": ["Biscoe", "Deception", "Dream", "Torgersen"]}
    _dump(project / "data/schema.yaml", schema)
    with (project / "data/sample.csv").open(encoding="utf-8", newline="") as file:
        found = [{name: _cell(text) for name, text in row.items()} for row in csv.DictReader(file)]
    rows: list[Row] = [{n: v for n, v in row.items() if n != "body_mass_g"} for row in found]
    return _trained(project, folder, [*rows, {**rows[0], "island": "Deception"}, {**rows[1], "island": None}])


def may_miss(name: str) -> bool:
    """Whether a column of the classification may be empty."""
    return bool(COLUMNS[name].get("nullable"))


def write_csv(path: Path, rows: list[Row]) -> Path:
    """Rows as a CSV file: an empty cell for None, true and false in small letters."""
    cells = [
        {name: str(value).lower() if isinstance(value, bool) else value for name, value in row.items()}
        for row in rows
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(cells)
    return path


def _trained(project: Path, folder: Path, rows: list[Row]) -> Repository:
    env = environment(folder / "home")
    make(project, env, "setup", "pipeline")
    return Repository(project, env, rows)


def _row(source: random.Random) -> Row:
    member, visits = source.random() < 0.5, source.randint(0, 50)
    row = {
        "amount": round(source.gauss(0, 20), 2),
        "weight": round(source.gauss(0, 1), 4),
        "visits": visits,
        "member": member,
        "plan": source.choice(["basic", "pro"]),
        "home town": source.choice(COLUMNS["home town"]["values"]),
        "note": " ".join(source.choices(["calls", "often", "über", "pays", "late", "2nd"], k=3)),
    }
    gaps = {name: None for name in row if may_miss(name) and source.random() < 0.1}
    stays = visits / 10 + 2 * member + source.gauss(0, 1) > 3.5
    return {**row, **gaps, "stays": "yes" if stays else "no"}


def _cell(text: str) -> float | str | None:
    try:
        return float(text) if text else None
    except ValueError:
        return text


def _dump(path: Path, value: object) -> None:
    path.write_text(yaml.safe_dump(value, allow_unicode=True, sort_keys=False), encoding="utf-8")
