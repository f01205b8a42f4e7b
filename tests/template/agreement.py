"""The command agreement: the make targets of every repository, and which of them a repository's files call."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from pathspec import GitIgnoreSpec

from tests.support import Files

# fmt: off
TARGETS = (
    "help", "setup", "lint", "type", "test", "check", "smoke", "sample", "data", "train", "evaluate",
    "gate", "report", "pipeline", "serve", "score", "package", "image", "scan", "publish", "summary", "matrix", "clean",
)
# fmt: on
# Those that only jobs of CI call: `make help` leaves them out.
INTERNAL = ("matrix", "summary", "sign-in")
# Options (-C with its folder), settings and targets, up to the end of the command.
CALL = re.compile(r"(?<![\w./-])make((?:[ \t]+(?:-C[ \t]+\S+|-[\w-]+|[A-Z_]+=\S+|[a-z][a-z-]*(?![\w./-])))+)")
# What a Markdown file, a script or a make file tells its reader to type.
TELLING = ("*.md", "*.mk", "*.sh", "Makefile", "Dockerfile", "*.yml", "*.yaml", "*.py", "*.toml")


def called(text: str) -> list[str]:
    """The targets that a command line, or a text with command lines in it, passes to make."""
    words = (word for match in CALL.findall(text) for word in re.sub(r"-C[ \t]+\S+", "", match).split())
    return [word for word in words if re.fullmatch(r"[a-z][a-z-]*", word)]


def unknown_calls(files: Files, known: set[str]) -> list[str]:
    """The targets that a repository's files call or tell their reader to type, and that make does not know."""
    telling = GitIgnoreSpec.from_lines(TELLING)
    calls = {
        f"{path}: make {target}"
        for path, content in files.items()
        if telling.match_file(path)
        for line in content.decode().splitlines()
        for command in _commands(line)
        for target in called(command)
        if target not in known
    }
    return sorted(calls)


def _commands(line: str) -> list[str]:
    """The parts of a line that are commands: between backquotes, or the line itself where it begins with one."""
    parts = line.split("`")
    start = line.strip().removeprefix("- ").removeprefix("run: ").removeprefix("RUN ")
    return [*parts[1::2], *([start] if start.startswith("make ") and len(parts) == 1 else [])]


def targets(project: Path) -> tuple[set[str], set[str]]:
    """The targets that make knows in a project, and those of them that no file of the same name can hide."""
    command = [
        "make",
        "--print-data-base",
        "--question",
        "--no-builtin-rules",
        "--no-builtin-variables",
        "help",
    ]
    lines = subprocess.run(
        command, cwd=project, capture_output=True, text=True, check=False
    ).stdout.splitlines()
    rules = {
        match[1]
        for before, line in zip(["", *lines], lines, strict=False)
        if (match := re.match(r"([a-z][a-z-]*)::?(?!=)", line)) and before != "# Not a target:"
    }
    phony = {word for line in lines if line.startswith(".PHONY:") for word in line.split()[1:]}
    return rules, phony & rules
