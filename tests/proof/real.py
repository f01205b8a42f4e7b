"""A repository with its real make, a bare one that its jobs push to, and a store that outlives them: for flows run for real."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.proof.machine import Machine, committed
from tests.support import commit_all, git

MODEL = "my_model"
ADDRESS = "https://github.com/my-org/my-model.git"
MODEL_CODE = f"src/{MODEL}/model.py"
# A change that nobody would make on purpose: the candidates hardly look at the rows.
WORSE = (
    ("linear = LogisticRegression(max_iter=1000)", "linear = LogisticRegression(max_iter=1000, C=1e-9)"),
    (
        "GradientBoostingClassifier(random_state=self.params.seed)",
        "GradientBoostingClassifier(random_state=self.params.seed, n_estimators=1, learning_rate=1e-6)",
    ),
)
# Another model, about as good.
OTHER = (
    (
        "LogisticRegression(max_iter=1000)\n        boosting",
        "LogisticRegression(max_iter=900)\n        boosting",
    ),
)
# Short rollouts, whose limits of time a machine keeps on which several jobs run at once.
PATIENT = (("max_p99_ms: 1000", "max_p99_ms: 30000"), ("max_slowdown: 3", "max_slowdown: 100"))
QUICK = {
    "environments/production.yaml": (
        ("steps: [5, 25, 50]", "steps: [50]"),
        ("min_requests: 100", "min_requests: 40"),
        *PATIENT,
    ),
    "environments/staging.yaml": (
        ("seconds: 5", "seconds: 1"),
        ("min_throughput: 20", "min_throughput: 1"),
        *PATIENT,
    ),
}


@dataclass(frozen=True)
class Real:
    """`project` is where somebody works, `origin` what the forge keeps, `store` what outlives jobs."""

    project: Path
    origin: Path
    store: Path

    def edit(self, path: str, *changes: tuple[str, str]) -> None:
        """Change a file and commit that; each old text must be there."""
        text = (self.project / path).read_text("utf-8")
        for old, new in changes:
            assert old in text, f"{path} has no {old!r}"
            text = text.replace(old, new)
        (self.project / path).write_text(text, "utf-8")
        commit_all(self.project, f"change {path}")

    def ledger(self) -> list[dict[str, Any]]:
        """What happened to the model, in order."""
        files = sorted((self.store / MODEL / "ledger").glob("[0-9]*.json"))
        return [json.loads(path.read_text("utf-8")) for path in files]

    @property
    def events(self) -> list[str]:
        """The names of these."""
        return [entry["event"] for entry in self.ledger()]

    def branches(self) -> list[str]:
        """The branches that jobs have pushed."""
        names = git(self.origin, "for-each-ref", "--format=%(refname:short)", "refs/heads/").split()
        return [name for name in names if name != "main"]

    def known_to(self, machine: Machine) -> Machine:
        """Let a machine reach the bare repository under the address of the forge."""
        (Path(machine.env["HOME"]) / ".gitconfig").write_text(
            f'[url "file://{self.origin}"]\n\tinsteadOf = {ADDRESS}\n'
        )
        return machine


def real(folder: Path, **answers: Any) -> Real:
    """A new repository, with short rollouts."""
    made = Real(committed(folder, **answers), folder / "origin.git", folder / "store")
    for path, changes in QUICK.items():
        made.edit(path, *changes)
    git(folder, "clone", "--quiet", "--bare", str(made.project), str(made.origin))
    return made
