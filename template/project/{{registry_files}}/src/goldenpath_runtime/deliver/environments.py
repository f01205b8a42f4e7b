"""environments/<env>.yaml: which versions are to run there, and how they get there.

Owned by the template: do not edit. The files are shared: `deploy`, `promote` and `rollback` write
`models` in them.
"""

from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from ruamel.yaml import YAML

from goldenpath_runtime.errors import ProjectError
from goldenpath_runtime.extras import names
from goldenpath_runtime.files import Frozen, git, read_yaml, write_text

from .target import Strategy

FOLDER = Path("environments")


class Desired(Frozen):
    """The version that answers, with the digest of its graph."""

    version: str
    sha256: str


class Limits(Frozen):
    """What a version may do under load, or beside the champion.

    Shares of requests, multiples of the champion's time. `min_requests` are answered in each step
    before it is judged, in an A/B so many with labels by each version; a step that has fewer after
    `seconds` is no success.
    """

    max_error_rate: float = Field(default=0.01, ge=0, le=1)
    max_p99_ms: float = Field(default=1000.0, gt=0)
    max_slowdown: float = Field(default=3.0, gt=0)
    max_disagreement: float = Field(default=0.25, ge=0, le=1)
    min_requests: int = Field(default=100, ge=1)


class Rollout(Limits):
    """How production traffic moves; `steps` are the new version's percentages in their order."""

    strategy: Strategy = "canary"
    steps: tuple[int, ...] = (5, 25, 50)
    seconds: float = Field(default=60.0, gt=0)
    significance: float = Field(default=0.05, gt=0, lt=1)


class Accept(Limits):
    """The load that a deployed version is put under.

    So many clients, for so many seconds, and twice as many after.
    """

    clients: int = Field(default=8, ge=1)
    seconds: float = Field(default=5.0, gt=0)
    min_throughput: float = Field(default=20.0, ge=0)


class Environment(Frozen):
    """One environment.

    `release: automatic` asks no person. `port: 0` is any free one; `timeout` is in seconds.
    `warm_seconds`: for how long the champion before stays ready, so that a rollback takes a second.
    """

    models: Mapping[str, Desired] = {}
    release: Literal["approval", "automatic"] = "approval"
    target: str = Field(default_factory=lambda: next(iter(names("target")), "none"))
    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535)
    replicas: int = Field(default=1, ge=1)
    timeout: float = Field(default=10.0, gt=0)
    warm_seconds: float = Field(default=600.0, ge=0)
    accept: Accept = Accept()
    rollout: Rollout = Rollout()

    @field_validator("target")
    @classmethod
    def _is_known(cls, value: str) -> str:
        known = names("target")
        if known and value not in known:
            raise ValueError(f"this repository has no such target; it has: {', '.join(known)}")
        return value


def read_environment(name: str) -> Environment:
    """The file of that environment.

    ProjectError names what is wrong in it, or the environments that there are.
    """
    path = FOLDER / f"{name}.yaml"
    if not path.exists():
        known = ", ".join(sorted(path.stem for path in FOLDER.glob("*.yaml"))) or "none"
        raise ProjectError(f"{path}: not found; there are: {known}")
    return read_yaml(path, Environment)


def set_version(env: str, model: str, desired: Desired, message: str) -> None:
    """Write a model's version into the file, keeping comments.

    That file alone is committed, where there is git.
    """
    path, yaml = FOLDER / f"{env}.yaml", YAML()
    yaml.preserve_quotes, yaml.width = True, 120
    content = yaml.load(path.read_text(encoding="utf-8"))
    if (content.get("models") or {}).get(model) != desired.model_dump():
        content["models"] = (content.get("models") or {}) | {model: desired.model_dump()}
        text = StringIO()
        yaml.dump(content, text)
        write_text(path, text.getvalue())
    if git("status", "--porcelain", "--", str(path)):
        failed = git("commit", "--quiet", "--message", message, "--", str(path)) is None
        print(
            f"{path} is changed: commit and push it" if failed else f"{path} is committed; push it"
        )
