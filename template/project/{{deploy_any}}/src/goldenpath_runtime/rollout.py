"""Gives a version production traffic by steps, and rolls it back when it does worse.

Owned by the template: do not edit. The policy is yours: `rollout` in environments/<env>.yaml.
"""

import json
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

from scipy.stats import ttest_ind

from .config import ProjectError, parse, write_text
from .delivery import Place, arguments, place, require_release, settle_interrupted
from .environments import Rollout
from .gate import Finding
from .labels import read_labels
from .registry import champion, fetch, resolve
from .samples import read_samples
from .target import Target
from .traffic import put_under_load

PAUSE = 0.5  # seconds between two looks
EARLY = 20  # requests after which what surely does badly is rolled back before the step ends
LOOKS = 10  # the quality is looked at again and again: each look must be so much surer
LABELLED = 30  # rows with labels of each version, before their quality is compared


class Verdict(NamedTuple):
    """The word for reports/<model>/rollout.verdict, and what was found."""

    word: str
    findings: Sequence[Finding]


class Change(NamedTuple):
    """A new version beside the old one, in one place, by one policy."""

    here: Place
    target: Target
    new: str
    old: str
    policy: Rollout


def rollout(argv: Sequence[str]) -> int:
    """Roll a version out; 1 when it was rolled back. `promote` makes it the champion afterwards."""
    strategies = "direct, shadow, canary, bluegreen or ab, in place of what environments/ says"
    args = arguments(
        "rollout",
        argv,
        strategy=strategies,
        clients="send requests too, as so many clients: a rehearsal",
    )
    here = place(args)
    chosen = {"strategy": args.strategy} if args.strategy else {}
    policy = parse(Rollout, here.settings.rollout.model_dump() | chosen, "STRATEGY")
    target = here.target
    if policy.strategy not in target.strategies:
        known = ", ".join(target.strategies)
        raise ProjectError(
            f"{here.settings.target}: it cannot do {policy.strategy}; choose STRATEGY= of {known}"
        )
    version = resolve(here.store, here.model, args.version)
    old = champion(here.store, here.model, args.env)
    require_release(here, version)
    settle_interrupted(here)
    if version == old:
        print(f"{version} is the champion of {args.env} already")
        return 0
    here.start(version)
    if old is None or policy.strategy == "direct":
        target.weights({version: 100})
        here.note("rollout", version=version, strategy="direct", verdict="pass")
        print(f"{version} has all requests of {args.env}: {target.address()}; now make promote")
        return 0
    target.start(old, fetch(here.store, here.model, old))
    change = Change(here, target, version, old, policy)
    if args.clients:
        _rehearse(change, int(args.clients))
    return _conclude(change, _run(change))


def _rehearse(change: Change, clients: int) -> None:
    """Send recorded rows until this process ends, where nobody else asks."""
    golden = json.loads(
        change.here.store.read(f"{change.here.model}/versions/{change.new}/golden.json")
    )
    seconds = change.policy.seconds * (len(change.policy.steps) + 1)
    load = (change.target.address() or "", golden["rows"], clients, seconds)
    Thread(target=put_under_load, args=load, daemon=True).start()


def _run(change: Change) -> Verdict:
    """Take the steps one by one.

    Whatever ends them but success gives all requests back to the champion.
    """
    _, target, new, old, policy = change
    steps = {"shadow": (0,), "bluegreen": (0, 100), "ab": (50,)}.get(policy.strategy, policy.steps)
    kept, verdict = False, Verdict("abort", [Finding("rollout", False, "interrupted")])
    try:
        for share in steps:
            target.weights({old: 100 - share, new: share}, shadow=new)
            verdict = _step(change, share)
            if verdict.word == "abort":
                break
        kept = verdict.word == "pass" and policy.strategy != "shadow"
    finally:
        if not kept:
            target.weights({old: 100})
            target.stop(new)
    return verdict


def _step(change: Change, share: int) -> Verdict:
    here, target, new, old, policy = change
    since, end = datetime.now(UTC), time.monotonic() + policy.seconds
    while True:
        time.sleep(PAUSE)
        seen, losses, over = target.figures(), known_losses(here, since), time.monotonic() > end
        answered = int(seen["versions"].get(new, {}).get("requests", 0))
        enough = answered >= policy.min_requests
        findings = list(judge(seen, losses, change, sure=not enough))
        bad = answered >= EARLY and not all(finding.passed for finding in findings)
        if over and not enough:
            reason = (
                f"{answered} in {policy.seconds:g} s, "
                f"too few to judge: {policy.min_requests} are asked for"
            )
            findings.append(Finding("requests", False, reason))
        if bad or (over and not enough):
            return Verdict("abort", findings)
        if policy.strategy == "ab":
            if over or min(len(losses.get(each, ())) for each in (new, old)) >= policy.min_requests:
                word, reason = compare(
                    losses.get(new, ()), losses.get(old, ()), policy.significance
                )
                return Verdict(
                    word, [*findings[:-1], Finding("quality", word != "worse", f"{word}: {reason}")]
                )
        elif enough:
            print(f"{share:3} %: {answered} requests, no worse than {old}", flush=True)
            return Verdict("pass", findings)


def known_losses(here: Place, since: datetime) -> dict[str, list[float]]:
    """By version, of each row answered since then whose label is known.

    0 or 1 for a class, the mean absolute error.
    """
    found: dict[str, list[float]] = {}
    if truth := read_labels(here.store, here.model):
        for sample in read_samples(here.store, here.model, since=since.isoformat()):
            if sample["id"] in truth:
                found.setdefault(sample["version"], []).append(
                    _loss(sample["scores"], truth[sample["id"]])
                )
    return found


def _loss(scores: Mapping[str, float], truth: Mapping[str, Any]) -> float:
    if scores.keys() == truth.keys():
        return float(sum(abs(scores[name] - truth[name]) for name in truth) / len(truth))
    return float(max(scores, key=scores.__getitem__) not in truth.values())


def judge(
    seen: Mapping[str, Any],
    losses: Mapping[str, Sequence[float]],
    change: Change,
    sure: bool = False,
) -> Iterator[Finding]:
    """What the router saw of a version, beside the champion in the same time, held to the policy.

    Pure. `sure` fails a share only when so much more than allowed is no chance: three standard
    errors.
    """
    policy = change.policy
    none = {"requests": 0, "errors": 0, "refused": 0, "p50_ms": 0.0, "p99_ms": 0.0}
    ours, theirs = (
        none | seen["versions"].get(version, {}) for version in (change.new, change.old)
    )
    refused = theirs["refused"] / max(1, theirs["requests"])
    shares = {
        "errors": (ours["errors"], ours["requests"], policy.max_error_rate),
        "refusals": (ours["refused"], ours["requests"], refused + policy.max_error_rate),
        "other answers": (seen["disagreed"], seen["compared"], policy.max_disagreement),
    }
    for rule, (count, of, most) in shares.items():
        limit, share = min(most, 1.0), count / max(1, of)
        allowed = limit + 3 * math.sqrt(limit * (1 - limit) / max(1, of)) * sure
        yield Finding(rule, share <= allowed, f"{share:.1%} of {of}, required ≤ {limit:.1%}")
    reason = f"p99 {ours['p99_ms']:.1f} ms, required ≤ {policy.max_p99_ms:.0f}"
    yield Finding("time", ours["p99_ms"] <= policy.max_p99_ms, reason)
    ratio = ours["p50_ms"] / theirs["p50_ms"] if theirs["p50_ms"] else 0.0
    reason = f"{ratio:.2f} x the champion's median, required ≤ {policy.max_slowdown:g}"
    yield Finding("slowdown", ratio <= policy.max_slowdown, reason)
    often = policy.significance / LOOKS
    word, reason = compare(losses.get(change.new, ()), losses.get(change.old, ()), often)
    yield Finding("quality", word != "worse", f"{word}: {reason}")


def compare(new: Sequence[float], old: Sequence[float], significance: float) -> tuple[str, str]:
    """Welch's t-test of the losses of labelled rows.

    Better, worse, no-difference or too-little-data, and why.
    """
    if min(len(new), len(old)) < LABELLED:
        return (
            "too-little-data",
            f"{len(new)} and {len(old)} rows have labels, to compare by {LABELLED} each",
        )
    ours, theirs = sum(new) / len(new), sum(old) / len(old)
    p = 1.0 if len({*new, *old}) == 1 else float(ttest_ind(new, old, equal_var=False).pvalue)
    word = "no-difference" if p >= significance else "better" if ours < theirs else "worse"
    return (
        word,
        f"loss {ours:.4g} on {len(new)} labelled rows, {theirs:.4g} on {len(old)} of the champion; "
        f"p = {p:.2g}",
    )


def _conclude(change: Change, verdict: Verdict) -> int:
    here, version, strategy = change.here, change.new, change.policy.strategy
    for finding in verdict.findings:
        print(finding)
    why = "; ".join(f"{f.rule}: {f.reason}" for f in verdict.findings if not f.passed)
    event = "abort" if verdict.word == "abort" else "rollout"
    here.note(event, version=version, strategy=strategy, verdict=verdict.word, why=why or None)
    path = Path("reports", here.model, "rollout.verdict")
    write_text(path, verdict.word + "\n")
    print(f"{strategy} of {version}: {verdict.word}")
    return 1 if verdict.word in ("abort", "worse") else 0
