"""`make demo`: start a repository beside this one, train, gate and serve its model, and send it one real request."""

from __future__ import annotations

import csv
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACKAGE, TARGET = "goldenpath_demo", "sex"
ADDRESS = "http://127.0.0.1:{port}"
READY_SECONDS = 60.0
LOCKS = ("uv.lock", "dvc.lock")
# On this machine git may know no name yet, or ask for a signature.
AUTHOR = ("-c", "user.name=demo", "-c", "user.email=demo@localhost", "-c", "commit.gpgsign=false")
NEXT = ("make register", "make deploy accept ENV=staging")
BASELINE = "the simplest model worth having, here one question about one column"


class DemoError(Exception):
    """Something that the reader can mend; the message says how."""


def main(arguments: list[str]) -> int:
    """Run the demo in the folder that is named; 0 when the model has answered, 1 with a message when it has not."""
    try:
        demo(Path(arguments[0]).resolve())
    except DemoError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def demo(folder: Path) -> None:
    """All steps, each told as the command that a user would type."""
    clear(folder)
    template = [
        "--defaults",
        "--template",
        str(ROOT),
        "--vcs-ref",
        "HEAD",
        "--data",
        "project_name=goldenpath-demo",
    ]
    step([str(Path(sys.executable).with_name("goldenpath")), "new", str(folder), *template], ROOT)
    mark(folder)
    step(["make", "setup", "check", "pipeline"], folder)
    commit(folder)
    with serving(folder) as address:
        rows = sample_rows(folder / "data" / "sample.csv", 1)
        answer = ask(f"{address}/predict", {"rows": rows})
    print(f"\nOne penguin: {json.dumps(rows[0])}\nThe service answers: {json.dumps(answer)}\n")
    print(figures(folder / "reports" / PACKAGE))
    print("\n".join(["\nNext, type:\n", f"  cd {folder}", *(f"  {command}" for command in NEXT)]))


def clear(folder: Path) -> None:
    """Remove an earlier demo. Raise DemoError for anything else, and for a demo that somebody has worked in."""
    if not folder.exists():
        return
    elsewhere = "choose another folder: make demo DEMO=path"
    marker = folder / ".git" / "goldenpath-demo"
    if not marker.is_file():
        raise DemoError(f"{folder} is there already, and make demo did not make it; {elsewhere}")
    if git(folder, "rev-parse", "HEAD") != marker.read_text("utf-8") or git(
        folder, "diff", "--name-only", "HEAD"
    ):
        raise DemoError(f"{folder} has changes of yours; {elsewhere}")
    shutil.rmtree(folder)


def mark(folder: Path) -> None:
    """Note in a repository that the demo made it, and at which commit."""
    if not (folder / ".git").is_dir():
        raise DemoError(
            f"{folder} lies inside another git repository; choose another folder: make demo DEMO=path"
        )
    (folder / ".git" / "goldenpath-demo").write_text(git(folder, "rev-parse", "HEAD"), "utf-8")


def commit(folder: Path) -> None:
    """Commit what a first run leaves to be committed, as its README says: an update refuses to begin before that."""
    step(["git", "add", *LOCKS], folder)
    step(["git", *AUTHOR, "commit", "--quiet", "--message", "Keep the versions and the first run"], folder)
    mark(folder)


def git(folder: Path, *arguments: str) -> str:
    """What a git command prints in a folder."""
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout


def step(command: list[str], folder: Path) -> None:
    """Show a command and run it. Raises DemoError when it fails."""
    print(f"\n$ {' '.join(command)}", flush=True)
    if code := subprocess.run(command, cwd=folder, env=environment(), check=False).returncode:
        raise DemoError(
            f"'{' '.join(command)}' failed in {folder} with exit code {code}; its message stands above"
        )


def environment() -> dict[str, str]:
    """The user's environment, without the one that this script runs in."""
    ours = ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    return {name: value for name, value in os.environ.items() if name not in ours}


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of the demo's service, which ends with this block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["make", "serve", f"PORT={port}"]
    print(f"\n$ {' '.join(command)}", flush=True)
    log = folder / "build" / "service.log"
    with log.open("w", encoding="utf-8") as printed:
        server = subprocess.Popen(
            command, cwd=folder, env=environment(), stderr=printed, start_new_session=True
        )
    try:
        address = ADDRESS.format(port=port)
        wait(server, f"{address}/ready", log)
        yield address
    finally:
        stop(server)


def wait(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Return when the service answers. Raises DemoError when it ends first or takes too long."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            ask(url)
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise DemoError(f"the service did not answer at {url}; it said:\n{log.read_text('utf-8')}")


def stop(server: subprocess.Popen[bytes]) -> None:
    """End the service and all that it started."""
    if server.poll() is None:
        os.killpg(server.pid, 15)
    server.wait(timeout=30)


def ask(url: str, body: object = None) -> Any:
    """Send a request, and return the JSON of the answer. Raises DemoError when the service refuses it."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
            return json.load(response)
    except urllib.error.HTTPError as error:
        raise DemoError(f"the service refused a row of the sample: {error.read().decode()}") from error


def sample_rows(path: Path, count: int) -> list[dict[str, Any]]:
    """The first rows of a CSV file without the target; numbers as numbers, empty cells as nothing."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row, _ in zip(csv.DictReader(file), range(count), strict=False)]
    return [{name: value_of(text) for name, text in row.items() if name != TARGET} for row in rows]


def value_of(text: str) -> float | str | None:
    """A cell of a CSV file as JSON has it."""
    try:
        return float(text) if text else None
    except ValueError:
        return text


def figures(reports: Path) -> str:
    """The quality figures of the model and the baseline as a table, the gate's word, and where the report lies."""
    measured = json.loads((reports / "metrics.json").read_text("utf-8"))
    wide = max(map(len, measured["test"])) + 2
    objective, columns = measured["objective"]["metric"], "{:<{wide}}{:>10}{:>10}  {}"
    lines = [columns.format("figure", "model", "baseline", "", wide=wide).rstrip()]
    for name, value in measured["test"].items():
        known = (f"{each:.4f}" for each in (value, measured["baseline"].get(name, float("nan"))))
        note = "the objective: it chooses the model" if name == objective else ""
        lines.append(columns.format(name, *known, note, wide=wide).rstrip())
    lines.append(f"The baseline is {BASELINE}. In {objective} the model has to beat it.")
    verdict = (reports / "gate.verdict").read_text("utf-8").strip()
    return "\n".join([*lines, f"Gate: {verdict}", f"Report: {reports / 'report.md'}"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
