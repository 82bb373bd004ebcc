"""Could two proportions as far apart as these come from equal chances?"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

from analysis.estimators.proportions import EMPTY_GROUP
from analysis.results import Estimate

_AS_LIKELY = 1 + 1e-7  # R fisher.test, relErr: tables this close in probability count as equally likely


def compare_fisher(k1: int, n1: int, k0: int, n0: int) -> Estimate:
    """Compare two proportions by Fisher's exact test, two-sided.

    Parameters
    ----------
    k1, n1
        Patients with the event and all patients of the group.
    k0, n0
        The same of the reference group.

    Returns
    -------
    Estimate
        ``p_value`` and ``n``; NaN and a reason where a group is empty. No estimate: it is a test.

    Notes
    -----
    The P value sums all tables with the same margins that are at most as likely as the one seen.
    Agrees with R ``fisher.test`` and SciPy ``fisher_exact``.
    """
    method = "Fisher's exact test"
    if n1 == 0 or n0 == 0:
        return Estimate(n=n1 + n0, method=method, reason=EMPTY_GROUP)
    events = k1 + k0
    possible = np.arange(max(0, events - n0), min(events, n1) + 1)
    log_ways = _log_choose(n1, possible) + _log_choose(n0, events - possible)
    chance = np.exp(log_ways - log_ways.max())
    seen = chance[k1 - possible[0]]
    p_value = float(chance[chance <= seen * _AS_LIKELY].sum() / chance.sum())
    return Estimate(n=n1 + n0, method=method, p_value=min(p_value, 1.0))


def _log_choose(n: int, k: np.ndarray) -> np.ndarray:
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
