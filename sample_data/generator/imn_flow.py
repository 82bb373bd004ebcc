"""Who was screened out or withdrew, so that the flow chart 107 - 98 - 91 can be drawn?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sample_data.generator.designs import ALONE, COMBINED, sample_targets
from sample_data.generator.kidney import egfr_2009
from sample_data.generator.margins import Numbers
from sample_data.generator.tables import StudyTables, yes_no

DAYS_PER_MONTH = 30.4375
_LAB_RANGES = {  # lowest, highest, decimals; no margin is published
    "proteinuria_g_24h": (4.2, 13.5, 2),
    "albumin_g_l": (17.0, 29.4, 1),
    "cholesterol_mmol_l": (6.0, 10.0, 2),
    "triglycerides_mmol_l": (1.2, 3.5, 2),
    "uric_acid_umol_l": (260.0, 450.0, 0),
    "hemoglobin_g_l": (105.0, 150.0, 0),
    "sbp_mmhg": (112.0, 146.0, 0),
    "dbp_mmhg": (66.0, 92.0, 0),
    "pla2r_ru_ml": (3.0, 240.0, 2),
    "bcell_count_ul": (170.0, 330.0, 1),
    "igg_g_l": (4.0, 8.0, 2),
}
_HARD_EVENTS = {"esrd": "kidney_failure", "lost": "lost", "incomplete_data": "withdrawal"}


def draw_left_out(rng: np.random.Generator) -> StudyTables:
    """Draw 7 withdrawn and 9 ineligible patients with a baseline visit only."""
    withdrawn, ineligible = _withdrawn_rows(rng), _ineligible_rows(rng)
    patients = pd.concat([withdrawn, ineligible], ignore_index=True)
    patients = patients.assign(**_characteristics(rng, patients["exclusion_reason"].eq("pregnancy").to_numpy()))
    visits = _baseline_visits(rng, patients)
    treated = patients[patients["eligible"] == "yes"]
    doses = pd.DataFrame(
        {"patient_id": np.repeat(treated["patient_id"].to_numpy(), 2), "drug": "RTX"}
        | {"start_day": np.tile([0, 14], len(treated)), "stop_day": np.tile([0, 14], len(treated))}
        | {"dose_mg": 1000.0, "dose_protocol": "1g_x2"}
    )
    return StudyTables(
        patients=patients.drop(columns="male"),
        visits=visits,
        doses=doses,
        adverse_events=pd.DataFrame(),
        events=_events(treated),
    )


def _withdrawn_rows(rng: np.random.Generator) -> pd.DataFrame:
    counts = sample_targets()["counts"]
    combined, alone = counts["withdrawn_reasons_rtx_tac"], counts["withdrawn_reasons_rtx"]
    reasons = [*combined, *alone]
    return pd.DataFrame(
        {
            "patient_id": [f"SYN-W{k:02d}" for k in range(1, len(reasons) + 1)],
            "regimen_group": [COMBINED] * len(combined) + [ALONE] * len(alone),
            "eligible": "yes",
            "exclusion_reason": "",
            "withdrawal_reason": reasons,
            "tac_start_month": [2.0] * len(combined) + [np.nan] * len(alone),
            "followup_months": rng.integers(4, 10, len(reasons)).astype(float),
        }
    )


def _ineligible_rows(rng: np.random.Generator) -> pd.DataFrame:
    reasons = sample_targets()["counts"]["ineligible_reasons"]
    return pd.DataFrame(
        {
            "patient_id": [f"SYN-X{k:02d}" for k in range(1, len(reasons) + 1)],
            "regimen_group": "",
            "eligible": "no",
            "exclusion_reason": rng.permutation(reasons),
            "withdrawal_reason": "",
            "tac_start_month": np.nan,
            "followup_months": np.nan,
        }
    )


def _characteristics(rng: np.random.Generator, expecting: np.ndarray) -> dict[str, Numbers | pd.Series | str]:
    """Draw what the patients table holds at baseline; no margin is published for these patients."""
    n = len(expecting)
    male = (rng.random(n) < 0.7) & ~expecting
    flags = {"hypertension": 0.6, "diabetes": 0.2, "coronary_heart_disease": 0.05, "stroke": 0.05, "raas_blocker": 0.9}
    csa = rng.random(n) < 0.7
    return {
        "cohort": "IMN",
        "male": male,
        "sex": np.where(male, "male", "female"),
        "age_years": np.round(np.where(expecting, rng.uniform(24, 38, n), rng.uniform(24, 68, n))),
        "height_cm": np.round(np.where(male, 172, 162) + rng.normal(0, 5, n)),
        "weight_kg": np.round(np.where(male, 78, 65) + rng.uniform(-12, 15, n), 1),
        "year_of_treatment": rng.choice([2018.0, 2019.0, 2020.0, 2021.0], size=n),
        "biopsy_to_rtx_months": np.round(rng.uniform(1, 23, n), 1),
        "mn_stage": rng.choice(["I", "II", "III"], size=n, p=[0.72, 0.18, 0.10]),
        "prior_gc_csa": np.where(csa, "yes", "no"),
        "prior_gc_ctx": np.where(~csa | (rng.random(n) < 0.5), "yes", "no"),
        **{name: yes_no(pd.Series(rng.random(n) < share)) for name, share in flags.items()},
        "rtx_repeat_m6": "",
        "rtx_repeat_not_given_reason": "",
    }


def _baseline_visits(rng: np.random.Generator, patients: pd.DataFrame) -> pd.DataFrame:
    """Draw one baseline visit each; the kidneys fit the reason for leaving."""
    n = len(patients)
    scr = _creatinine(rng, patients)
    female = ~patients["male"].to_numpy(dtype=bool)
    drawn = {name: np.round(rng.uniform(low, high, n), decimals) for name, (low, high, decimals) in _LAB_RANGES.items()}
    place = {"patient_id": patients["patient_id"], "month": 0, "day": rng.integers(-9, 1, n), "unscheduled": "no"}
    egfr = np.round(egfr_2009(scr, patients["age_years"], female), 1)
    return pd.DataFrame(place | drawn | {"scr_umol_l": scr, "egfr": egfr})


def _creatinine(rng: np.random.Generator, patients: pd.DataFrame) -> Numbers:
    """Draw creatinine (µmol/L): high where eGFR was too low to enter, raised where the kidneys later failed."""
    too_low, failed = patients["exclusion_reason"].eq("egfr_lt_45"), patients["withdrawal_reason"].eq("esrd")
    low = np.select([too_low, failed], [175.0, 105.0], 60.0)
    high = np.select([too_low, failed], [240.0, 120.0], 95.0)
    return np.round(rng.uniform(low, high), 1)


def _events(treated: pd.DataFrame) -> pd.DataFrame:
    """Give each withdrawn patient the event that ended follow-up and the last contact."""
    day = np.round(treated["followup_months"] * DAYS_PER_MONTH)
    ended = treated["withdrawal_reason"].map(_HARD_EVENTS)
    first = pd.DataFrame({"patient_id": treated["patient_id"], "event_type": ended, "day": day})
    last = first.assign(event_type="last_contact")
    return pd.concat([first, last]).sort_values(["patient_id", "day"], kind="stable")
