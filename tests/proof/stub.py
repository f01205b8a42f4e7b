"""A project whose make only notes what it is asked: so the control flow of a CI file is seen in seconds.

The jobs of every system run in clones of their own, so what they ask is noted in one file beside them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import commit_all, generate

SETTINGS = ["MODEL", "VERSION", "STRATEGY", "ENV", "FORM", "FLOW", "DRIFTED", "BY", "NOTE", "CLIENTS"]
SETTINGS += ["PROPOSE", "GOLDENPATH_REASON", "GOLDENPATH_STORE", "GOLDENPATH_IMAGE"]
MODELS = ("cat", "dog_eu")
RELEASE = "mkdir -p reports; echo {} > reports/release.verdict; echo 1a2b > reports/release.version"
MAKEFILE = """.SILENT:
Makefile: ;
FORCE: ;
%: FORCE
	printf '%s\\n' "$$(printf %s '$@'; {settings} :)" >> '{log}'
	if [ -e '{folder}/$@.sh' ]; then . '{folder}/$@.sh'; fi
"""


@dataclass(frozen=True)
class Call:
    """One target that was asked for, with the settings that it found in its environment or on its command line."""

    target: str
    settings: Mapping[str, str]


@dataclass(frozen=True)
class Stub:
    """A committed project, and a folder in which tests say what its targets do."""

    project: Path
    folder: Path

    @property
    def calls(self) -> list[Call]:
        """What was asked so far, in order."""
        log = self.folder / "calls"
        lines = log.read_text("utf-8").splitlines() if log.exists() else []
        words = [line.split("\t") for line in lines]
        return [Call(target, dict(word.split("=", 1) for word in rest)) for target, *rest in words]

    @property
    def targets(self) -> list[str]:
        """The targets of these calls."""
        return [call.target for call in self.calls]

    def on(self, target: str, script: str) -> None:
        """What that target does from now on, as lines of sh in the job's clone; `exit 1` makes it fail."""
        (self.folder / f"{target}.sh").write_text(script + "\n")

    def fails(self, target: str) -> None:
        """That target fails from now on."""
        self.on(target, "exit 1")


def stub(folder: Path, **answers: Any) -> Stub:
    """A new repository of the template with such a Makefile: two models, everything passes, nothing has drifted."""
    project = generate(folder / "project", **answers)
    made = Stub(project, folder / "stub")
    made.folder.mkdir()
    noted = " ".join(f'[ -z "${name}" ] || printf "\\t%s" "{name}=${name}";' for name in SETTINGS)
    text = MAKEFILE.format(settings=noted.replace("$", "$$"), log=made.folder / "calls", folder=made.folder)
    (project / "Makefile").write_text("export\n" + text)
    made.on("matrix", _matrix())
    made.on("summary", "echo '# A model'")
    made.on("preflight", RELEASE.format("approval"))
    made.on("data", 'mkdir -p "reports/$MODEL"; echo new > "reports/$MODEL/data.verdict"')
    monitor = f'for m in {" ".join(MODELS)}; do mkdir -p "reports/$m"; echo stable > "reports/$m/monitor.verdict"; done'
    made.on("monitor", monitor)
    commit_all(project, "start")
    return made


def _matrix() -> str:
    """The forms in which `make matrix` prints; with DRIFTED, the models whose verdict says so."""
    models = f"for m in {' '.join(MODELS)}; do"
    chosen = (
        '[ -z "$MODEL" ] || [ "$MODEL" = "$m" ] || continue; '
        '[ -z "$DRIFTED" ] || grep -qx drift "reports/$m/monitor.verdict" || continue;'
    )
    lines = f'names() {{ {models} {chosen} echo "$m"; done; }}'
    form = json.dumps(
        'import json,os,sys; n=sys.stdin.read().split(); f=os.environ.get("FORM") or "github"; '
        'print("\\n".join(n) if f=="list" else json.dumps('
        '{"include":[{"model":x,"dataset":None} for x in n]} if f=="github" else '
        '[{"MODEL":n}] if f=="gitlab" else {x:{"MODEL":x} for x in n}))'
    )
    return f"{lines}\nnames | python3 -c {form.replace('$', chr(92) + '$')}"
