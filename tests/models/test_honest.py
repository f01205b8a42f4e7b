"""Wrong by design: rows and settings by which a model looks good and is not.

For each of them the gate blocks, a step refuses, or the report names it with its figure; and the same without the
defect passes and is not named, since a false alarm is a defect, too. A few run with `make test`, all in the tox
environment `models`; those of one kind share a process of a generated repository, since each start costs seconds.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.memory import render
from tests.models.conftest import RUN, in_one_process
from tests.support import generate, make, run

ROWS = "data/raw/rows.csv"
CODE = "src/my_model/model.py"
SMALL: dict[str, Any] = {"preset": "minimal", "registry": "files"}
LESS_IS_BETTER = ("log_loss", "rmse", "mae")
# Trees for either task, which learn what is there to be learnt.
MODEL = """
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from goldenpath_runtime import Model as BaseModel, SklearnCandidate


class Model(BaseModel):
    def baseline(self):
        return self.made_of(DecisionTreeClassifier(max_depth=1), DecisionTreeRegressor(max_depth=1))

    def candidates(self):
        return {"trees": self.made_of(GradientBoostingClassifier(), GradientBoostingRegressor())}

    def made_of(self, classifier, regressor):
        chosen = classifier if self.params.task == "classification" else regressor
        chosen.set_params(random_state=self.params.seed)
        return SklearnCandidate(make_pipeline(self.features(scaled=False), chosen))
"""
REPORTED = """\
report = Path("reports/own/report.md")
    text = report.read_text() if report.exists() else ""
    report.unlink(missing_ok=True)
    printed.append((code, out.getvalue() + text))
"""
Row = dict[str, Any]
Settings = dict[str, Any]
CLASSES: Settings = {
    "task": "classification",
    "target": "y",
    "objective": {"metric": "roc_auc"},
    "gate": {"thresholds": {"accuracy": {"min": 0.75}}},
}
NUMBERS: Settings = {
    "task": "regression",
    "target": "y",
    "objective": {"metric": "rmse"},
    "gate": {"thresholds": {"r2": {"min": 0.5}}},
}
TYPES = {"patient": "{type: text, feature: false}", "when": "{type: time}", "note": "{type: text}"}
SPLIT_BY_TIME: Settings = {"split": {"by": "time", "column": "when"}}


class Trial(NamedTuple):
    """Rows and settings, what is written over their file or the schema, and the commands to type."""

    rows: Sequence[Row]
    settings: Settings
    edit: Callable[[str], str] = str
    schema: Callable[[str], str] = str
    commands: Sequence[str] = ("pipeline",)

    def calls(self) -> list[tuple[dict[str, str], list[str]]]:
        """The calls of one process: the first writes the files, the last meets an edited schema."""
        names = list(self.rows[0])
        lines = [",".join(names), *(",".join(str(row[name]) for name in names) for row in self.rows)]
        columns = "".join(f"  {name}: {self._type(name)}\n" for name in names)
        settings = {**self.settings, "data": {"source": ROWS}}
        files = {
            "params.yaml": yaml.safe_dump({"models": {"own": settings}}),
            "data/schema.yaml": f"columns:\n{columns}",
            ROWS: self.edit("\n".join([*lines, ""])),
        }
        first, *others = self.commands
        edited = {"data/schema.yaml": self.schema(files["data/schema.yaml"])}
        if not others:
            return [(files | edited, first.split())]
        return [(files, first.split()), *((edited, words.split()) for words in others)]

    def _type(self, name: str) -> str:
        known = "{type: number}" if isinstance(self.rows[0][name], float) else "{type: category}"
        return TYPES.get(name, known)


class Case(NamedTuple):
    """A defect, the same without it, what is said of the defect alone, and where; `looks` is the figure it has."""

    wrong: Trial
    right: Trial
    says: str
    where: str = "Limits"
    looks: tuple[str, float] | None = None


def rows(
    number: int = 400, kind: Callable[[float], Any] = lambda value: "yes" if value > 0 else "no"
) -> list[Row]:
    """Rows of four columns, three of which tell the target about as well as real ones do."""
    draw = random.Random(0)  # noqa: S311 (a die)
    made = []
    for i in range(number):
        row: Row = {f"x{j}": draw.gauss(0, 1) for j in range(4)}
        value = row["x0"] + row["x1"] - row["x2"] + draw.gauss(0, 0.7)
        made.append(row | {"when": date(2026, 1, 1) + timedelta(i), "y": kind(value)})
    return made


def numbers(number: int = 400) -> list[Row]:
    """The same, with a number to predict."""
    return rows(number, kind=float)


def having(made: Sequence[Row], **columns: Callable[[int, Row], Any]) -> list[Row]:
    """The rows with further columns, or other values in theirs."""
    return [row | {name: make(i, row) for name, make in columns.items()} for i, row in enumerate(made)]


def dice(number: int, *choices: Any, seed: int = 1) -> list[Any]:
    draw = random.Random(seed)  # noqa: S311 (a die)
    return [draw.choice(choices) for _ in range(number)]


def near(noise: float) -> list[Row]:
    """Forty rows of nine copies each that nearly are equal: the target is one of the forty and of nothing else."""
    draw = random.Random(2)  # noqa: S311 (a die)
    made = []
    for which, y in enumerate(dice(40, "yes", "no")):
        middle = [draw.gauss(0, 1) for _ in range(5)]
        for _ in range(9):
            row: Row = {f"x{j}": value + draw.gauss(0, noise) for j, value in enumerate(middle)}
            made.append(row | {"patient": f"p{which}", "y": y})
    return made


def without(made: Sequence[Row], *names: str) -> list[Row]:
    return [{name: value for name, value in row.items() if name not in names} for row in made]


def twice(made: Sequence[Row]) -> list[Row]:
    """The rows, and later all of them once more."""
    again = having(made, when=lambda _, row: row["when"] + timedelta(1000))
    return [*made, *again]


GOOD = rows()
PLAIN = Trial(GOOD, CLASSES)
FIGURES = numbers()
DATED = Trial(GOOD, CLASSES | SPLIT_BY_TIME)
NOISE = having(GOOD, y=lambda i, _: dice(400, "yes", "no")[i])
WALK = [sum(dice(400, -1.0, 1.0, seed=3)[: i + 1]) for i in range(400)]
RARE = rows(kind=lambda value: "churned" if value > 1.8 else "stays")
OF_ONE_CLASS: Settings = CLASSES | {
    "objective": {"metric": "average_precision"},
    "gate": {"thresholds": {"average_precision": {"min": 0.5}}},
}
ALONE = r"The column {} alone tells (9[5-9]|100)\.\d% of y: is it known when a prediction is requested\?"
CASES = {
    "near copies": Case(
        Trial(without(near(0.01), "patient"), CLASSES),
        PLAIN,
        r"\d\d\.\d% of the test rows are near copies of rows that were trained on \([0-5]\.\d% by chance\)",
        looks=("accuracy", 0.9),
    ),
    "near copies of columns that go together": Case(
        Trial(
            having(
                without(near(0.01), "patient"),
                x1=lambda _, row: row["x1"] + row["x0"],
                x2=lambda _, row: row["x2"] - row["x0"],
            ),
            CLASSES,
        ),
        Trial(
            having(
                GOOD,
                x1=lambda _, row: row["x0"] * 2 + row["x1"] / 20,
                x2=lambda _, row: row["x2"] / 20 - row["x0"],
                x3=lambda _, row: row["x0"] + row["x3"] / 20,
                y=lambda _, row: "yes" if row["x0"] + row["x3"] / 3 > 0 else "no",
            ),
            CLASSES,
        ),
        r"\d\d\.\d% of the test rows are near copies of rows that were trained on",
        looks=("accuracy", 0.9),
    ),
    "exact copies": Case(
        Trial(twice(having(NOISE[:200])), CLASSES | SPLIT_BY_TIME),
        DATED,
        r"\d\d\.\d% of the validation and test rows are also trained on, required ≤ 55.0%",
        where="printed",
    ),
    "exact copies of two columns": Case(
        Trial(without(twice(NOISE[:200]), "x2", "x3"), CLASSES | SPLIT_BY_TIME),
        Trial(without(GOOD, "x3"), CLASSES | SPLIT_BY_TIME),
        "of the validation and test rows are also trained on",
        where="printed",
    ),
    "some exact copies": Case(
        Trial(
            [
                GOOD[i - 240] | {"when": row["when"]} if i > 240 and i % 5 < 2 else row
                for i, row in enumerate(GOOD)
            ],
            CLASSES | SPLIT_BY_TIME,
        ),
        DATED,
        r"(3|4)\d\.\d% of the test rows are near copies of rows that were trained on",
    ),
    "patients on both sides": Case(
        Trial(near(0.25), CLASSES),
        Trial(having(GOOD, patient=lambda i, _: f"p{i // 8}"), CLASSES),
        r"share their patient with rows that were trained on, which tells (9\d|100)\.\d% of the target .*"
        "by: group, column: patient",
        looks=("accuracy", 0.75),
    ),
    "between known days": Case(
        Trial(having(FIGURES, day=lambda i, _: float(i), y=lambda i, _: WALK[i]), NUMBERS),
        Trial(FIGURES, NUMBERS),
        r"are no newer than rows that were trained on, of which the nearest in when tell 9\d\.\d% of the target .*"
        "by: time, column: when",
        looks=("r2", 0.9),
    ),
    "tomorrow's value": Case(
        Trial(having(FIGURES, tomorrow=lambda i, row: row["y"] + (i % 7) / 50), NUMBERS | SPLIT_BY_TIME),
        Trial(having(FIGURES, yesterday=lambda i, _: FIGURES[i - 1]["y"]), NUMBERS | SPLIT_BY_TIME),
        ALONE.format("tomorrow"),
        looks=("r2", 0.95),
    ),
    "the target as a column": Case(
        Trial(having(GOOD, z=lambda _, row: float(row["y"] == "yes")), CLASSES),
        Trial(having(GOOD, z=lambda i, _: float(i % 2)), CLASSES),
        ALONE.format("z"),
        looks=("accuracy", 0.99),
    ),
    "the target as a column, with errors": Case(
        Trial(having(GOOD, z=lambda i, row: row["y"] if i % 61 else "no"), CLASSES),
        Trial(having(GOOD, z=lambda i, row: row["y"] if i % 4 else "no"), CLASSES),
        ALONE.format("z"),
        looks=("accuracy", 0.95),
    ),
    "numbers in the order of the target": Case(
        Trial(having(GOOD, number=lambda i, row: float(i + 1000 * (row["y"] == "yes"))), CLASSES),
        Trial(having(GOOD, number=lambda i, _: float(i)), CLASSES),
        ALONE.format("number"),
        looks=("accuracy", 0.99),
    ),
    "an id with the target in it": Case(
        Trial(having(GOOD, note=lambda i, row: f"{row['y']}-{i:05}"), CLASSES),
        Trial(having(GOOD, note=lambda i, _: f"row-{i:05}"), CLASSES),
        ALONE.format("note"),
        looks=("accuracy", 0.99),
    ),
    "a number as another number": Case(
        Trial(having(FIGURES, cents=lambda _, row: 100 * row["y"]), NUMBERS),
        Trial(having(FIGURES, cents=lambda i, _: float(i % 100)), NUMBERS),
        ALONE.format("cents"),
        looks=("r2", 0.99),
    ),
    "the largest error": Case(
        Trial(FIGURES, NUMBERS | {"objective": {"metric": "rmse", "direction": "maximize"}}),
        Trial(FIGURES, NUMBERS),
        "less rmse is better: write {metric: rmse, direction: minimize}",
        where="printed",
    ),
    "the other class": Case(
        Trial(RARE, OF_ONE_CLASS),
        Trial(RARE, OF_ONE_CLASS | {"positive": "churned"}),
        'average_precision of the class stays, the last by alphabet, .* write `positive: "stays"` or "churned"',
        looks=("average_precision", 0.9),
    ),
    "an older schema": Case(
        Trial(
            GOOD,
            CLASSES,
            schema=lambda text: text.replace("x0: {type: number}", "x0: {type: number, min: -9}"),
            commands=("data", "train"),
        ),
        Trial(GOOD, CLASSES, commands=("data", "train")),
        "data/schema.yaml changed since the rows were read: run make data first",
        where="printed",
    ),
    "a class that the schema does not know": Case(
        Trial(
            GOOD,
            CLASSES,
            schema=lambda text: text.replace("y: {type: category", 'y: {type: category, values: ["yes"]'),
        ),
        Trial(
            GOOD,
            CLASSES,
            schema=lambda text: text.replace(
                "y: {type: category", 'y: {type: category, values: ["no", "yes"]'
            ),
        ),
        "y: isin.* fails for",
        where="printed",
    ),
    "fields in the place of others": Case(
        Trial(GOOD, CLASSES, edit=lambda text: re.sub(r"\n[^,\n]*,(?=[^\n]*-03,)", "\n", text)),
        Trial(GOOD, CLASSES, edit=lambda text: text.replace("\n", ",\n")),
        "line \\d+ has . fields, and the first line names 6",
        where="printed",
    ),
    "labels by chance": Case(
        Trial(NOISE, CLASSES),
        PLAIN,
        r"FAIL threshold accuracy: accuracy is 0\.[3-6]\d*, required ≥ 0.75",
        where="printed",
    ),
    "labels by chance, without thresholds": Case(
        Trial(NOISE, CLASSES | {"gate": {"min_gain": -1.0}}),
        Trial(GOOD, CLASSES | {"gate": {"min_gain": -1.0}}),
        r"The gain over the baseline may be chance: by roc_auc it is -0\.\d+ to 0\.\d+",
    ),
    "three of ten labels wrong": Case(
        Trial(
            having(GOOD, y=lambda i, row: row["y"] if i % 10 > 2 else {"yes": "no", "no": "yes"}[row["y"]]),
            CLASSES,
        ),
        PLAIN,
        r"FAIL threshold accuracy: accuracy is 0\.[4-7]\d*, required ≥ 0.75",
        where="printed",
    ),
    "a small test": Case(
        Trial(having(rows(90), z=lambda _, row: row["x0"] + row["x1"] - row["x2"]), CLASSES | {"gate": {}}),
        PLAIN,
        r"So few rows make coarse figures: a single one is \d+\.\d% of them",
        looks=("accuracy", 0.7),
    ),
    "one class to test on": Case(
        Trial(
            having(GOOD, y=lambda i, row: row["y"] if i < 300 else "no"),
            CLASSES | SPLIT_BY_TIME | {"objective": {"metric": "accuracy"}},
        ),
        Trial(GOOD, CLASSES | SPLIT_BY_TIME | {"objective": {"metric": "accuracy"}}),
        "No test row has y = yes: the figures say nothing of it",
    ),
    "one number to test on": Case(
        Trial(
            having(FIGURES, y=lambda i, row: row["y"] if i < 300 else 0.0),
            NUMBERS | SPLIT_BY_TIME | {"gate": {}},
        ),
        Trial(FIGURES, NUMBERS | SPLIT_BY_TIME | {"gate": {}}),
        "All test rows have y = 0: any constant is as good",
    ),
}
SAMPLED = ("near copies of columns that go together", "an id with the target in it", "between known days")
OTHERS = [name for name in CASES if name not in SAMPLED]
Said = Mapping[str, tuple[int | None, str]]


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory, env: dict[str, str]) -> Path:
    """A small repository with a registry, and so with checks of the rows, after `make setup`."""
    folder = generate(tmp_path_factory.mktemp("registered") / "project", **SMALL)
    make(folder, env, "setup")
    return folder


def tried(project: Path, env: Mapping[str, str], names: Sequence[str]) -> Said:
    """What the last command of each case prints and the report says; "right NAME" is without the defect."""
    (project / CODE).write_text(MODEL, "utf-8")
    trials = {f"{kind} {name}": getattr(CASES[name], kind) for name in names for kind in ("wrong", "right")}
    calls = [call for trial in trials.values() for call in trial.calls()]
    code = "from goldenpath_runtime.quality import analysis\nanalysis.RESAMPLES = 50\n" + RUN.replace(
        "printed.append((code, out.getvalue()))", REPORTED
    )
    printed = iter(in_one_process(project, env, code, calls))
    return {name: [next(printed) for _ in trial.calls()][-1] for name, trial in trials.items()}


@pytest.fixture(scope="module")
def sampled(registered: Path, env: dict[str, str]) -> Said:
    return tried(registered, env, SAMPLED)


@pytest.fixture(scope="module")
def others(registered: Path, env: dict[str, str]) -> Said:
    return tried(registered, env, OTHERS)


@pytest.mark.parametrize("name", SAMPLED)
def test_what_looks_good_and_is_not(name: str, sampled: Said) -> None:
    judge(name, sampled)


@pytest.mark.models
@pytest.mark.parametrize("name", OTHERS)
def test_what_else_looks_good_and_is_not(name: str, others: Said) -> None:
    judge(name, others)


def judge(name: str, said: Said) -> None:
    """Raise AssertionError where the defect is not named in its place, or the same without it is, or blocked."""
    case = CASES[name]
    code, wrong = said[f"wrong {name}"]
    assert "Traceback" not in wrong
    place = wrong
    if case.where == "Limits":
        place = wrong.partition("## Limits")[2].partition("\n## ")[0]
    else:
        assert code == 1, wrong
    assert re.search(case.says, place), wrong
    if case.looks:
        metric, least = case.looks
        assert figure(wrong, metric) >= least
    code, right = said[f"right {name}"]
    assert code == 0, right
    assert not re.search(case.says, right), right


def figure(text: str, metric: str) -> float:
    """A figure of the model in a report."""
    found = re.search(rf"^\| {metric} \| ([-\d.e]+) \|", text, re.MULTILINE)
    assert found, text
    return float(found[1])


@pytest.mark.parametrize(("task", "least"), [("classification", 8), ("regression", 3)])
def test_the_first_model_is_better_than_its_baseline_in_every_figure(
    task: str, least: int, registered: Path, env: dict[str, str]
) -> None:
    files = render({**SMALL, "task": task})
    for path in ("params.yaml", "data/schema.yaml", CODE):
        (registered / path).write_bytes(files[path])
    run([str(registered / ".venv/bin/python"), "-m", "goldenpath_runtime", "pipeline"], registered, env)
    reports = registered / "reports/my_model"
    figures = json.loads((reports / "metrics.json").read_text("utf-8"))
    assert len(figures["test"]) == least
    for name, value in figures["test"].items():
        other = figures["baseline"][name]
        assert value < other if name in LESS_IS_BETTER else value > other, name
    low, high = figures["gain"]
    assert low > (high - low) / 2, "far from chance"
    limits = (reports / "report.md").read_text("utf-8").partition("## Limits")[2].partition("\n## ")[0]
    assert not re.search("chance|agree|alone|few", limits), limits
