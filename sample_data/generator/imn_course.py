"""How do urine protein and albumin run from baseline to month 12, given when each patient remits?

Month 12 is laid down first by outcome; the visits between are drawn on the way there, each within
the range its state allows, so that the remission rule finds the designed state again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sample_data.generator.designs import GROUPS, LATER_MONTHS, margin, sample_targets
from sample_data.generator.imn_prognosis import drop_remitters
from sample_data.generator.margins import Numbers, Target, fit_mean_sd, spread_positions, squash

_WAY = {3: 0.35, 6: 0.62, 9: 0.84}  # share of the way from baseline to month 12
_AUTOCORRELATION = 0.6  # specification of the sample, section 5.4

# Range of 24-h protein (g) and albumin (g/L) a visit before month 12 may have.
_CR_RANGE, _PR_RANGE, _NR_RANGE = (0.05, 0.295), (0.36, 3.4), (1.3, 21.0)
_DROP_FLOOR, _DROP_SHARE = 3.55, 0.485
_CR_ALBUMIN, _PR_ALBUMIN, _NR_ALBUMIN, _NR_ALBUMIN_HIGH_PROTEIN = (36.2, 48.0), (30.3, 44.5), (12.0, 29.8), (12.0, 37.0)
_UNKNOWN_ALBUMIN = (30.0, 33.5)
_NO_FALL, _NEPHROTIC = 0.55, 3.7  # above both, no remission whatever the albumin


@dataclass(frozen=True, kw_only=True)
class Group:
    """One group with its skeleton rows, its baseline in the same order, and its random numbers."""

    name: str
    rows: pd.DataFrame
    baseline: dict[str, Numbers]
    rng: np.random.Generator

    def states(self, month: int) -> np.ndarray:
        """Give the designed state at a visit: CR, PR or NR (also where the urine will be missing)."""
        first, complete = self.rows["t_first"].to_numpy(), self.rows["t_cr"].to_numpy()
        state = np.where(first <= month, "PR", "NR")
        state = np.where(complete <= month, "CR", state)
        return np.where(self.drifted() & (month == 12), "PR", state)

    def drifted(self) -> np.ndarray:
        """Mark who leaves complete remission by month 12: the last of those complete at month 6."""
        values = sample_targets()["proteinuria_12"][self.name].get("drifted", [])
        early = np.flatnonzero(self.rows["t_cr"].to_numpy() == 6)
        return np.isin(np.arange(len(self.rows)), early[len(early) - len(values) :] if values else [])

    def strata(self) -> np.ndarray:
        """Name the month-12 stratum of each patient, as in the targets file."""
        state, urine = self.states(12), self.rows["last_eval"].to_numpy() == 12
        stratum = np.where(urine | (state == "CR"), state, np.char.add(state.astype(str), "_no_urine"))
        return np.where(self.drifted(), "drifted", stratum)

    def has_urine(self, month: int) -> np.ndarray:
        """Tell whose 24-h urine was collected at a visit."""
        return self.rows["last_eval"].to_numpy() >= month


def draw_course(group: Group) -> dict[int, dict[str, Numbers]]:
    """Draw 24-h protein and albumin at months 3 to 12; protein is NaN after the last evaluable visit."""
    protein_12, dropping = _protein_at_12(group), drop_remitters(group.baseline, group.rows)
    albumin_12 = _albumin_at_12(group)
    by_drop = np.isin(np.arange(len(group.rows)), dropping)
    course, settled = {}, np.zeros(len(protein_12), dtype=bool)
    noise_protein, noise_albumin = np.zeros(len(protein_12)), np.zeros(len(protein_12))
    for month in LATER_MONTHS[:-1]:
        noise_protein = _AUTOCORRELATION * noise_protein + group.rng.normal(0, 0.24, len(protein_12))
        noise_albumin = _AUTOCORRELATION * noise_albumin + group.rng.normal(0, 2.2, len(protein_12))
        limits = _protein_range(group, month, np.where(by_drop, protein_12, np.nan), settled)
        protein = _protein_between(group, month, _on_the_way(group, protein_12, month, noise_protein), limits)
        settled |= (group.states(month) != "NR") & (protein <= _PR_RANGE[1])
        albumin = _albumin_between(group, month, _albumin_on_the_way(group, albumin_12, month, noise_albumin), protein)
        course[month] = {"proteinuria_g_24h": protein, "albumin_g_l": albumin}
    course[12] = {"proteinuria_g_24h": protein_12, "albumin_g_l": albumin_12}
    for month, values in course.items():
        values["proteinuria_g_24h"] = np.where(group.has_urine(month), values["proteinuria_g_24h"], np.nan)
    return course


# ---------------------------------------------------------------- month 12


def _protein_at_12(group: Group) -> Numbers:
    """Hand out the sorted month-12 proteins of each outcome; a plausible latent value where urine is missing."""
    wanted, strata = sample_targets()["proteinuria_12"][group.name], group.strata()
    start = group.baseline["proteinuria_g_24h"]
    values = np.where(strata == "PR_no_urine", 1.6, 0.72 * start)
    dropping = drop_remitters(group.baseline, group.rows)
    in_range = np.setdiff1d(np.flatnonzero(strata == "PR"), dropping)
    values[dropping[np.argsort(start[dropping], kind="stable")]] = sorted(wanted["partial_by_drop"])
    _hand_out(group, values, np.flatnonzero(strata == "CR"), spread_positions(wanted["complete"], decimals=2))
    _hand_out(group, values, in_range, spread_positions(wanted["partial_in_range"], decimals=2))
    _hand_out(group, values, np.flatnonzero(strata == "NR"), spread_positions(wanted["none"], decimals=2))
    values[group.drifted()] = wanted.get("drifted", [])
    return values


def _hand_out(group: Group, values: Numbers, patients: np.ndarray, sorted_values: Numbers) -> None:
    """Give lower values loosely to patients who started lower."""
    loose = np.log(group.baseline["proteinuria_g_24h"][patients]) + group.rng.normal(0, 0.5, len(patients))
    values[patients[np.argsort(loose, kind="stable")]] = sorted_values


def _albumin_at_12(group: Group) -> Numbers:
    """Draw albumin around the centre of each stratum, to the printed mean and SD."""
    wanted, side = sample_targets()["stratum"], GROUPS.index(group.name)
    centre = np.array([wanted[stratum]["centre"][side] for stratum in group.strata()])
    low, high = np.array([wanted[stratum]["albumin"] for stratum in group.strata()]).T
    printed = margin("albumin_g_l", 12, group.name)
    scores = centre + 0.15 * (group.baseline["albumin_g_l"] - 24) + group.rng.normal(0, 4.2, len(centre))
    return fit_mean_sd(scores, Target(mean=printed.mean, sd=printed.sd, decimals=1), low=low, high=high)


# ---------------------------------------------------------------- months 3, 6, 9


def _on_the_way(group: Group, protein_12: Numbers, month: int, noise: Numbers) -> Numbers:
    """Interpolate log protein between baseline and month 12 and add the patient's own wobble."""
    start = np.log(group.baseline["proteinuria_g_24h"])
    return start + _WAY[month] * (np.log(protein_12) - start) + noise


def _albumin_on_the_way(group: Group, albumin_12: Numbers, month: int, noise: Numbers) -> Numbers:
    start = group.baseline["albumin_g_l"]
    return start + _WAY[month] * (albumin_12 - start) + noise


def _protein_between(group: Group, month: int, path: Numbers, limits: tuple[Numbers, Numbers]) -> Numbers:
    """Shift the paths together until the median is the invented one, each bent into its state's range."""
    low, high = np.log(limits[0]), np.log(limits[1])
    wanted = sample_targets()["interim"][group.name]["proteinuria_median"][LATER_MONTHS.index(month)]
    moving = (group.states(month) != "CR").astype(float)
    down, up = -1.2, 1.2
    for _ in range(60):
        middle = (down + up) / 2
        values = np.exp(squash(path + middle * moving, low, high))
        too_low = np.median(values[group.has_urine(month)]) < wanted
        down, up = (middle, up) if too_low else (down, middle)
    return np.round(np.exp(squash(path + down * moving, low, high)), 2)


def _protein_range(group: Group, month: int, floor: Numbers, settled: np.ndarray) -> tuple[Numbers, Numbers]:
    """Give the range of each patient's protein; ``floor`` is the month-12 value of those who stay above 3.5 g.

    Partial remission may rest on the fall alone until the patient has once been below 3.5 g
    (``settled``); from then on it stays below, so that no remission is lost.
    """
    state, start = group.states(month), group.baseline["proteinuria_g_24h"]
    ranges = {"CR": _CR_RANGE, "PR": _PR_RANGE, "NR": _NR_RANGE}
    low, high = np.array([ranges[name] for name in state]).T
    partial, stays_above = state == "PR", ~np.isnan(floor)
    low = np.where(partial & stays_above, np.fmax(_DROP_FLOOR, floor), low)
    high = np.where(partial & ~settled, np.maximum(_DROP_SHARE * start, high), high)
    return low, np.where(state == "NR", np.minimum(high, 1.45 * start), high)


def _albumin_between(group: Group, month: int, path: Numbers, protein: Numbers) -> Numbers:
    state, start = group.states(month), group.baseline["proteinuria_g_24h"]
    ranges = {"CR": _CR_ALBUMIN, "PR": _PR_ALBUMIN, "NR": _NR_ALBUMIN}
    low, high = np.array([ranges[name] for name in state]).T
    heavy = (state == "NR") & (protein > np.maximum(_NEPHROTIC, _NO_FALL * start))
    high = np.where(heavy, _NR_ALBUMIN_HIGH_PROTEIN[1], high)
    # Without urine an albumin below 30 would still decide the visit; these must stay not evaluable.
    unknown = (state == "NR") & ~group.has_urine(month)
    low, high = np.where(unknown, _UNKNOWN_ALBUMIN[0], low), np.where(unknown, _UNKNOWN_ALBUMIN[1], high)
    interim, k = sample_targets()["interim"][group.name], LATER_MONTHS.index(month)
    wanted = Target(mean=interim["albumin_mean"][k], sd=interim["albumin_sd"][k], decimals=1)
    return fit_mean_sd(path, wanted, low=low, high=high)
