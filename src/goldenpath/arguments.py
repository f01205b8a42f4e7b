"""The arguments of each command, and the help that it prints. Nothing heavy is imported here."""

import argparse
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from goldenpath.errors import UsageError

_NEW = """\
Start a repository from the template: asks a few questions, shows what it will write,
writes it, and makes a git repository with a first commit.
"""

_TEMPLATE = """\
The template is, in this order: --template, the environment variable GOLDENPATH_TEMPLATE,
or the line `template: URL` in settings.yml in your configuration folder for goldenpath
(on Linux ~/.config/goldenpath/settings.yml).

exit codes: 0 done, 1 could not be done, 2 wrong usage, 130 interrupted
"""

_UPDATE = """\
Bring a repository to a newer version of its template, or to other answers. What you wrote
stays: your edits are merged with the template's, and what cannot be merged is a conflict
in git's own form. Nothing is committed, unless you ask for it.
"""

_UPDATE_CODES = """\
exit codes: 0 done, or nothing to do; 3 conflicts are left in the files, or with
--dry-run would be; 5 with --exit-code: done, or to be done, without conflicts;
1 could not be done, nothing was changed; 2 wrong usage; 130 interrupted
"""

_STATUS = """\
Say which version of its template a repository has, whether a newer one waits, which of the
template's files were edited or are missing, and whether an update is unfinished. Above
several projects it lists them.
"""

_STATUS_CODES = """\
exit codes: 0 current, 4 an update is available, 3 conflicts or an unfinished update,
1 could not be told, 2 wrong usage; of several projects that of the most urgent
"""

_DIFF = """\
Show how a repository differs from what its version of the template wrote, and from what
the newest version would write: lines with - are the template's, with + the repository's.
"""

_DIFF_CODES = "exit codes: 0 shown, 1 could not be told, 2 wrong usage\n"


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are ours, so that they too can be JSON."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message[:1].upper()}{message[1:]}.", f"Type: {self.prog} --help")


class _Version(argparse.Action):
    """`--version`, which looks the version up only when asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        print(f"goldenpath {import_module('importlib.metadata').version('goldenpath')}")
        parser.exit()


def parser() -> argparse.ArgumentParser:
    """Return what turns the arguments of the process into the options of one command."""
    whole = _Parser(
        prog="goldenpath",
        description="The golden path for machine-learning repositories.",
        allow_abbrev=False,
    )
    whole.add_argument(
        "--version", action=_Version, nargs=0, default=argparse.SUPPRESS, help="print the version and leave"
    )
    commands = whole.add_subparsers(metavar="COMMAND", dest="command", required=True)
    for name, (add, about, description, epilog) in _COMMANDS.items():
        command = commands.add_parser(
            name,
            help=about,
            description=description,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        add(command)
    return whole


def _add_new(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "destination", metavar="DEST", type=Path, help="a folder that does not exist or is empty"
    )
    source = parser.add_argument_group("the template")
    source.add_argument("--template", metavar="URL", help="git address or path of the template")
    source.add_argument(
        "-r", "--vcs-ref", metavar="REF", help="tag, branch or commit (default: the newest release)"
    )
    source.add_argument("--trust", action="store_true", help="let it run code of its own (its set-up)")
    asked = parser.add_argument_group("the answers")
    asked.add_argument(
        "-d", "--data", metavar="KEY=VALUE", action="append", default=[], help="an answer; repeatable"
    )
    asked.add_argument(
        "--data-file", metavar="FILE", type=Path, help="answers as YAML; --data goes before it"
    )
    asked.add_argument(
        "--defaults", action="store_true", help="ask nothing: take the default of every open question"
    )
    output = parser.add_argument_group("what is written")
    output.add_argument(
        "--preview", action="store_true", help="print the files with their content; write nothing"
    )
    output.add_argument("--no-git", dest="git", action="store_false", help="make no git repository")
    output.add_argument("-y", "--yes", action="store_true", help="write without a last question")
    output.add_argument("--json", action="store_true", help="print one JSON object, also for an error")


def _add_update(parser: argparse.ArgumentParser) -> None:
    _add_project(parser)
    parser.add_argument("--to", metavar="REF", help="tag, branch or commit (default: the newest release)")
    parser.add_argument(
        "-d",
        "--data",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="an answer that changes; repeatable",
    )
    parser.add_argument("--accept-defaults", action="store_true", help="ask nothing, take every default")
    parser.add_argument(
        "--policy",
        choices=["safe", "copier"],
        default="safe",
        help="safe: drop no edit (default); copier: what `copier update` does, its losses included",
    )
    first = parser.add_argument_group("before anything is written")
    first.add_argument("--dry-run", action="store_true", help="say what would change; write nothing")
    first.add_argument(
        "--verify",
        action="store_true",
        help="run make setup check without and with it, in clones; takes minutes",
    )
    _add_commit(parser)
    _add_output(parser)
    _add_reach(parser)


def _add_output(parser: argparse.ArgumentParser) -> None:
    output = parser.add_argument_group("what is printed")
    output.add_argument("--exit-code", action="store_true", help="exit with 5 if anything changes")
    output.add_argument("--diff", action="store_true", help="the changes as a diff, too")
    output.add_argument(
        "--markdown", action="store_true", help="the changes as a pull request would show them"
    )


def _add_commit(parser: argparse.ArgumentParser) -> None:
    kept = parser.add_argument_group("what is committed")
    kept.add_argument(
        "--branch",
        metavar="NAME",
        help="commit it on a new branch, conflicts too; you stay where you are, with your files as they are",
    )
    kept.add_argument("--commit", action="store_true", help="commit it here, unless there are conflicts")


def _add_reach(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--template", metavar="URL", help="where the template is now, if it has moved")
    reach = parser.add_argument_group("what is updated, or rolled back")
    reach.add_argument(
        "--all", action="store_true", help="every project at and below PATH in turn; with --abort, back again"
    )
    reach.add_argument("--abort", action="store_true", help="go back to what was before the last update")


def _add_diff(parser: argparse.ArgumentParser) -> None:
    _add_project(parser)
    parser.add_argument("--to", metavar="REF", help="compare with this version only")
    parser.add_argument("--seeds", action="store_true", help="compare the files that are written once, too")


def _add_status(parser: argparse.ArgumentParser) -> None:
    _add_project(parser)
    parser.add_argument("--to", metavar="REF", help="tag, branch or commit (default: the newest release)")


def _add_project(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path",
        metavar="PATH",
        type=Path,
        nargs="?",
        default=Path(),
        help="folder of the repository (default: here)",
    )
    parser.add_argument("--answers-file", metavar="F", help="its answers file (default: found)")
    parser.add_argument("--trust", action="store_true", help="let the template run code of its own")
    parser.add_argument("--skip-tasks", action="store_true", help="leave out the commands that it runs")
    parser.add_argument("--json", action="store_true", help="print one JSON object, also for an error")


_COMMANDS = {
    "new": (_add_new, "start a repository from the template", _NEW, _TEMPLATE),
    "update": (_add_update, "bring a repository to a newer version of its template", _UPDATE, _UPDATE_CODES),
    "status": (_add_status, "say which version a repository has, and what differs", _STATUS, _STATUS_CODES),
    "diff": (_add_diff, "show how a repository differs from its template", _DIFF, _DIFF_CODES),
}
