"""The command line: arguments, the one command they call, and errors as exit codes.

Nothing heavy is imported before the command is known, so that `--help` answers at once.
"""

import argparse
import io
import json
import os
import re
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from goldenpath.errors import INTERRUPTED, GoldenpathError, UsageError

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
in git's own form. Nothing is committed.
"""

_UPDATE_CODES = """\
exit codes: 0 done, or nothing to do; 3 conflicts are left in the files, or with
--dry-run would be; 1 could not be done, nothing was changed; 2 wrong usage; 130 interrupted
"""

_STATUS = """\
Say which version of its template a repository has, whether a newer one waits, which of the
template's files were edited or are missing, and whether an update is unfinished.
"""

_STATUS_CODES = """\
exit codes: 0 current, 4 an update is available, 3 conflicts or an unfinished update,
1 could not be told, 2 wrong usage
"""

_DIFF = """\
Show how a repository differs from what its version of the template wrote, and from what
the newest version would write: lines with - are the template's, with + the repository's.
"""

_DIFF_CODES = "exit codes: 0 shown, 1 could not be told, 2 wrong usage\n"

_PASSWORD = re.compile(r"(?<=://)[^/\s@]+(?=@)")


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are ours, so that they too can be JSON."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message[:1].upper()}{message[1:]}.", f"Type: {self.prog} --help")


class _Version(argparse.Action):
    """`--version`, which looks the version up only when asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import version

        print(f"goldenpath {version('goldenpath')}")
        parser.exit()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` (by default those of the process) name, and return the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    as_json = "--json" in arguments
    warnings.showwarning = _plain_notes()
    try:
        code = _run(_parser().parse_args(arguments))
        sys.stdout.flush()
    except GoldenpathError as error:
        return _report(error.message, error.hint, error.exit_code, as_json=as_json)
    except KeyboardInterrupt:
        return _report("Interrupted: nothing was written.", "", INTERRUPTED, as_json=as_json)
    except BrokenPipeError:
        # The reader of our output has left, as `head` does; Python must not write to it again at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        return _report(f"{error.strerror or error}{where}.", "", 1, as_json=as_json)
    return code


def _run(options: argparse.Namespace) -> int:
    # One import per command: each brings libraries that the others do not need.
    arguments = vars(options)
    command = import_module(f"goldenpath.commands.{arguments.pop('command')}")
    code: int = command.run(command.Options(**arguments))
    return code


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="goldenpath",
        description="The golden path for machine-learning repositories.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--version", action=_Version, nargs=0, default=argparse.SUPPRESS, help="print the version and leave"
    )
    commands = parser.add_subparsers(metavar="COMMAND", dest="command", required=True)
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
    return parser


def _add_new(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "destination", metavar="DEST", type=Path, help="a folder that does not exist or is empty"
    )
    source = parser.add_argument_group("the template")
    source.add_argument("--template", metavar="URL", help="git address or path of the template")
    source.add_argument(
        "-r", "--vcs-ref", metavar="REF", help="tag, branch or commit (default: the newest release)"
    )
    source.add_argument(
        "--trust", action="store_true", help="let the template run code of its own (its set-up)"
    )
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
    output = parser.add_argument_group("what is printed")
    output.add_argument("--diff", action="store_true", help="the changes as a diff, too")
    output.add_argument(
        "--markdown", action="store_true", help="the changes as a pull request would show them"
    )
    parser.add_argument("--abort", action="store_true", help="go back to what was before the last update")


def _add_diff(parser: argparse.ArgumentParser) -> None:
    _add_project(parser)
    parser.add_argument("--to", metavar="REF", help="compare with this version only")


def _add_project(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path",
        metavar="PATH",
        type=Path,
        nargs="?",
        default=Path(),
        help="folder of the repository (default: here)",
    )
    parser.add_argument("--answers-file", metavar="F", help="its answers file (default: .copier-answers.yml)")
    parser.add_argument("--trust", action="store_true", help="let the template run code of its own")
    parser.add_argument("--json", action="store_true", help="print one JSON object, also for an error")


_COMMANDS = {
    "new": (_add_new, "start a repository from the template", _NEW, _TEMPLATE),
    "update": (_add_update, "bring a repository to a newer version of its template", _UPDATE, _UPDATE_CODES),
    "status": (_add_project, "say which version a repository has, and what differs", _STATUS, _STATUS_CODES),
    "diff": (_add_diff, "show how a repository differs from its template", _DIFF, _DIFF_CODES),
}


def _report(message: str, hint: str, exit_code: int, *, as_json: bool) -> int:
    message, hint = (_PASSWORD.sub("***", text) for text in (message, hint))
    if as_json:
        print(json.dumps({"error": {"message": message, "hint": hint, "exit_code": exit_code}}, indent=2))
    else:
        print(f"goldenpath: {message}" + (f"\n  {hint}" if hint else ""), file=sys.stderr)
    return exit_code


def _plain_notes() -> Callable[..., None]:
    """Return a way to show each warning of a library once, as one plain line."""
    shown: set[str] = set()

    def show(message: Warning | str, *_: object) -> None:
        if str(message) not in shown:
            print(f"goldenpath: note: {message}", file=sys.stderr)
        shown.add(str(message))

    return show
