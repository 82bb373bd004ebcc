"""Which patient gets which of the drawn values, so that variables hang together as they should?

Margins are fixed beforehand; only the order of values over patients is searched, by swapping two
patients' values of one variable and keeping the swap when the disagreement shrinks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sample_data.generator.margins import Numbers, mean_of

Columns = Mapping[str, Numbers]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One thing wanted of an arrangement: the variables it depends on and how far it is from fulfilled."""

    names: tuple[str, ...]
    distance: Callable[[Columns], float]


def arrange(
    rng: np.random.Generator, columns: Columns, *, movable: tuple[str, ...], wishes: list[Wish], swaps: int
) -> dict[str, Numbers]:
    """Swap values of the movable columns until the wishes are met as well as ``swaps`` trials allow."""
    arranged = {name: values.copy() for name, values in columns.items()}
    current = [wish.distance(arranged) for wish in wishes]
    touching = {name: [k for k, wish in enumerate(wishes) if name in wish.names] for name in movable}
    n = len(arranged[movable[0]])
    names = rng.integers(len(movable), size=swaps)
    pairs = rng.integers(n, size=(swaps, 2))
    for which, (first, second) in zip(names.tolist(), pairs.tolist(), strict=True):
        values, terms = arranged[movable[which]], touching[movable[which]]
        before = math.fsum(current[k] for k in terms)
        if values[first] == values[second] or before < 1e-5:
            continue
        values[first], values[second] = values[second], values[first]
        after = [wishes[k].distance(arranged) for k in terms]
        if math.fsum(after) < before:
            for k, distance in zip(terms, after, strict=True):
                current[k] = distance
        else:
            values[first], values[second] = values[second], values[first]
    return arranged


def want_correlation(first: str, second: str, rho: float, *, among: str | None = None) -> Wish:
    """Ask for a Spearman correlation, optionally only among patients with a positive ``among``."""

    def distance(columns: Columns) -> float:
        x, y = columns[first], columns[second]
        if among is not None:
            x, y = x[columns[among] > 0], y[columns[among] > 0]
        return 100 * (spearman(x, y) - rho) ** 2

    return Wish(names=(first, second) if among is None else (first, second, among), distance=distance)


def want_difference(name: str, flag: str, difference: float, *, unit: float) -> Wish:
    """Ask that patients with ``flag`` 1 exceed the others by ``difference`` on average, within about ``unit``."""

    def distance(columns: Columns) -> float:
        on, values = columns[flag] > 0, columns[name]
        return ((mean_of(values[on]) - mean_of(values[~on]) - difference) / unit) ** 2

    return Wish(names=(name, flag), distance=distance)


def forbid(names: tuple[str, ...], broken: Callable[[Columns], npt.NDArray[np.bool_]]) -> Wish:
    """Ask that a rule be broken by no patient; each one who breaks it weighs heavily."""
    return Wish(names=names, distance=lambda columns: 10.0 * int(np.count_nonzero(broken(columns))))


def spearman(x: Numbers, y: Numbers) -> float:
    """Rank correlation with mid-ranks, in integer arithmetic (the same on every machine)."""
    first, second = _centred_ranks(x), _centred_ranks(y)
    product = int((first * second).sum())
    return product / math.sqrt(int((first * first).sum()) * int((second * second).sum()))


def _centred_ranks(values: Numbers) -> npt.NDArray[np.int64]:
    """Give twice the mid-rank minus its mean, as integers."""
    _, position, counts = np.unique(values, return_inverse=True, return_counts=True)
    top = np.cumsum(counts)
    return (2 * top - counts - len(values))[position].astype(np.int64)
