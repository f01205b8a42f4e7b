"""Changes of single lines, in the style of the line beside them, so that most files stay valid in their format."""

from __future__ import annotations

import re
from random import Random

from tests.conformance.repository import File, text

KEY = re.compile(r'(\s*(?:- )?"?)([\w-]+)("?(?:: | = ))(.*)')
ITEM = re.compile(r'(\s*)"[\w-]+"(,?)')
DASH = re.compile(r"\s*- (?:run: )?")
INDENT = re.compile(r"\s*")


def like(line: str, word: str) -> str:
    """A new line that says `word`, in the style of `line`."""
    body, end = _split(line)
    comma = "," if re.match(r'\s*"', body) else ""
    if found := KEY.fullmatch(body):
        return f"{found[1]}{word}{found[3]}1{comma}{end}"
    if found := ITEM.fullmatch(body):
        return f'{found[1]}"{word}",{end}'
    style = DASH.match(body) or INDENT.match(body)
    return f"{style[0] if style else ''}{word}{end}"


def instead(line: str, word: str, *, key: bool) -> str:
    """A line that stands for `line` and says `word`: its value, or with `key` all of it, is another one."""
    body, end = _split(line)
    comma = "," if body.endswith(",") else ""
    if (found := KEY.fullmatch(body)) and not key:
        quote = '"' if '"' in found[3] or "=" in found[3] else ""
        return f"{found[1]}{found[2]}{found[3]}{quote}{word}{quote}{comma}{end}"
    return like(line, word).rstrip(",\r\n") + comma + end


def _split(line: str) -> tuple[str, str]:
    body = line.rstrip("\r\n")
    return body, line[len(body) :] or "\n"


def change(file: File, word: str, rng: Random, places: list[int] | None = None) -> File:
    """The file with one line put in, changed or taken out, at one of these places or anywhere."""
    lines = file.lines
    fixed = {n for n, line in enumerate(lines) if not _free(line, lines)}
    chosen = [n for n in places or range(len(lines)) if n not in fixed and n < len(lines)]
    if not chosen:
        return file if lines else text([f"{word}\n"], file.mode)
    at = rng.choice(chosen)
    kind = rng.choice(("insert", "insert", "value", "line", "delete"))
    if kind == "insert":
        lines.insert(at, like(lines[at], word))
    elif kind == "delete":
        del lines[at]
    else:
        lines[at] = instead(lines[at], word, key=kind == "line")
    return text(lines, file.mode)


def _free(line: str, lines: list[str]) -> bool:
    """In JSON, told by its first line, only lines that are a key and value or an item may change."""
    return lines[0] != "{\n" or bool(re.search(r'".*\w"?,?$', line.rstrip("\r\n")))
