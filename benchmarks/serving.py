"""How fast a generated repository's service answers beside BentoML, MLflow's server and the least that could answer.

    make setup pipeline                            # in a generated repository
    make bench PROJECT=path/to/it                  # here: python -m benchmarks.serving path/to/it

All serve the same ONNX model with one worker, and take turns in several rounds, so that a busy machine slows all alike:
trust the ratios, not the rates. docs/benchmarks.md says what is compared.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from math import isclose
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from platformdirs import user_cache_path

from benchmarks.client import ask, load
from benchmarks.contenders import CEILING, FLOOR, OURS, QUIET, Contender, Places, contenders
from benchmarks.machine import cpu_seconds, running

ROOT = Path(__file__).parent.parent
PEERS = Path(__file__).with_name("peers.txt")
TOLERANCE = 1e-5  # between the scores of two contenders


class Figures(NamedTuple):
    """One turn of a contender, or the medians of several."""

    rate: float
    """Answers a second."""
    cpu: float
    """Seconds of CPU for 1,000 answers, of all the server's processes."""
    p50: float
    """Milliseconds."""
    p99: float


def main() -> None:
    """Print the table, or all as JSON."""
    parser = argparse.ArgumentParser(
        description="How fast a generated repository's service answers, beside others."
    )
    parser.add_argument("project", type=Path, help="a generated repository after `make setup pipeline`")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each turn")
    parser.add_argument("--only", help="contenders with this in their names, besides ours and the floor")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        places = prepare(args.project.resolve(), Path(folder))
        chosen = [
            one
            for one in contenders(places, one_row(places))
            if not args.only or one.name in (OURS, FLOOR) or args.only.lower() in one.name.lower()
        ]
        result = summary(compare(chosen, places, args.clients, args.rounds, args.seconds))
        spent = parts(places, result[OURS]["cpu"] * 1e3)
    print(
        json.dumps({"contenders": result, "microseconds": spent}, indent=2)
        if args.json
        else table(result, spent)
    )


def prepare(project: Path, work: Path) -> Places:
    """Install the peers, where they are not yet, and write the model as MLflow wants it."""
    models = sorted(project.glob("build/*/model"))
    if len(models) != 1:
        raise SystemExit(f"{project}: {len(models)} models in build/, not one; run make setup pipeline there")
    python, peers = project / ".venv/bin/python", user_cache_path("goldenpath") / "peers"
    uv = os.environ.get("UV", "uv")  # `uv run` names itself
    run(uv, "venv", "--quiet", "--allow-existing", "--python", python, peers)
    run(uv, "pip", "sync", "--quiet", "--python", peers / "bin/python", PEERS)
    places = Places(project, models[0], peers, work)
    run(
        peers / "bin/python",
        "-m",
        "benchmarks.servers.mlflow_model",
        work / "mlflow",
        env=environment(places),
    )
    return places


def run(*command: str | Path, env: Mapping[str, str] | None = None) -> bytes:
    """What a command prints; SystemExit when it fails."""
    done = subprocess.run(command, env=env, check=False, capture_output=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: {done.stderr.decode(errors='replace')[-2000:]}")
    return done.stdout


def environment(places: Places, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a contender finds: no telemetry, no store but its own, our servers importable."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("GOLDENPATH_", "PYTHON"))
    }
    own = {
        "PYTHONPATH": str(ROOT),
        "MODEL_FOLDER": str(places.model),
        "PATH": f"{places.peers}/bin:{kept['PATH']}",
    }
    return kept | QUIET | own | dict(more or {})


def one_row(places: Places) -> dict[str, Any]:
    """The first complete row of the project's sample."""
    columns = json.loads((places.model / "model.json").read_text("utf-8"))["columns"]
    with (places.project / "data" / "sample.csv").open(encoding="utf-8", newline="") as file:
        row = next(row for row in csv.DictReader(file) if all(row[name] for name in columns))
    kinds: dict[str, Callable[[str], Any]] = {"number": float, "integer": lambda text: int(float(text))}
    kinds |= {"boolean": lambda text: text.lower() in ("true", "1"), "category": str, "text": str}
    return {name: kinds[rule["type"]](row[name]) for name, rule in columns.items()}


def compare(
    chosen: Sequence[Contender], places: Places, clients: int, rounds: int, seconds: float
) -> dict[str, list[Figures]]:
    """The turns of each: all run all the time and are asked one after the other, in each round by another order."""
    turns: dict[str, list[Figures]] = {one.name: [] for one in chosen}
    with ExitStack() as stack:
        servers = {}
        for i, one in enumerate(chosen):
            env = environment(places, one.env)
            server = running(one.command, one.ready, env, places.work / f"{i}.log")
            servers[one.name] = stack.enter_context(server)
        check({one.name: ask(servers[one.name][1], one.request) for one in chosen if one.name != CEILING})
        for one in chosen:
            turn(servers[one.name], one.request, clients, min(1.0, seconds))  # warm
        for number in range(rounds):
            shift = number % len(chosen)
            for one in (*chosen[shift:], *chosen[:shift]):
                turns[one.name].append(turn(servers[one.name], one.request, clients, seconds))
    return turns


def turn(server: tuple[int, int], request: bytes, clients: int, seconds: float) -> Figures:
    """Load one server, given by process and port."""
    process, port = server
    before = cpu_seconds(process)
    taken = sorted(load(port, request, clients, seconds))
    cpu = (cpu_seconds(process) - before) / len(taken) * 1e3
    return Figures(len(taken) / seconds, cpu, median(taken), taken[int(len(taken) * 0.99)])


def check(answers: Mapping[str, bytes]) -> None:
    """Make sure that all have scored the same row with the same model; SystemExit otherwise."""
    scores = {name: sorted(_floats(json.loads(answer))) for name, answer in answers.items()}
    for name, found in scores.items():
        pairs = zip(found, scores[OURS], strict=False)
        if len(found) != len(scores[OURS]) or not all(
            isclose(a, b, rel_tol=TOLERANCE, abs_tol=TOLERANCE) for a, b in pairs
        ):
            raise SystemExit(f"{name} answers {answers[name].decode()}, and {OURS} {answers[OURS].decode()}")


def _floats(content: Any) -> Iterator[float]:
    if isinstance(content, float):
        yield content
    for inner in (
        content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
    ):
        yield from _floats(inner)


def summary(turns: Mapping[str, Sequence[Figures]]) -> dict[str, dict[str, float]]:
    """The medians of each, and how they stand to ours and to the floor: medians of each round's own ratio."""
    result = {}
    for name, its in turns.items():
        found = Figures(*(median(values) for values in zip(*its, strict=True)))._asdict()
        for word, other in (("ours", turns[OURS]), ("floor", turns[FLOOR])):
            found[f"of_{word}"] = median(a.rate / b.rate for a, b in zip(its, other, strict=True))
        found["cpu_of_ours"] = median(a.cpu / (b.cpu or 1) for a, b in zip(its, turns[OURS], strict=True))
        result[name] = found
    return result


def parts(places: Places, whole: float) -> dict[str, float]:
    """The microseconds of CPU that each part of an answer of ours takes, given the whole."""
    request = {"REQUEST": json.dumps({"rows": [one_row(places)]})}
    command = places.project / ".venv/bin/python", "-m", "benchmarks.servers.parts"
    spent: dict[str, float] = json.loads(run(*command, env=environment(places, request)))
    return {**spent, "HTTP, and what load adds to all of it": whole - sum(spent.values())}


def table(result: Mapping[str, Mapping[str, float]], spent: Mapping[str, float]) -> str:
    """The same for people."""
    heads = ("answers/s", "CPU s/1,000", "p50 ms", "p99 ms", "x ours", "x floor", "CPU x ours")
    forms = (",.0f", ".3f", ".2f", ".2f", ".2f", ".2f", ".2f")
    lines = [f"{'':28}" + "".join(f"{head:>12}" for head in heads)]
    for name, found in result.items():
        cells = (format(value, form) for value, form in zip(found.values(), forms, strict=True))
        lines.append(f"{name:28}" + "".join(f"{cell:>12}" for cell in cells))
    whole = sum(spent.values())
    lines += ["", f"{OURS}: {whole:.0f} us of CPU an answer"]
    lines += [f"  {name:40}{took:8.0f}{took / whole:8.0%}" for name, took in spent.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
