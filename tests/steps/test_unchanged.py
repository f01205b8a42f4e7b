"""`data` leaves what is there only where it would read and write the same again: each file that a full run opens is changed once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.models.conftest import in_one_process
from tests.support import make, run

# Reads in full and lists each file that it opens and that is there afterwards; Arrow opens a .csv after Python has. Then changes one
# after the other, and says which of them would not have been noticed.
CHANGED = """
import json, os, sys
from pathlib import Path
opened = set()
def note(event, words):
    if event == "open" and isinstance(words[0], (str, bytes, os.PathLike)):
        opened.add(os.path.realpath(os.fsdecode(words[0])))
sys.addaudithook(note)
from goldenpath_runtime.__main__ import main
from goldenpath_runtime.lineage import is_read
from goldenpath_runtime.project import open_project
real, sys.stdout = sys.stdout, sys.stderr
Path("build/my_model/read.json").unlink(missing_ok=True)
assert main(["data"]) == 0
here = Path.cwd()
files = sorted(path for path in map(Path, opened) if path.is_file() and path.is_relative_to(here))
project = lambda: open_project(None)
assert is_read(project())
def is_noticed():
    try:
        return not is_read(project())
    except Exception:
        return True
missed, tried = [], []
for path in files:
    inside = path.relative_to(here)
    # The ledger is read each time.
    if inside.parts[0] in (".git", ".store", "reports") or path.name.endswith("read.json"):
        continue
    if inside.parts[0] == ".venv" and path.suffix != ".csv":  # what is installed is told by its folder
        continue
    tried.append(str(inside))
    before = path.read_bytes()
    path.write_bytes(before + b"\\n")
    if not is_noticed():
        missed.append(str(inside))
    path.unlink()
    if not is_noticed():
        missed.append(f"{inside} is gone")
    path.write_bytes(before)
assert is_read(project())
json.dump({"tried": tried, "missed": missed}, real)
"""
AROUND = """
import json, os, sys
from pathlib import Path
from goldenpath_runtime.__main__ import main
from goldenpath_runtime.lineage import is_read
from goldenpath_runtime.project import open_project
code = json.load(sys.stdin)
assert main(["data"]) == 0
found = [is_read(open_project(None))]
exec(code)
found.append(is_read(open_project(None)))
json.dump(found, sys.stdout)
"""
MEANWHILE = """
import json, sys
from pathlib import Path
from goldenpath_runtime import prepare
from goldenpath_runtime.lineage import is_read
from goldenpath_runtime.project import open_project
path = Path(json.load(sys.stdin))
before = path.read_text()
usual = prepare.validate_rows
def while_somebody_edits(*given):
    path.write_text(before + "\\n")
    return usual(*given)
prepare.validate_rows = while_somebody_edits
prepare.prepare_data(open_project(None))
found = [is_read(open_project(None))]
path.write_text(before)
found.append(is_read(open_project(None)))
json.dump(found, sys.stdout)
"""
# Of what is not a file that is read.
OTHERS = {
    "another file of the package": "Path('src/my_model/more.py').write_text('')",
    "a file that code could read": "Path('src/my_model/words.txt').write_text('some')",
    "another version of Python": "sys.version = '3.99'",
    "another place that code comes from": "sys.path.insert(0, '/tmp')",
    "another store": "os.environ['GOLDENPATH_STORE'] = '/tmp/other'",
    "something installed": "import sysconfig; os.utime(sysconfig.get_path('purelib'))",
    "rows that are gone": "Path('build/my_model/data/test.parquet').unlink()",
    "rows that are others": "p = Path('build/my_model/data/test.parquet'); p.write_bytes(p.read_bytes() + b'1')",
    "a setting": "p = Path('params.yaml'); p.write_text(p.read_text().replace('seed: 0', 'seed: 1'))",
}
MODEL = "src/my_model/model.py"
METHOD = "    def baseline(self)"
SOURCE = "package:palmerpenguins/data/penguins.csv"
# Of these nothing is known by looking at files.
ALWAYS = {
    "a load of the team's": {
        MODEL: (
            METHOD,
            f"    def load(self, source):\n        yield from super().load(source)\n\n{METHOD}",
        )
    },
    "checks of the team's": {MODEL: (METHOD, f"    def checks(self):\n        return ()\n\n{METHOD}")},
    "columns of the team's": {
        MODEL: (
            METHOD,
            f"    @property\n    def columns(self):\n        return super().columns\n\n{METHOD}",
        )
    },
    "a model that is made otherwise": {
        MODEL: (METHOD, f"    def __init__(self, *given):\n        super().__init__(*given)\n\n{METHOD}")
    },
    "a load put in place of the template's": {
        MODEL: (
            "\nclass Model",
            "\nusual = BaseModel.load\nBaseModel.load = lambda self, source: usual(self, source)\n\nclass Model",
        )
    },
    "an age": {
        "params.yaml": (SOURCE, "data/sample.csv\n      checks: {max_age_days: {sampled: 1000000}}"),
        "data/schema.yaml": ("columns:\n", "columns:\n  sampled: {type: time, feature: false}\n"),
        "data/sample.csv": ("\n", ",2026-11-01\n"),
    },
    "a file of the store": {"params.yaml": (SOURCE, "store:penguins.csv")},
}
SAME = "nothing that the rows depend on has changed"


def some_of(names: Iterable[str], number: int) -> list[Any]:
    """Cases of which CI runs the first ones; the environment `live` runs all."""
    return [
        pytest.param(name, marks=[pytest.mark.live] * (place >= number)) for place, name in enumerate(names)
    ]


def left(project: Path) -> dict[str, bytes]:
    """What `data` leaves, by file."""
    build, reports = project / "build/my_model", project / "reports/my_model"
    files = [
        *(build / "data").iterdir(),
        build / "inputs.json",
        build / "champion",
        reports / "data.verdict",
    ]
    return {path.name: path.read_bytes() for path in files}


def data(project: Path, env: dict[str, str]) -> str:
    """What `data` prints."""
    return run([str(project / ".venv/bin/python"), "-m", "goldenpath_runtime", "data"], project, env)


def test_each_file_that_is_opened_decides(project: Path, env: dict[str, str], tmp_path: Path) -> None:
    fresh = env | {"PYTHONPYCACHEPREFIX": str(tmp_path)}  # so that sources are opened, and not bytecode
    found: dict[str, list[str]] = in_one_process(project, fresh, CHANGED, None)
    tried = "\n".join(found["tried"])
    for name in (
        "params.yaml",
        "schema.yaml",
        "pyproject.toml",
        "uv.lock",
        "my_model/model.py",
        "split.py",
        "checks.py",
        "penguins.csv",
    ):
        assert name in tried
    assert found["missed"] == []


@pytest.mark.parametrize("name", some_of(OTHERS, 3))
def test_what_else_decides(project: Path, env: dict[str, str], name: str) -> None:
    params = (project / "params.yaml").read_bytes()
    assert in_one_process(project, env, AROUND, OTHERS[name]) == [True, False]
    (project / "params.yaml").write_bytes(params)
    for added in ("more.py", "words.txt"):
        (project / "src/my_model" / added).unlink(missing_ok=True)


@pytest.mark.parametrize("path", some_of(["data/schema.yaml", "params.yaml", "src/my_model/model.py"], 1))
def test_what_changes_while_rows_are_read_is_noticed(project: Path, env: dict[str, str], path: str) -> None:
    assert in_one_process(project, env, MEANWHILE, path)[0] is False


def test_what_is_left_is_what_a_full_run_leaves(project: Path, env: dict[str, str]) -> None:
    (project / "build/my_model/read.json").unlink(missing_ok=True)
    assert SAME not in data(project, env)
    full = left(project)
    assert SAME in data(project, env)
    assert left(project) == full
    assert SAME in make(project, env, "pipeline")
    assert left(project) == full


def test_the_champion_is_looked_up_all_the_same(project: Path, env: dict[str, str], tmp_path: Path) -> None:
    ledger = tmp_path / "my_model/ledger"
    ledger.mkdir(parents=True)
    there = env | {"GOLDENPATH_STORE": str(tmp_path)}
    data(project, there)
    assert left(project)["champion"] == b"none\n"
    rows = json.loads((project / "build/my_model/data/summary.json").read_bytes())["sha256"]
    entries: list[dict[str, Any]] = [
        {"event": "register", "version": "abc", "data_sha256": rows},
        {"event": "promote", "env": "production", "version": "abc"},
    ]
    for number, entry in enumerate(entries, 1):
        (ledger / f"{number:08}.json").write_text(json.dumps(entry), "utf-8")
    assert SAME in data(project, there)
    assert left(project)["champion"] == b"abc\n"
    assert left(project)["data.verdict"] == b"unchanged\n"


@pytest.mark.parametrize("name", some_of(ALWAYS, 2))
def test_rows_that_files_do_not_tell_of_are_read_anew(
    project: Path, env: dict[str, str], tmp_path: Path, name: str
) -> None:
    (source,) = project.glob(".venv/lib/python*/site-packages/palmerpenguins/data/penguins.csv")
    shutil.copy(source, tmp_path)
    there = env | {"GOLDENPATH_STORE": str(tmp_path)}
    before = {path: (project / path).read_text("utf-8") for path in ALWAYS[name]}
    try:
        for path, (old, new) in ALWAYS[name].items():
            assert old in before[path]
            text = before[path].replace(old, new)
            if path.endswith(".csv"):
                text = text.replace("2026-11-01", "sampled", 1)
            (project / path).write_text(text, "utf-8")
        for _ in range(2):
            assert SAME not in data(project, there)
    finally:
        for path, text in before.items():
            (project / path).write_text(text, "utf-8")


# Rows as they may lie here besides, and what adds some.
WRITE = "import pandas as pd, pathlib; rows = pd.read_csv(SOURCE, dtype=str, keep_default_na=False); pathlib.Path(PLACE).mkdir(exist_ok=True); "
PLACES = {
    "a compressed file": (
        "rows.csv.gz",
        "rows.to_csv(PLACE + '/rows.csv.gz', index=False)",
        "rows[:-9].to_csv(PLACE + '/rows.csv.gz', index=False)",
    ),
    "a folder": (
        "",
        "pd.read_csv(SOURCE).to_parquet(PLACE + '/one.parquet')",
        "pd.read_csv(SOURCE)[:9].to_parquet(PLACE + '/two.parquet')",
    ),
}


@pytest.mark.parametrize("name", some_of(PLACES, 1))
def test_what_a_source_is_made_of_decides(
    project: Path, env: dict[str, str], tmp_path: Path, name: str
) -> None:
    (source,) = project.glob(".venv/lib/python*/site-packages/palmerpenguins/data/penguins.csv")
    file, first, later = PLACES[name]
    place = tmp_path / "rows"
    params = project / "params.yaml"
    before = params.read_text("utf-8")

    def write(code: str) -> None:
        given = f"SOURCE, PLACE = {str(source)!r}, {str(place)!r}; {WRITE}{code}"
        run([str(project / ".venv/bin/python"), "-c", given], project, env)

    write(first)
    params.write_text(before.replace(SOURCE, str(place / file)), "utf-8")
    try:
        assert SAME not in data(project, env)
        assert SAME in data(project, env)
        write(later)
        assert SAME not in data(project, env)
    finally:
        params.write_text(before, "utf-8")


def test_rows_that_could_not_be_read_are_not_trained_on(project: Path, env: dict[str, str]) -> None:
    """Where DVC leaves what `data` has written before."""
    schema = project / "data/schema.yaml"
    before = schema.read_text("utf-8")
    python = [str(project / ".venv/bin/python"), "-m", "goldenpath_runtime"]
    schema.write_text(before.replace("max: 10000.0", "max: 1.0"), "utf-8")
    assert "break schema.yaml" in run([*python, "data"], project, env, expect=1)
    schema.write_text(before, "utf-8")
    assert "run make data first" in run([*python, "train"], project, env, expect=1)
    data(project, env)
