"""What was found, as tables for a reader and as JSON for a program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import groupby
from typing import Any

from tests.public.run import Update

HEAD = (
    "| versions | edits | Copier | conflicts: Copier / ours | lost: Copier / ours | equal to Copier | ours | lane | wrong, or why not |\n"
    "|---|---|---|---|---|---|---|---|---|\n"
)


def as_json(updates: Iterable[Update]) -> list[dict[str, Any]]:
    """The updates as JSON values."""
    return [asdict(update) for update in updates]


def markdown(updates: list[Update]) -> str:
    """A table of all templates, then one of each, then every difference with what repeats it."""
    parts = ["## All templates", "", total(updates), ""]
    for name, each in groupby(updates, key=lambda update: update.template):
        parts += [f"## {name}", "", HEAD + "".join(map(_row, each)), ""]
    parts += ["## Every difference", "", *_differences(updates)]
    return "\n".join(parts) + "\n"


def total(updates: list[Update]) -> str:
    """One line for each template."""
    rows = [
        "| template | pairs | updates | Copier breaks off | refused by ours | trees equal to Copier's | lost by Copier | lost by ours | conflicts: Copier / ours | wrong |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    groups = [
        *((name, list(each)) for name, each in groupby(updates, key=lambda u: u.template)),
        ("all", updates),
    ]
    for name, each in groups:
        usable = [update for update in each if not update.unusable]
        compared = [update for update in usable if _comparable(update)]
        cells = (
            name,
            len({(update.template, update.pair) for update in usable}),
            len(usable),
            sum(update.copier.code != 0 for update in usable),
            sum(bool(update.safe.refusal) for update in usable),
            f"{sum(_equal(update) for update in compared)} of {len(compared)}",
            sum(len(update.copier.lost) for update in usable),
            sum(len(update.safe.lost) for update in usable),
            f"{sum(u.copier.conflicts for u in usable)} / {sum(u.safe.conflicts for u in usable)}",
            sum(bool(update.wrong) for update in usable),
        )
        rows.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(rows)


def _comparable(update: Update) -> bool:
    return update.copier.code == 0 and update.parity.code in {0, 3}


def _equal(update: Update) -> bool:
    return not any(
        each.kind in {"tree", "index"} and each.text.startswith("policy copier") for each in update.wrong
    )


def _row(update: Update) -> str:
    if update.unusable:
        return f"| {update.pair} | | cannot be used: {_cell(update.unusable)} | | | | | | |\n"
    kinds = Counter(each.kind for each in update.wrong)
    why = [f"{kind} {count}" for kind, count in kinds.items()]
    why += [update.safe.refusal] if update.safe.refusal else []
    cells = (
        update.pair,
        update.edits,
        f"exit {update.copier.code} {update.copier.refusal}",
        f"{update.copier.conflicts} / {update.safe.conflicts}",
        f"{len(update.copier.lost)} / {len(update.safe.lost)}",
        "yes" if _comparable(update) and _equal(update) else "no" if _comparable(update) else "-",
        f"exit {update.safe.code}",
        f"{update.safe.lane} {f'({update.why_plain})' if update.why_plain else ''}",
        "; ".join(why),
    )
    return "| " + " | ".join(_cell(str(cell)) for cell in cells) + " |\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")[:260]


def _differences(updates: Iterable[Update]) -> Iterator[str]:
    for update in updates:
        if not (update.wrong or update.notes):
            continue
        old, new = update.pair.split(" → ")
        yield f"### {update.template} {update.pair} ({update.edits})"
        yield f"`python -m tests.public FOLDER --only {update.template} --pair {old}:{new} --edits {update.edits}`\n"
        yield from (f"- note: {note}" for note in update.notes[:3])
        yield from [f"- … and {len(update.notes) - 3} more notes"] if len(update.notes) > 3 else []
        for kind, each in groupby(sorted(update.wrong, key=lambda wrong: wrong.kind), key=lambda w: w.kind):
            texts = [wrong.text for wrong in each]
            yield f"- **{kind}**: {len(texts)}\n\n```\n" + "\n".join(_short(text) for text in texts[:6])
            yield (f"… and {len(texts) - 6} more\n" if len(texts) > 6 else "") + "```\n"


def _short(text: str) -> str:
    lines = text.splitlines()
    return "\n".join([*lines[:14], *(["…"] if len(lines) > 14 else [])])[:1500]
