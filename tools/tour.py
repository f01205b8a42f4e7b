"""`make tour`: the whole life of a model on this machine, from the first training to a new champion after drift.

Each job runs in a fresh clone of its own, as in a CI system; clones share the store and nothing else. Clients ask the
production address all the time, and none of their requests may fail.
"""

from __future__ import annotations

import csv
import io
import json
import random
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tools.clients import Clients, Row, moved
from tools.demo import DemoError, environment

ROOT = Path(__file__).resolve().parents[1]
MODEL = "goldenpath_tour"
PARAMS = {  # with so few rows to test on, a better model may look a little worse
    "package:palmerpenguins/data/penguins.csv": "store:data/rows.csv",
    "min_gain: 0.0": "max_regression: 0.05\n      min_gain: 0.0",
}
POLICY = {
    "steps: [5, 25, 50]": "steps: [20, 50]",
    "min_requests: 100": "min_requests: 60",
    "max_disagreement: 0.25": "max_disagreement: 0.4",
}
ACCEPT = {"seconds: 5": "seconds: 2"}
WRITE = """
import sys
from goldenpath_runtime.store.ledger import open_store
open_store().write("data/rows.csv", sys.stdin.buffer.read())
"""
READ = """
import sys
from importlib.resources import files
sys.stdout.write(files("palmerpenguins").joinpath("data/penguins.csv").read_text())
"""


class Tour:
    """A folder with the bare repository, the store and the clones of all jobs so far."""

    def __init__(self, folder: Path, store: str) -> None:
        self.folder, self.store, self.count = folder, store, 0
        self.clone = folder
        self.origin = folder / "origin.git"
        self.env = environment() | {"GOLDENPATH_STORE": store, "GOLDENPATH_RUN": str(folder / "run")}
        for role in ("AUTHOR", "COMMITTER"):
            self.env |= {f"GIT_{role}_NAME": "Tour", f"GIT_{role}_EMAIL": "tour@example.com"}

    def run(self, command: list[str], cwd: Path, *, fails: bool = False, given: str = "") -> str:
        """What a command prints; DemoError with it when it ends otherwise than expected."""
        out, err = subprocess.PIPE, subprocess.STDOUT
        done = subprocess.run(
            command, cwd=cwd, env=self.env, input=given, text=True, check=False, stdout=out, stderr=err
        )
        if (done.returncode != 0) != fails:
            raise DemoError(
                f"{' '.join(command)} in {cwd}: exit code {done.returncode}\n{done.stdout[-3000:]}"
            )
        return done.stdout

    def job(self, title: str, *targets: str, fails: bool = False, show: str = "", **settings: str) -> str:
        """Run make in a fresh clone, print the lines that `show` finds, and push what it has committed."""
        self.count += 1
        self.clone = self.folder / f"{self.count:02}-{title.replace(' ', '-')}"
        print(f"\n{self.count:2}. {title}", flush=True)
        self.run(["git", "clone", "--quiet", str(self.origin), str(self.clone)], self.folder)
        self.run(["make", "setup"], self.clone)
        return self.step(*targets, fails=fails, show=show, **settings)

    def step(self, *targets: str, fails: bool = False, show: str = "", **settings: str) -> str:
        """Run make in the clone of the last job."""
        command = ["make", *targets, *(f"{name}={value}" for name, value in settings.items())]
        start = time.monotonic()
        told = self.run(command, self.clone, fails=fails)
        print(
            f"    $ {shlex.join(command)}   # {time.monotonic() - start:.1f} s{', fails' * fails}", flush=True
        )
        for line in told.splitlines():
            if show and re.search(show, line):
                print(f"      {line}", flush=True)
        self.run(["git", "push", "--quiet", "origin", "HEAD:main"], self.clone)
        return told

    def stop(self) -> None:
        """End what the tour has left running."""
        for env in ("staging", "production"):
            command = [".venv/bin/python", "-m", "goldenpath_runtime", "down", "--env", env]
            subprocess.run(command, cwd=self.clone, env=self.env, check=False, capture_output=True)

    def python(self, code: str, given: str = "") -> str:
        """What Python code prints that runs in the first clone."""
        return self.run([".venv/bin/python", "-c", code], self.folder / "start", given=given)

    def new_rows(self, rows: list[Row]) -> None:
        """Put rows where params.yaml reads them from."""
        text = io.StringIO()
        writer = csv.DictWriter(text, rows[0])
        writer.writeheader()
        writer.writerows(rows)
        self.python(WRITE, text.getvalue())


def start(tour: Tour) -> Tour:
    """A new repository that reads its rows from the store, pushed to a bare one."""
    first, store = tour.folder / "start", tour.store
    template = [
        "--defaults",
        "--template",
        str(ROOT),
        "--vcs-ref",
        "HEAD",
        "--data",
        "project_name=goldenpath-tour",
    ]
    template += ["--data", f"store={store if '://' in store else '.store'}"]
    tour.run([str(Path(sys.executable).with_name("goldenpath")), "new", str(first), *template], ROOT)
    replace(first / "params.yaml", PARAMS)
    replace(first / "environments/production.yaml", POLICY)
    replace(first / "environments/staging.yaml", ACCEPT)
    tour.run(["make", "setup"], first)
    tour.run(["git", "add", "--all"], first)
    tour.run(["git", "commit", "--quiet", "--no-verify", "-m", "Read the rows from the store"], first)
    tour.run(["git", "clone", "--quiet", "--bare", str(first), str(tour.origin)], tour.folder)
    return tour


def replace(path: Path, changes: dict[str, str]) -> None:
    """Change a text file; every old text must be there."""
    text = path.read_text("utf-8")
    for old, new in changes.items():
        if old not in text:
            raise DemoError(f"{path} has no {old!r}")
        text = text.replace(old, new)
    path.write_text(text, "utf-8")


def train(tour: Tour, title: str, rows: list[Row]) -> None:
    """New rows in the store, and the train flow on them."""
    tour.new_rows(rows)
    tour.job(
        title, "pipeline", "register", show=r"chosen|^roc_auc|^(ok|FAIL) (threshold|beats|champion)|version"
    )


def stage(tour: Tour) -> None:
    """Staging, acceptance and approval of the newest version."""
    tour.job("deploy staging", "deploy", ENV="staging", show="answers in")
    tour.job("accept", "accept", ENV="staging", show="^(ok|FAIL)")
    tour.job("approve", "approve", BY="ann", NOTE="the report is convincing", show="approved")


def canary(tour: Tour) -> None:
    """Production traffic by steps, and the champion."""
    tour.job("canary", "rollout", "promote", STRATEGY="canary", show=r" %: |^(ok|FAIL)|canary of|answers in")


def life(tour: Tour) -> None:
    """All of it, in order."""
    rows = [row for row in csv.DictReader(io.StringIO(tour.python(READ))) if "NA" not in row.values()]
    random.Random(0).shuffle(rows)  # noqa: S311
    train(tour, "train on 60 rows", rows[:60])
    stage(tour)
    tour.job("first rollout", "rollout", "promote", show="has all requests|answers in")
    address = json.loads(tour.step("status", "--silent"))["address"]
    with Clients(address, rows, tour.folder / "start", tour.env) as clients:
        train(tour, "train on 150 rows", rows[:150])
        stage(tour)
        canary(tour)
        train(tour, "train on all rows", rows)
        stage(tour)
        with clients.labelling():
            tour.job("a b test", "rollout", STRATEGY="ab", show=r"^(ok|FAIL)|ab of")
        tour.job("promote", "promote", show="answers in")
        bad(tour, rows)
        tour.job("roll back", "rollback", NOTE="to show it", show="answers in")
        drift(tour, rows, clients)
    print(tour.job("what happened", "history", "health"))
    print(f"\nclients: {clients.answered} requests answered, {len(clients.failures)} failed")
    if clients.failures or not clients.answered:
        raise DemoError(f"requests of clients failed: {clients.failures[:3]}")


def bad(tour: Tour, rows: list[Row]) -> None:
    """A model of wrong labels: the gate blocks it, somebody forces it, and the canary takes it back."""
    why = "to show what a canary does"
    other = {"female": "male", "male": "female"}
    tour.new_rows([{**row, "sex": other[row["sex"]] if i % 6 else row["sex"]} for i, row in enumerate(rows)])
    tour.job("a bad model", "pipeline", fails=True, show="^FAIL")
    tour.step("register", fails=True, show="blocked")
    tour.step("register", FORCE=why, BY="bob", show="version")
    tour.job("deploy staging", "deploy", ENV="staging", show="answers in")
    tour.job("accept by force", "accept", ENV="staging", FORCE=why, BY="bob", show="^FAIL")
    tour.job("approve", "approve", BY="bob", NOTE="what could go wrong", show="approved")
    tour.job("canary", "rollout", STRATEGY="canary", fails=True, show=r" %: |^(ok|FAIL)|canary of")


def drift(tour: Tour, rows: list[Row], clients: Clients) -> None:
    """The rows of clients change; monitoring says so and trains anew on rows like them."""
    since = clients.shift(600)
    tour.new_rows(rows + [moved(row) for row in rows])
    told = tour.job("watch", "watch", SINCE=since, show=r"drift|version|^FAIL")
    if "drift: version" not in told:
        raise DemoError(f"no new version came of the drift:\n{told}")
    stage(tour)
    canary(tour)


def main(arguments: list[str]) -> int:
    """`FOLDER [STORE]`; 1 with a message when a step goes otherwise than it should."""
    folder = Path(arguments[0]).resolve()
    store = arguments[1] if len(arguments) > 1 else str(folder / "store")
    if folder.exists() and not (folder / "start").exists():
        print(f"error: {folder} is there already, and make tour did not make it", file=sys.stderr)
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tour = Tour(folder, store)
    try:
        life(start(tour))
    except DemoError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    finally:
        tour.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
