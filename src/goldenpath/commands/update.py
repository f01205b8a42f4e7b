"""`goldenpath update`: bring a project to another version of its template, or to other answers."""

import json
import os
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from goldenpath import git, project
from goldenpath.applying import apply, locks, record, verify
from goldenpath.errors import GoldenpathError, UsageError
from goldenpath.merging.policies import POLICIES
from goldenpath.monorepo import everywhere, projects
from goldenpath.monorepo.everywhere import TakenBack
from goldenpath.monorepo.several import report, urgent
from goldenpath.planning import pristine, updates
from goldenpath.planning.updates import Request
from goldenpath.project import Project, answers, kept, state
from goldenpath.project.files import committed, unmerged
from goldenpath.showing.outcome import NEXT, SETTLE, Outcome, Wish, mend
from goldenpath.sources import settings


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
    skip_tasks: bool
    accept_defaults: bool
    abort: bool
    branch: str | None
    commit: bool
    exit_code: bool
    answers_file: str | None
    all: bool
    template: str | None

    @property
    def wish(self) -> Wish:
        """What of them concerns the end of an update."""
        return Wish(self.dry_run, self.diff, self.markdown, self.exit_code, self.branch, self.commit)


def run(options: Options) -> int:
    """Update, or show what an update would do; return the exit code: 0 clean, 3 conflicts, 5 changes if asked for.

    Raises:
        GoldenpathError: It could not be done; nothing was changed.
    """
    _check(options)
    git.check_installed()
    if options.all:
        return _run_all(options)
    found = projects.open_project(options.path, options.answers_file)
    if options.branch is not None:
        record.check_new(found, options.branch)
    if options.dry_run:
        outcome = _plan(found, options)
    else:
        with locks.locked(found):
            if options.abort:
                return _abort(found, options)
            if _recover(found, options):
                # What it had answered was that of the update that was cut off.
                found = projects.open_project(options.path, options.answers_file)
            outcome = _carry_out(found, _plan(found, options))
    _print(partial(_told, found, outcome, options))
    return outcome.exit_code


def _print(told: Callable[[], str]) -> None:
    try:
        print(told())
        sys.stdout.flush()
    except (KeyboardInterrupt, OSError):
        # It is done, whether or not all of it can be read: what is printed from here on goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _told(found: Project, outcome: Outcome, options: Options) -> str:
    if options.json:
        return json.dumps(outcome.as_json(), indent=2)
    if options.dry_run or options.markdown or not outcome.plan.writes:
        return outcome.text()
    back = project.typed("update --abort", found, options.path)
    return f"{outcome.text()}\n{outcome.next(back)}"


def _plan(found: Project, options: Options) -> Outcome:
    _check_ready(found, options)
    return _planned(found, options)


def _planned(found: Project, options: Options) -> Outcome:
    parent = state.head(found)
    plan = updates.plan(found, committed(found), _request(options))
    if options.branch is not None:
        plan = record.without_ignored(found, plan, parent)
    verdict = verify.compare(found, plan) if options.verify else None
    return Outcome(plan, parent, options.wish, verdict)


def _carry_out(found: Project, planned: Outcome) -> Outcome:
    plan, wish = planned.plan, planned.wish
    # Conflicts are committed only where they stop nobody: on a branch of their own.
    wanted = wish.branch is not None or (wish.commit and not plan.conflicts)
    commit = record.make(found, plan, planned.parent) if wanted else None
    if wish.branch is None:
        known = kept.find(found, committed(found))
        apply.carry_out(found, plan, partial(record.on_current_branch, found, commit) if commit else None)
        if known and plan.writes:
            # While nobody else updates it.
            pristine.keep_updated(found)
    elif commit:
        record.on_new_branch(found, commit, wish.branch)
    return replace(planned, commit=commit.id if commit else None)


def _check(options: Options) -> None:
    others = [options.to, options.data, options.dry_run, options.diff, options.verify, options.template]
    others += [options.wish.commits, options.exit_code]
    if options.abort and any(others):
        raise UsageError(
            "--abort goes with no other option but --json and --all.", "Type: goldenpath update --abort"
        )
    if options.branch is not None and options.commit:
        raise UsageError("--branch makes a commit by itself.", "Leave --commit out.")
    named = {
        "--answers-file": options.answers_file is not None,
        "--template": options.template is not None,
        "--branch": options.branch is not None,
        "--commit": options.commit,
    }
    if options.all and any(named.values()):
        name = next(name for name, given in named.items() if given)
        raise UsageError(f"--all is for every project: {name} is for one.", "Leave one of them out.")
    if options.template == "":
        raise UsageError("--template names no template.", "Type: --template URL")


def _request(options: Options) -> Request:
    asking = not options.json and not options.accept_defaults and sys.stdin.isatty() and sys.stdout.isatty()
    return Request(
        to=options.to,
        data=answers.given(options.data, None),
        policy=POLICIES[options.policy],
        trust=options.trust,
        skip_tasks=options.skip_tasks,
        defaults=not asking,
        accept_defaults=options.accept_defaults,
        template=settings.absolute(options.template) if options.template else None,
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
    _say("An earlier update was cut off; it has been rolled back.", rescued, options)
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
        _say(f"Rolled back: the project is at {last.old} again.", rescued, options)
    return 0


def _say(message: str, rescued: list[str], options: Options) -> None:
    if options.json:
        return
    print(message)
    if rescued:
        print(f"Edits made since are kept; type: git checkout {apply.RESCUED} -- {shlex.join(rescued)}")


def _run_all(options: Options) -> int:
    if options.abort:
        back = everywhere.abort(options.path)
        print(report(back, TakenBack.as_json, TakenBack.text, as_json=options.json))
        return urgent(back)
    rows = everywhere.update(options.path, partial(_planned, options=options), write=not options.dry_run)
    print(report(rows, Outcome.as_json, Outcome.text, as_json=options.json))
    plans = [row.outcome.plan for row in rows if isinstance(row.outcome, Outcome)]
    if any(plan.writes for plan in plans) and not (options.dry_run or options.json or options.markdown):
        names = mend(sum(len(plan.outdated) for plan in plans))
        print(names + (SETTLE if any(plan.conflicts for plan in plans) else NEXT))
        print(f"To go back to what was before, type: {everywhere.back(options.path)}")
    return urgent(rows)
