"""`goldenpath update`: bring a project to another version of its template, or to other answers."""

import json
import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from goldenpath import answers, apply, git, project, show, state, updates, verify
from goldenpath.errors import GoldenpathError, UsageError
from goldenpath.files import committed, unmerged
from goldenpath.plan import Plan, Policy
from goldenpath.project import Project
from goldenpath.updates import Request

_NEXT = "\nRead what has changed: git diff. Then commit: git add --all && git commit"
_SETTLE = "\nNext, mend the files in conflict (git status lists them), then: git add --all && git commit"


@dataclass(frozen=True)
class Options:
    """The arguments of the command, named as on the command line."""

    path: Path
    to: str | None
    data: list[str]
    policy: str
    dry_run: bool
    diff: bool
    markdown: bool
    json: bool
    verify: bool
    trust: bool
    abort: bool
    answers_file: str | None


def run(options: Options) -> int:
    """Update, or show what an update would do; return the exit code: 0 clean, 3 conflicts.

    Raises:
        GoldenpathError: It could not be done; nothing was changed.
    """
    _check(options)
    git.check_installed()
    found = project.open_project(options.path, options.answers_file)
    if options.dry_run:
        plan, verdict = _plan(found, options)
    else:
        with state.locked(found):
            if options.abort:
                return _abort(found, options)
            if _recover(found, options):
                # What it had answered was that of the update that was cut off.
                found = project.open_project(options.path, options.answers_file)
            plan, verdict = _plan(found, options)
            apply.carry_out(found, plan)
    try:
        _report(found, plan, verdict, options)
        sys.stdout.flush()
    except (KeyboardInterrupt, OSError):
        # It is done, whether or not all of it can be read: what is printed from here on goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return plan.exit_code


def _plan(found: Project, options: Options) -> tuple[Plan, verify.Verdict | None]:
    _check_ready(found, options)
    plan = updates.plan(found, committed(found), _request(options))
    return plan, verify.compare(found, plan) if options.verify else None


def _check(options: Options) -> None:
    others = [options.to, options.data, options.dry_run, options.diff, options.verify]
    if options.abort and any(others):
        raise UsageError("--abort goes with no other option but --json.", "Type: goldenpath update --abort")


def _request(options: Options) -> Request:
    asking = not options.json and sys.stdin.isatty() and sys.stdout.isatty()
    return Request(
        to=options.to,
        data=answers.given(options.data, None),
        policy=Policy(options.policy),
        trust=options.trust,
        defaults=not asking,
    )


def _check_ready(found: Project, options: Options) -> None:
    last = state.pending(found)
    if last and last.phase == state.APPLYING:
        raise GoldenpathError(
            "An earlier update was cut off.", f"Type: {project.typed('update --abort', found, options.path)}"
        )
    try:
        project.check_ready(found)
    except GoldenpathError as error:
        if last is None:
            raise
        raise GoldenpathError(
            f"The update to {last.new} is not committed yet. {error.message}",
            ("Mend what is in conflict and commit it" if unmerged(found) else "Commit it")
            + f", or type: {project.typed('update --abort', found, options.path)}",
        ) from error


def _recover(found: Project, options: Options) -> bool:
    last = state.pending(found)
    if last is None or last.phase != state.APPLYING:
        return False
    rescued = apply.roll_back(found)
    _say("An earlier update was cut off; it has been taken back.", rescued, options)
    return True


def _abort(found: Project, options: Options) -> int:
    last = state.pending(found)
    rescued = apply.roll_back(found)
    if options.json:
        print(
            json.dumps(
                {"project": str(found.root), "aborted": True, "rescued": rescued, "exit_code": 0}, indent=2
            )
        )
    elif last:
        _say(f"Taken back: the project is at {last.old} again.", rescued, options)
    return 0


def _say(message: str, rescued: list[str], options: Options) -> None:
    if options.json:
        return
    print(message)
    if rescued:
        print(f"Edits made since are kept; type: git checkout {apply.RESCUED} -- {shlex.join(rescued)}")


def _report(found: Project, plan: Plan, verdict: verify.Verdict | None, options: Options) -> None:
    if options.json:
        content = plan.as_json(applied=not options.dry_run and bool(plan.writes))
        content |= {"verify": verdict.as_json()} if verdict else {}
        content |= {"diff": show.diff(plan)} if options.diff else {}
        print(json.dumps(content, indent=2))
        return
    if options.markdown:
        print(show.markdown(plan), end="")
        return
    print(show.summary(plan))
    if options.diff:
        print("\n" + show.diff(plan, color=sys.stdout.isatty()), end="")
    if verdict:
        print(f"\n{verdict.text()}")
    if plan.writes and not options.dry_run:
        print(_SETTLE if plan.conflicts else f"\n{plan.message}" if plan.message else _NEXT)
        print(f"To go back to what was before, type: {project.typed('update --abort', found, options.path)}")
