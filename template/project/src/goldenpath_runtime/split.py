"""Which rows are trained on, which choose a model, and which test it.

Owned by the template: do not edit. A row's part follows from the row itself, so it keeps its part
when others are added. Equal rows, a group's rows and rows of one time are never on two sides.
"""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .config import PARAMS, ModelParams
from .data import class_names
from .errors import ProjectError

NAMES = ("train", "validation", "test")
FEW = 1000  # keys; of fewer, chance may leave a part without a class
DRAWS = 50  # of which the first is taken that leaves none
ALIKE = 0.05  # share of rows that are equal to others, up to which nobody asks why
STEPS = (
    (30, 0xBF58476D1CE4E5B9),
    (27, 0x94D049BB133111EB),
    (31, 1),
)

Parts = Mapping[str, pd.DataFrame]  # train, validation and test
Keys = npt.NDArray[Any]  # of uint64, of rows; rows of one key are in one part
Numbers = npt.NDArray[Any]  # of rows, the place of their part in NAMES


def split_rows(
    frame: pd.DataFrame, params: ModelParams, features: Collection[str] | None = None
) -> Parts:
    """The rows as train, validation and test; rows without a target are left out.

    `features` are the columns by which rows are equal: all but the target, if not given.
    """
    frame = frame.dropna(subset=list(params.target)).reset_index(drop=True)
    if len(frame) < len(NAMES):
        raise ProjectError(
            f"{len(frame)} rows with a target are too few to split; "
            f"{PARAMS} takes {', '.join(params.target)} for it"
        )
    match params.split.by:
        case "time":
            numbers = _by_time(frame, params)
        case "group":
            groups = _column(frame, params.split.column, "split by group needs `column:`")
            numbers = _drawn(hashes(groups), frame, params)
        case "seed":
            others = [str(name) for name in frame if name not in params.target]
            listed = sorted(features or others)
            numbers = _drawn(_row_keys(frame[listed]), frame, params)
    parts = {}
    for number, name in enumerate(NAMES):
        part = frame[numbers == number]
        parts[name] = part.reset_index(drop=True)
    _check_parts(parts, params)
    return parts


def _column(frame: pd.DataFrame, name: str | None, wanted: str) -> pd.Series:
    """A column that params.yaml names, in which nothing may be missing."""
    if name is None or name not in frame:
        raise ProjectError(f"{PARAMS}: {wanted}, and schema.yaml must list that column")
    missing = int(frame[name].isna().sum())
    if missing:
        raise ProjectError(f"{missing} rows have no {name}, so they cannot be split by it")
    return frame[name]


def _by_time(frame: pd.DataFrame, params: ModelParams) -> Numbers:
    """The oldest rows to train on, the newest ones to test on; equal times stay together.

    With groups, a group as a whole is as new as its newest row.
    """
    split = params.split
    times = _column(frame, split.column, "split by time needs `column:`")
    if split.group is not None:
        groups = _column(frame, split.group, "split has a `group:`")
        times = times.groupby(groups).transform("max")
    places, different = pd.factorize(times, sort=True)
    if len(different) < len(NAMES):
        raise ProjectError(
            f"{len(different)} different times of {split.column} are too few to split"
        )
    rows = len(frame)
    ordered = np.sort(places)
    newest = _newest(ordered, split.test, rows)
    test = max(newest, 2)
    older = ordered[ordered < test]
    newest = _newest(older, split.validation, rows)
    validation = max(newest, 1)
    return _numbers(places >= validation, places >= test)


def _newest(ordered: Numbers, share: float, rows: int) -> int:
    """The time from which on there are that many of the rows, or more."""
    wanted = max(1, round(rows * share))
    place = max(0, len(ordered) - wanted)
    return int(ordered[place])


def _row_keys(rows: pd.DataFrame) -> Keys:
    """A key for the values of each row.

    Equal rows have one key, for they may be copies, and what is trained on tests nothing. Rows of
    few, coarse columns are equal by chance: then each has a key of its own, which depends on how
    many equal ones are above it.
    """
    columns = [hashes(rows[name]) for name in rows]
    keys = combined(columns)
    series = pd.Series(keys)
    copies = series.duplicated().mean()
    if copies <= ALIKE or copies > 2 * copies_by_chance(columns):
        return keys
    before = series.groupby(keys).cumcount()
    own = _mixed(before.to_numpy(np.uint64))
    return keys ^ own


def copies_by_chance(columns: Collection[Keys]) -> float:
    """The share of copies in rows of these columns if none depended on another."""
    rng = np.random.default_rng(0)
    shuffled = [rng.permutation(column) for column in columns]
    rows = pd.Series(combined(shuffled))
    return float(rows.duplicated().mean())


def hashes(values: pd.Series) -> Keys:
    """A number for each value of a column: the same in every process and for all releases."""
    return pd.util.hash_pandas_object(values, index=False).to_numpy()


def combined(columns: Collection[Keys]) -> Keys:
    """A number for each row, from those of its values."""
    first = next(iter(columns))
    keys = np.zeros(len(first), np.uint64)
    for column in columns:
        keys = _mixed(keys ^ column)
    return keys


def _mixed(keys: Keys) -> Keys:
    """Numbers of which each bit depends on all bits of the given ones: splitmix64. 0 stays 0."""
    for shift, factor in STEPS:
        shifted = keys >> np.uint64(shift)
        mixed = keys ^ shifted
        keys = mixed * np.uint64(factor)
    return keys


def _drawn(keys: Keys, frame: pd.DataFrame, params: ModelParams) -> Numbers:
    """The parts that the seed draws for these keys, each by itself.

    Of few keys it is the first draw that leaves each class in each part. It stays the first when
    rows of known classes are added.
    """
    different = len(np.unique(keys))
    if different < len(NAMES):
        raise ProjectError(f"{different} different rows or groups are too few to split")
    classes = np.zeros(len(frame), np.int64)
    if params.task == "classification":
        classes, _ = pd.factorize(frame[params.target[0]])
    draws = DRAWS if different < FEW else 1
    fewest = np.inf
    for draw in range(draws):
        numbers = _draw(keys, params, draw)
        absent = _absent(numbers, classes)
        if absent < fewest:
            fewest = absent
            best = numbers
        if not absent:
            break
    return best


def _draw(keys: Keys, params: ModelParams, draw: int) -> Numbers:
    """The part of each key in one of the seed's draws."""
    numbers = (params.seed % 2**32, draw)
    salt = combined([np.array([number], np.uint64) for number in numbers])
    drawn = _mixed(keys ^ salt)
    place = drawn / 2.0**64  # from 0 to 1
    test = params.split.test
    later = test + params.split.validation
    return _numbers(place < later, place < test)


def _numbers(is_later: npt.NDArray[Any], is_test: npt.NDArray[Any]) -> Numbers:
    """Parts by what is not for training, and by what of that is for the test."""
    numbers = is_later.astype(np.int64)
    numbers += is_test
    return numbers


def _absent(numbers: Numbers, classes: Numbers) -> int:
    """How many classes are missing in the parts; in that to train on each counts for many.

    A class of two rows has to be trained on only, one of a single row is nobody's fault.
    """
    known = int(classes.max()) + 1
    places = numbers * known + classes
    table = np.bincount(places, minlength=len(NAMES) * known).reshape(len(NAMES), known)
    rows = table.sum(axis=0)
    is_absent = table == 0
    untrained = is_absent[0] & (rows > 1)
    unmeasured = is_absent[1:] & (rows > 2)
    many = 2 * known
    return int(untrained.sum()) * many + int(unmeasured.sum())


def _check_parts(parts: Parts, params: ModelParams) -> None:
    """Raise ProjectError when the parts are too small for training and measuring."""
    empty = [name for name, part in parts.items() if part.empty]
    if empty:
        listed = ", ".join(empty)
        raise ProjectError(
            f"the split leaves no row for {listed}: more data, or other shares in params.yaml"
        )
    if params.task == "classification":
        _check_classes(parts, params.target[0])


def _check_classes(parts: Parts, target: str) -> None:
    """Raise ProjectError when the rows to train on lack a class, or have only one."""
    classes = {}
    for name, part in parts.items():
        names = class_names(part[target])
        classes[name] = set(names)
    trained = classes["train"]
    measured = classes["validation"] | classes["test"]
    unseen = measured - trained
    if unseen:
        listed = ", ".join(sorted(unseen))
        raise ProjectError(f"no row to train on for {target} = {listed}; the class is too rare")
    if len(trained) < 2:
        raise ProjectError(f"{target} has the one value {trained}: there is nothing to tell apart")
