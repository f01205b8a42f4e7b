"""`goldenpath update`: bring a project to another version of its template, or to other answers."""

import json
import shlex
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from goldenpath import answers, apply, git, project, show, updates, verify
from goldenpath.errors import GoldenpathError, UsageError
from goldenpath.files import committed
from goldenpath.plan import Plan, Policy
from goldenpath.project import Project
from goldenpath.updates import Request

_NEXT = """
Read what has changed: git diff. Then commit: git add --all && git commit
To go back to what was before, type: goldenpath update --abort"""
_SETTLE = """
Next, mend the files in conflict (git status lists them), then: git add --all && git commit
To go back to what was before, type: goldenpath update --abort"""


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
        with apply.locked(found):
            if options.abort:
                return _abort(found, options)
            if _recover(found, options):
                # What it had answered was that of the update that was cut off.
                found = project.open_project(options.path, options.answers_file)
            plan, verdict = _plan(found, options)
            apply.carry_out(found, plan)
    with suppress(KeyboardInterrupt):  # it is done, whether or not all of it is read
        _report(plan, verdict, options)
    return plan.exit_code


def _plan(found: Project, options: Options) -> tuple[Plan, verify.Verdict | None]:
    _check_ready(found)
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


def _check_ready(found: Project) -> None:
    state = apply.pending(found)
    if state and state.phase == apply.APPLYING:
        raise GoldenpathError("An earlier update was cut off.", "Type: goldenpath update --abort")
    try:
        project.check_ready(found)
    except GoldenpathError as error:
        if state is None:
            raise
        raise GoldenpathError(
            f"The update to {state.new} is not committed yet. {error.message}",
            "Commit it, or type: goldenpath update --abort",
        ) from error


def _recover(found: Project, options: Options) -> bool:
    state = apply.pending(found)
    if state is None or state.phase != apply.APPLYING:
        return False
    rescued = apply.roll_back(found)
    _say("An earlier update was cut off; it has been taken back.", rescued, options)
    return True


def _abort(found: Project, options: Options) -> int:
    state = apply.pending(found)
    rescued = apply.roll_back(found)
    if options.json:
        print(
            json.dumps(
                {"project": str(found.root), "aborted": True, "rescued": rescued, "exit_code": 0}, indent=2
            )
        )
    elif state:
        _say(f"Taken back: the project is at {state.old} again.", rescued, options)
    return 0


def _say(message: str, rescued: list[str], options: Options) -> None:
    if options.json:
        return
    print(message)
    if rescued:
        print(f"Edits made since are kept; type: git checkout {apply.RESCUED} -- {shlex.join(rescued)}")


def _report(plan: Plan, verdict: verify.Verdict | None, options: Options) -> None:
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
        print(f"\n{plan.message}" if plan.message and not plan.conflicts else "", end="")
        print(_SETTLE if plan.conflicts else _NEXT)
