"""Are the numbers of the page those that R finds from the sample files alone, the rule written anew?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.outcomes.endpoints import best_response
from analysis.remission import describe_classes, describe_relapse, describe_states, estimate_effects
from tests.analysis.test_remission_questions import described, sample

ORACLE = pd.read_csv(Path(__file__).parents[1] / "oracles" / "page_numbers.csv", keep_default_na=False)
ENDPOINTS = {"complete": "complete_remission", "first": "first_remission"}


def numbers(sample_name: str, start: str) -> dict[tuple[str, str], float]:
    rows = ORACLE[(ORACLE["sample"] == sample_name) & ORACLE["what"].str.startswith(start)]
    assert len(rows)
    return {(row.what.removeprefix(start).strip(), row.group): float(row.value) for row in rows.itertuples()}


@pytest.mark.parametrize("name", list(ENDPOINTS))
def test_imn_curves_contrasts_and_ratios(name: str) -> None:
    view, outcomes = sample(endpoint=ENDPOINTS[name])
    result = described(view, outcomes)
    effects = estimate_effects(view, result)
    at_12 = result.landmarks[result.landmarks["time"] == 12].set_index("group")
    ours = {}
    for group in view.groups:
        ours |= {(what, group): at_12.loc[group, column] for what, column in (
            ("incidence", "estimate"), ("low", "conf_low"), ("high", "conf_high"))}  # fmt: skip
        ours[("mean", group)] = effects.restricted_means.set_index("group").loc[group, "estimate"]
    difference = result.differences[result.differences["time"] == 12].iloc[0]
    ours |= {(f"difference{side}", "RTX+TAC"): difference[column] for side, column in (
        ("", "estimate"), (" low", "conf_low"), (" high", "conf_high"))}  # fmt: skip
    ours[("needed", "RTX+TAC")] = effects.needed[effects.needed["time"] == 12]["needed"].iloc[0]
    ours[("log-rank", "")] = result.test.statistic
    ratios = effects.hazard_ratios.set_index("model")
    ours[("ratio", "RTX+TAC")] = ratios.loc["cox", "hazard_ratio"]
    ours[("ratio low", "RTX+TAC")] = ratios.loc["cox", "conf_low"]
    ours[("grouped ratio", "RTX+TAC")] = ratios.loc["grouped", "hazard_ratio"]
    ours[("proportional", "")] = effects.proportional.p_value
    wanted = numbers("imn", name)
    assert set(ours) == set(wanted)
    for key, value in wanted.items():
        assert ours[key] == pytest.approx(value, rel=1e-6), key


def test_imn_states_at_month_12() -> None:
    view, outcomes = sample()
    shares = describe_states(view, outcomes, replicates=10).shares
    counts = shares[shares["month"] == 12].set_index(["status", "group"])["n"]
    for key, value in numbers("imn", "month 12").items():
        assert counts[key] == value


def test_fsgs_relapse_steroids_and_b_cells() -> None:
    view, outcomes = sample("fsgs")
    wanted = {what: value for (what, _), value in numbers("fsgs", "").items()}
    result = describe_relapse(view, outcomes)
    rate = result.rates.set_index("denominator").loc["followup"]
    cells = result.bcells.set_index("event")
    steroids = describe_classes(view, best_response(outcomes)).steroids.iloc[0]
    ours = {
        "relapse rate": rate["estimate"],
        "relapse high": rate["conf_high"],
        "off steroids": steroids["n_free"] / steroids["n_known"],
        "off steroids low": steroids["conf_low"],
        "depletion median": cells.loc["depletion", "median_days"],
        "reconstitution q3": cells.loc["reconstitution", "q3_days"],
    }
    assert set(ours) == set(wanted)
    np.testing.assert_allclose([ours[name] for name in wanted], list(wanted.values()), rtol=1e-8)
