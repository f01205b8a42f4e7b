"""A plan for people: a summary for a terminal, a coloured diff, Markdown for a pull request."""

import difflib
import re
from collections import defaultdict
from collections.abc import Iterator

from goldenpath.plan import Change, Kind, Plan
from goldenpath.tree import File

_TITLES = {
    Kind.CONFLICT: "Conflicts: yours to settle",
    Kind.KEEP: "Left as you have them",
    Kind.MERGE: "Merged with your edits",
    Kind.MOVE: "Moved, with your edits",
    Kind.ADD: "New",
    Kind.REMOVE: "Gone",
    Kind.UPDATE: "Updated: you had not edited them",
}
_SIGNS = {
    Kind.CONFLICT: "!",
    Kind.KEEP: "=",
    Kind.MERGE: "&",
    Kind.MOVE: ">",
    Kind.ADD: "+",
    Kind.REMOVE: "-",
    Kind.UPDATE: "~",
}
_OUTDATED = "Names of what moved: yours to change"
_COLORS = {"+": "32", "-": "31", "@": "36", "d": "1"}
_LINE = re.compile(r"[^\n]*\n|[^\n]+")  # git ends lines at line feeds only
_SHOWN = 400  # lines of one file in a pull request
_PLACES = 50  # that name what moved; a log may be full of them


def summary(plan: Plan) -> str:
    """Return what changes, one line a file, in groups: first what a person must settle."""
    if not plan.changes and not plan.answers:
        return f"Nothing to do: {plan.project.name} is at {plan.new}."
    lines = [f"{plan.project.name}: {plan.old} to {plan.new} of {plan.template}", *_answers(plan)]
    for kind, changes in _groups(plan):
        lines += ["", f"{_TITLES[kind]} ({len(changes)})", *(_line(change) for change in changes)]
    if plan.outdated:
        places = [str(place) for place in plan.outdated]
        lines += ["", f"{_OUTDATED} ({len(places)})", *(f"  {place}" for place in _first(places))]
    lines += ["", *(f"Note: {note}" for note in plan.notes)] if plan.notes else []
    return "\n".join(lines)


def diff(plan: Plan, *, color: bool = False) -> str:
    """Return what is written as a unified diff, as git would show it."""
    removed = {change.path: change.before for change in plan.writes if change.after is None}
    moved = {each.source: removed[each.source] for each in plan.writes if each.source in removed}
    return "".join(
        patch(each.source, moved[each.source], each.path, each.after, color=color)
        if each.source in moved
        else patch(each.path, each.before, each.path, each.after, color=color)
        for each in plan.writes
        if each.path not in moved
    )


def patch(old: str, before: File | None, new: str, after: File | None, *, color: bool = False) -> str:
    """Return the difference of two files as a unified diff."""
    renamed = [f"rename from {old}", f"rename to {new}"] if old != new else []
    lines = [f"diff --git a/{old} b/{new}", *_modes(before, after), *renamed]
    texts = [file.content.decode() if file and _is_text(file) else "" for file in (before, after)]
    if all(file is None or _is_text(file) for file in (before, after)):
        names = f"a/{old}" if before else "/dev/null", f"b/{new}" if after else "/dev/null"
        left, right = (_LINE.findall(text) for text in texts)
        lines += [_ended(line) for line in difflib.unified_diff(left, right, *names)]
    else:
        lines += [f"Binary files a/{old} and b/{new} differ"]
    return "".join(f"{_colored(line) if color else line}\n" for line in lines)


def markdown(plan: Plan) -> str:
    """Return the plan for a pull request: what needs eyes first, the rest folded away."""
    lines = [f"### Template update: {plan.old} → {plan.new}", "", _sentence(plan), ""]
    for name, (old, new) in plan.answers.items():
        follows = " (follows the template again)" if name in plan.follows else ""
        lines += [f"- Answer `{name}`: `{old}` → `{new}`{follows}"]
    if plan.outdated:
        places = [f"`{each.path}:{each.line}`: `{each.old}` is `{each.new}` now" for each in plan.outdated]
        lines += ["", f"**{_OUTDATED}** ({len(places)})", "", *(f"- {place}" for place in _first(places))]
    for kind, changes in _groups(plan):
        rows = [f"- `{change.path}`: {change.why}" for change in changes]
        if kind in {Kind.CONFLICT, Kind.KEEP, Kind.MERGE, Kind.MOVE}:
            lines += ["", f"**{_TITLES[kind]}** ({len(changes)})", "", *rows]
            lines += [_folded_diff(change, plan) for change in changes if kind != Kind.KEEP]
        else:
            lines += [
                "",
                f"<details><summary>{_TITLES[kind]} ({len(changes)})</summary>",
                "",
                *rows,
                "",
                "</details>",
            ]
    lines += ["", *(f"> {note}" for note in plan.notes)] if plan.notes else []
    return "\n".join(lines) + "\n"


def _sentence(plan: Plan) -> str:
    mine = sum(change.kind in {Kind.MERGE, Kind.MOVE, Kind.KEEP, Kind.CONFLICT} for change in plan.changes)
    settle = f"**{len(plan.conflicts)} to settle by hand.**" if plan.conflicts else "No conflicts."
    if plan.outdated:
        settle += f" **{counted(len(plan.outdated))} what moved by its old name: to be changed by hand.**"
    return f"{len(plan.writes)} files change, {mine} of those met edits of this repository. {settle}"


def _first(places: list[str]) -> list[str]:
    """Return the first places, and how many there are beyond them."""
    more = len(places) - _PLACES
    return [*places[:_PLACES], f"and {more} more: --json lists all"] if more > 0 else places


def counted(places: int) -> str:
    """Return how many places name something, as the beginning of a sentence."""
    return "1 place names" if places == 1 else f"{places} places name"


def _groups(plan: Plan) -> Iterator[tuple[Kind, list[Change]]]:
    found: dict[Kind, list[Change]] = defaultdict(list)
    for change in plan.changes:
        found[change.kind].append(change)
    return ((kind, found[kind]) for kind in _TITLES if found[kind])


def _line(change: Change) -> str:
    obvious = change.kind in {Kind.ADD, Kind.UPDATE, Kind.REMOVE} and not change.source
    return f"  {_SIGNS[change.kind]} {change.path}" + ("" if obvious else f"\n      {change.why}")


def _answers(plan: Plan) -> list[str]:
    return [_answer(plan, name, old, new) for name, (old, new) in plan.answers.items()]


def _answer(plan: Plan, name: str, old: object, new: object) -> str:
    if old is None:
        return f"  new question {name}: {_said(new)}; for another answer: --data {name}=..."
    if name in plan.follows:
        return f"  answer {name} follows the template again; it was its default: {_said(old)}"
    return f"  answer {name}: {_said(old)} to {_said(new)}"


def _said(value: object) -> str:
    return "(none)" if value is None else repr(value)


def _folded_diff(change: Change, plan: Plan) -> str:
    removed = {each.path: each.before for each in plan.writes if each.after is None}
    moved = change.source in removed
    text = patch(
        change.source if moved and change.source else change.path,
        removed[change.source] if moved and change.source else change.before,
        change.path,
        change.after,
    )
    lines = text.splitlines()
    cut = [*lines[:_SHOWN], f"… {len(lines) - _SHOWN} more lines"] if len(lines) > _SHOWN else lines
    fence = "`" * (max((len(line) - len(line.lstrip("+- `")) for line in cut), default=0) + 3)
    body = "\n".join(cut)
    return f"\n<details><summary>Diff of <code>{change.path}</code></summary>\n\n{fence}diff\n{body}\n{fence}\n\n</details>"


def _is_text(file: File) -> bool:
    try:
        return "\0" not in file.content.decode()
    except UnicodeDecodeError:
        return False


def _modes(before: File | None, after: File | None) -> list[str]:
    if before is None and after:
        return [f"new file mode {after.mode:o}"]
    if after is None and before:
        return [f"deleted file mode {before.mode:o}"]
    if before and after and before.mode != after.mode:
        return [f"old mode {before.mode:o}", f"new mode {after.mode:o}"]
    return []


def _ended(line: str) -> str:
    return line.removesuffix("\n") if line.endswith("\n") else f"{line}\n\\ No newline at end of file"


def _colored(line: str) -> str:
    code = _COLORS.get(line[:1])
    return f"\x1b[{code}m{line}\x1b[0m" if code else line
