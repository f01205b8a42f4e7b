"""`make accept`: tests of a deployed version before anybody is asked to approve it.

Owned by the template: do not edit. The limits are yours: `accept` in environments/<env>.yaml.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from .config import ProjectError
from .delivery import Place, arguments, place
from .environments import Accept
from .evaluation import latencies, parity_error
from .gate import Finding
from .inference import InvalidRowsError, Scorer
from .registry import champion, fetch
from .router import differ
from .samples import read_samples
from .traffic import Load, put_under_load

RECORDED_ROWS = 500
PRECISION = 1e-4
BAD = (
    b"no json",
    b'{"rows": []}',
    b'{"rows": [{"no such column": 1}]}',
    b'{"rows": [{}], "more": 1}',
)
Rows = Sequence[Mapping[str, Any]]


def accept(argv: Sequence[str]) -> int:
    """Run all tests, print them and note the outcome; 1 when one fails and nobody forces it."""
    args = arguments(
        "accept", argv, env="staging", force="accept it although a test fails, and say why"
    )
    here = place(args)
    running = {version: share for version, share in here.target.status().items() if share}
    address = here.target.address()
    if (
        len(running) != 1
        or address is None
        or (args.version and not next(iter(running)).startswith(args.version))
    ):
        raise ProjectError(
            f"{args.env} runs {', '.join(running) or 'nothing'}: make deploy ENV={args.env} first"
        )
    (version,) = running
    findings = list(_findings(here, version, address))
    for finding in findings:
        print(finding)
    failed = [finding.rule for finding in findings if not finding.passed]
    passed = not failed or bool(args.force)
    here.note("accept", version=version, passed=passed, failed=failed or None, forced=args.force)
    return 0 if passed else 1


def _findings(here: Place, version: str, address: str) -> Iterator[Finding]:
    policy = here.settings.accept
    golden = json.loads(here.store.read(f"{here.model}/versions/{version}/golden.json"))
    yield from _answers(address, version)
    yield _golden(address, golden)
    for name, clients in (("load", policy.clients), ("stress", 2 * policy.clients)):
        yield from _load(
            name, put_under_load(address, golden["rows"], clients, policy.seconds), policy
        )
    if (old := champion(here.store, here.model)) and old != version:
        folders = [fetch(here.store, here.model, each) for each in (version, old)]
        recorded = [sample["row"] for sample in read_samples(here.store, here.model, old)][
            -RECORDED_ROWS:
        ]
        whole = (
            bool(recorded) and recorded[0].keys() == golden["rows"][0].keys()
        )  # personal columns are not recorded
        yield from _against(address, folders, recorded if whole else golden["rows"], policy)


def _answers(address: str, version: str) -> Iterator[Finding]:
    found = _ask(f"{address}/model")[1].get("version")
    yield Finding("version", found == version, f"{found} answers")
    for path in ("/health", "/ready", "/metrics", "/openapi.json"):
        status, _ = _ask(address + path)
        yield Finding(f"GET {path}", status == 200, f"status {status}")
    statuses = [_ask(f"{address}/predict", body)[0] for body in BAD]
    yield Finding(
        "bad requests",
        all(400 <= status < 500 for status in statuses),
        f"refused with {set(statuses)}",
    )


def _ask(url: str, body: bytes | None = None) -> tuple[int, Any]:
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            content = answer.read()
            return answer.status, json.loads(content) if content[:1] == b"{" else {}
    except urllib.error.HTTPError as error:
        return error.code, {}


def _predict(address: str, rows: Rows) -> list[Mapping[str, Any]]:
    status, answer = _ask(f"{address}/predict", json.dumps({"rows": rows}).encode())
    return list(answer["predictions"]) if status == 200 else []


def _golden(address: str, golden: Mapping[str, Any]) -> Finding:
    found = [
        list(row.get("probabilities", row.get("values")).values())
        for row in _predict(address, golden["rows"])
    ]
    worst = parity_error(np.array(golden["scores"]), np.array(found))
    reason = (
        f"{len(found)} of {len(golden['rows'])} rows answered, "
        f"the largest difference is {worst:.2g}"
    )
    return Finding("golden rows", worst <= PRECISION, reason)


def _load(name: str, seen: Load, policy: Accept) -> Iterator[Finding]:
    told = f"{seen.clients} clients, {seen.requests} requests"
    rate, limit = seen.errors / max(1, seen.requests), policy.max_error_rate
    yield Finding(f"{name}: errors", rate <= limit, f"{told}, {rate:.2%}, required ≤ {limit:.2%}")
    times = (
        f"p50 {seen.p50_ms:.1f} ms, p99 {seen.p99_ms:.1f} ms, required ≤ {policy.max_p99_ms:.0f}"
    )
    yield Finding(f"{name}: time", seen.p99_ms <= policy.max_p99_ms, times)
    reason = f"{seen.throughput:.0f} requests a second, required ≥ {policy.min_throughput:.0f}"
    yield Finding(f"{name}: throughput", seen.throughput >= policy.min_throughput, reason)


def _against(
    address: str, folders: Sequence[Path], rows: Rows, policy: Accept
) -> Iterator[Finding]:
    """Live answers to recorded rows, and their time, beside those of the champion here."""
    new, old = (Scorer(folder) for folder in folders)
    try:
        expected = old.answers(old.score_rows(rows))
        calls = {
            name: partial(scorer.score_rows, rows[:1])
            for name, scorer in (("new", new), ("old", old))
        }
        seconds = latencies(calls)
    except InvalidRowsError as error:
        yield Finding("champion", True, f"not comparable, it takes other columns: {error}")
        return
    found = _predict(address, rows)
    differing = (
        sum(differ(one, other) for one, other in zip(expected, found, strict=False))
        + len(rows)
        - len(found)
    )
    share, ratio = differing / len(rows), seconds["new"] / seconds["old"]
    reason = f"{share:.1%} of {len(rows)} rows, required ≤ {policy.max_disagreement:.1%}"
    yield Finding("champion: other answers", share <= policy.max_disagreement, reason)
    reason = f"{ratio:.2f} x its median, required ≤ {policy.max_slowdown:g}"
    yield Finding("champion: time", ratio <= policy.max_slowdown, reason)
