"""Samples of CPU and wall time: several of each, with their spread, and ratios of samples that were taken in turns."""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sample:
    """Seconds of one run: CPU of this process and of those that it started, and wall."""

    cpu: float
    wall: float


Spread = dict[str, float]
"""`min`, `median` and `max`."""


def taken(step: Callable[[], Any]) -> tuple[Sample, Any]:
    """Run a step; return what it cost and what it returned."""
    before, start = _used(), time.perf_counter()
    result = step()
    return Sample(_used() - before, time.perf_counter() - start), result


def _used() -> float:
    figures = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in figures)


def milliseconds(seconds: Sequence[float]) -> Spread:
    """Return the spread of some samples, in milliseconds."""
    return spread([each * 1000 for each in seconds])


def spread(values: Sequence[float]) -> Spread:
    """Return least, median and most."""
    return {
        "min": round(min(values), 4),
        "median": round(statistics.median(values), 4),
        "max": round(max(values), 4),
    }


def ratios(some: Sequence[float], others: Sequence[float]) -> Spread:
    """Return the spread of each sample over the one of the same turn."""
    return spread([one / other for one, other in zip(some, others, strict=True)])


def shown(figures: Spread, form: str) -> str:
    """Return a spread as text: median (least to most)."""
    low, middle, high = (format(figures[name], form) for name in ("min", "median", "max"))
    return f"{middle} ({low} to {high})"
