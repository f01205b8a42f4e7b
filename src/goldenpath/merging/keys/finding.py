"""Where a text pins a version: actions, hooks, images of containers, Python packages."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import PurePosixPath
from typing import NamedTuple

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from goldenpath.merging.keys.requirements import is_requirements, statements

_VERSION = r"v?\d+(?:\.\d+)*"
_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

_REFERENCE = r"""(?P<ref>[^\s"'#]+)["']?[ \t]*(?P<comment>\#[^\n]*)?"""
_USES = re.compile(
    rf"""^\s*(?:-\s+)?uses:\s*["']?(?P<name>[^\s@"'\#:]*(?:https://)?[^\s@"'\#:]+)@{_REFERENCE}""",
    re.MULTILINE,
)
_REPOSITORY = re.compile(r"""^\s*(?:-\s+)?repo:\s*["']?([^\s"'#]+)""")
_REVISION = re.compile(rf"""^\s*rev:\s*["']?{_REFERENCE}""")
# As pre-commit, Renovate, ratchet and pinact write it.
_COMMENT = re.compile(rf"#\s*(?:frozen:\s*|tag=|ratchet:\S+@|pin@)?(?P<version>{_VERSION})(?=[\s,;)]|$)")

_IMAGE_KEY = r"""["']?(?:image|container)["']?:[ \t]*"""
_IMAGE_IN_YAML = re.compile(
    rf"""^(?P<indent>[ \t]*)(?:-[ \t]+)?(?:{_IMAGE_KEY}(?:\r?\n(?P=indent)[ \t]+name:[ \t]*)?|uses:[ \t]*["']?docker://)"""
    r"""["']?(?P<image>[^\s"'#,}]+)""",
    re.MULTILINE,
)
_IMAGE_IN_DOCKERFILE = re.compile(
    r"(?:^[ \t]*FROM[ \t]+(?:--\S+[ \t]+)*|^[^#\n]*[ \t,]-{0,2}from=)(?P<image>[^\s,]+)",
    re.MULTILINE | re.IGNORECASE,
)
_IMAGE = re.compile(
    r"(?P<name>[^@$\s]+):(?P<v>v?)(?P<version>\d+(?:\.\d+)*)(?P<flavour>[A-Za-z_-][\w.-]*)?"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)

_STRING_OR_COMMENT = re.compile(r"""(?<!\S)#[^\n]*|"(?:\\.|[^"\\\n])*"|'[^'\n]*'""")
_ITEM = re.compile(
    r"""^[ \t]*-[ \t]+([A-Za-z][^\n"'#]*==[^\n"'#]*?)[ \t]*(?:[ \t]#[^\n]*)?\r?$""", re.MULTILINE
)
_INI_LINE = re.compile(
    r"(?:^[ \t]+|=[ \t]*)([A-Za-z][^\n#=]*==[^\n#]*?)[ \t]*(?:[ \t]#[^\n]*)?\r?$", re.MULTILINE
)
_KEYED = re.compile(
    r"""^[ \t]*["']?([\w.-]+)["']?[ \t]*=[ \t]*["']==[ \t]*(\d+(?:\.\d+)*)["']""", re.MULTILINE
)
_EXACT = re.compile(r"==\s*(\d+(?:\.\d+)*)(?=\s|;|$)")

Span = tuple[int, int]


class Subject(NamedTuple):
    """What is pinned and how: in which variant, by what people call it, by a tag or a commit."""

    key: str
    name: str
    form: str


class Pin(NamedTuple):
    """One exact version in a text.

    `key` says of what, in which variant: only versions of equal keys are compared. `name` is what people call it.
    `spans` are the places of what moves together (a commit and the version in the comment beside it), `texts` what
    stands there, `form` how it is pinned (by a tag, a hash). `exact` tells that 1 is 1.0.0, not any 1.x.
    """

    key: str
    name: str
    version: str
    form: str
    spans: tuple[Span, ...]
    texts: tuple[str, ...]
    exact: bool = False

    @classmethod
    def of(cls, subject: Subject, version: str, text: str, spans: list[Span]) -> "Pin":
        """Return the pin that stands at these places of a text."""
        texts = tuple(text[start:stop] for start, stop in spans)
        form = f"{subject.form} {len(spans)}"
        return cls(subject.key, subject.name, version, form, tuple(spans), texts, subject.form == "exact")

    @property
    def release(self) -> tuple[int, ...]:
        """The version as numbers."""
        return tuple(int(part) for part in self.version.removeprefix("v").split("."))


def pins(path: str, text: str) -> list[Pin]:
    """All pins of a file, told by its name, in their order."""
    found = {pin.spans[0]: pin for find in _finders(path) for pin in find(text)}
    return [found[span] for span in sorted(found)]


Finder = Callable[[str], Iterator[Pin]]


def _finders(path: str) -> list[Finder]:
    file = PurePosixPath(path)
    name, suffix = file.name.lower(), file.suffix.lower()
    if is_requirements(path):
        return [_in_requirements]
    if name.startswith(("dockerfile", "containerfile")) or suffix in {".dockerfile", ".containerfile"}:
        return [_images(_IMAGE_IN_DOCKERFILE)]
    return _FINDERS.get(suffix, [])


def _actions(text: str) -> Iterator[Pin]:
    for found in _USES.finditer(text):
        if pin := _referred(text, f"action {found['name']}", found["name"], found):
            yield pin


def _hooks(text: str) -> Iterator[Pin]:
    repository = ""
    done = 0
    for line in text.splitlines(keepends=True):
        if found := _REPOSITORY.match(line):
            repository = found[1]
        elif line.lstrip().startswith("- rev:"):
            repository = ""
        elif (found := _REVISION.match(line)) and repository:
            name = repository.removesuffix(".git").rstrip("/")
            if pin := _referred(text, f"hooks {name}", "/".join(name.split("/")[-2:]), found, done):
                yield pin
        done += len(line)


def _referred(text: str, key: str, name: str, found: re.Match[str], start: int = 0) -> Pin | None:
    """A tag, or a commit with its version in the comment beside it."""
    reference, comment = found["ref"], _COMMENT.match(found["comment"] or "")
    spans = [(start + found.start("ref"), start + found.end("ref"))]
    if comment:
        offset = start + found.start("comment")
        spans.append((offset + comment.start("version"), offset + comment.end("version")))
    if _HASH.fullmatch(reference):
        return Pin.of(Subject(key, name, "commit"), comment["version"], text, spans) if comment else None
    if re.fullmatch(_VERSION, reference):
        return Pin.of(Subject(key, name, "tag"), reference, text, spans)
    return None


def _images(pattern: re.Pattern[str]) -> Finder:
    def find(text: str) -> Iterator[Pin]:
        for found in pattern.finditer(text):
            image = _IMAGE.fullmatch(found["image"])
            if image:
                start = found.start("image")
                groups = [name for name in ("version", "digest") if image[name]]
                spans = [(start + image.start(name), start + image.end(name)) for name in groups]
                key = f"image {image['name']}:{image['v']}*{image['flavour'] or ''}"
                yield Pin.of(Subject(key, image["name"], "image"), image["version"], text, spans)

    return find


def _strings(text: str) -> Iterator[Pin]:
    for found in _STRING_OR_COMMENT.finditer(text):
        if "==" in found[0] and not found[0].startswith("#"):
            yield from _required(text, found[0][1:-1], found.start() + 1)


def _matches(pattern: re.Pattern[str]) -> Finder:
    def find(text: str) -> Iterator[Pin]:
        for found in pattern.finditer(text):
            yield from _required(text, found[1], found.start(1))

    return find


def _keyed(text: str) -> Iterator[Pin]:
    """As Poetry and uv write it: `ruff = "==0.9.0"`."""
    for found in _KEYED.finditer(text):
        yield Pin.of(Subject(f"key {found[1]}", found[1], "exact"), found[2], text, [found.span(2)])


def _in_requirements(text: str) -> Iterator[Pin]:
    for statement in statements(text):
        if statement.requirement:
            start = statement.start
            yield from _required(text, statement.requirement, start, statement.hashes)


def _required(text: str, requirement: str, start: int, hashes: Span | None = None) -> Iterator[Pin]:
    name, exact = _package(requirement), _EXACT.search(requirement)
    if name and exact:
        spans = [(start + exact.start(1), start + exact.end(1)), *([hashes] if hashes else [])]
        shown = name.partition(";")[0].partition("[")[0]
        yield Pin.of(Subject(f"package {name}", shown, "exact"), exact[1], text, spans)


@lru_cache(maxsize=4096)
def _package(text: str) -> str | None:
    """The package with its extras and marker, if the requirement is for one exact version."""
    try:
        found = Requirement(text)
    except InvalidRequirement:
        return None
    if len(found.specifier) != 1 or any(each.operator != "==" for each in found.specifier):
        return None
    extras = f"[{','.join(sorted(found.extras))}]" if found.extras else ""
    return f"{canonicalize_name(found.name)}{extras};{found.marker or ''}"


_IN_YAML = [_actions, _hooks, _images(_IMAGE_IN_YAML), _strings, _matches(_ITEM)]

_FINDERS: dict[str, list[Finder]] = {
    ".yml": _IN_YAML,
    ".yaml": _IN_YAML,
    ".json": [_images(_IMAGE_IN_YAML)],
    ".toml": [_strings, _keyed],
    ".cfg": [_matches(_INI_LINE)],
    ".ini": [_matches(_INI_LINE)],
}
