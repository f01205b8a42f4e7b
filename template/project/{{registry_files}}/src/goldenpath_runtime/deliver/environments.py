"""environments/<env>.yaml: which versions are to run there, and how they get there.

Owned by the template: do not edit. The files are shared: `deploy`, `promote` and `rollback` write
`models` in them.
"""

from collections.abc import Callable, Mapping
from functools import partial
from io import StringIO
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import Annotated, Literal

from pydantic import Field, field_validator
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from yaml import MappingNode, SafeLoader, compose

from goldenpath_runtime.config import Params
from goldenpath_runtime.errors import ProjectError
from goldenpath_runtime.extras import names
from goldenpath_runtime.files import Frozen, git, read_yaml, write_text

from .target import Strategy

FOLDER = Path("environments")
UNDER_WAY = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD")  # a commit would end these


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
    steps: tuple[Annotated[int, Field(ge=0, le=100)], ...] = (5, 25, 50)
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


def read_environments(_: Params) -> dict[str, Environment]:
    """All of these files, by name; ProjectError names what is wrong in one of them."""
    return {path.stem: read_environment(path.stem) for path in sorted(FOLDER.glob("*.yaml"))}


def set_version(env: str, model: str, desired: Desired, message: str) -> None:
    """Write a model's version into the file; all other lines stay as they are.

    That version alone is committed, where there is git: no other edit, be it of this file.
    """
    path = FOLDER / f"{env}.yaml"
    text = path.read_text(encoding="utf-8")
    changed = _with_version(text, model, desired)
    if changed != text:
        write_text(path, changed)
    if not git("status", "--porcelain", "--", str(path)):
        return
    change = partial(_with_version, model=model, desired=desired)
    committed = _commit(path, change, message)
    print(
        f"{path} is committed; push it" if committed else f"{path} is changed: commit and push it"
    )


def _commit(path: Path, change: Callable[[str], str], message: str) -> bool:
    """Commit a change of a file as the last commit has it, beside all that is edited or staged.

    False where the file is not in git, where git or a hook says no, and amid a merge.
    """
    last = git("show", f"HEAD:./{path}")
    staged = git("show", f":./{path}")
    under_way = [git("rev-parse", "--verify", "--quiet", head) for head in UNDER_WAY]
    if last is None or staged is None or any(under_way):
        return False
    with TemporaryDirectory() as folder:
        index = f"{folder}/index"
        if git("read-tree", "HEAD", GIT_INDEX_FILE=index) is None:
            return False  # of an empty index, a commit would remove all files
        _stage(path, change(f"{last}\n"), GIT_INDEX_FILE=index)
        done = git("commit", "--quiet", "--message", message, GIT_INDEX_FILE=index)
    if done is None:
        return False
    _stage(path, change(f"{staged}\n"))
    return True


def _stage(path: Path, text: str, **env: str) -> None:
    """Write a text as that file into git's index, whatever the file itself has."""
    with NamedTemporaryFile("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        blob = git("hash-object", "-w", "--path", str(path), file.name)
    folder = git("rev-parse", "--show-prefix")
    git("update-index", "--cacheinfo", f"100644,{blob},{folder}{path}", **env)


def _with_version(text: str, model: str, desired: Desired) -> str:
    """The text of such a file with that version of a model."""
    start, end = _place_of_models(text)
    yaml = YAML()
    content = yaml.load(text[start:end]) or CommentedMap()
    models = content.get("models") or CommentedMap()
    if models.get(model) == desired.model_dump():
        return text
    models[model] = desired.model_dump()
    models.fa.set_block_style()
    content["models"] = models
    block = StringIO()
    yaml.dump(content, block)
    return text[:start] + block.getvalue().rstrip("\n") + (text[end:] or "\n")


def _place_of_models(text: str) -> tuple[int, int]:
    """Where `models` begins and its last value ends; both are the end where it is missing."""
    root = compose(text, SafeLoader)
    pairs = root.value if isinstance(root, MappingNode) else ()
    for key, value in pairs:
        if key.value != "models":
            continue
        last = value
        while isinstance(last, MappingNode) and last.value and not last.flow_style:
            _, last = last.value[-1]
        return key.start_mark.index, last.end_mark.index
    return len(text), len(text)
