"""Which doses, adverse events, follow-up and visit days do the synthetic membranous patients have?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sample_data.generator.designs import COMBINED, count
from sample_data.generator.imn_course import Group
from sample_data.generator.margins import Numbers

DAYS_PER_MONTH = 30.4375
NOMINAL_DAY = {0: 0, 3: 91, 6: 183, 9: 274, 12: 365}
FOLLOWUP_KNOTS = ((12, 30), (13, 20), (14, 5), (15, 5), (16, 4), (17, 4), (18, 9), (20, 6), (24, 5), (30, 3))
TAC_START_DAY, TAC_STOP_DAY = 61, 244  # month 2, for 6 months
TAC_MG_PER_KG = 0.03

# category: (term, days it may occur, grade, related)
EVENTS = {
    "infusion_reaction": ("Infusion reaction", (0, 15), 2, "yes"),
    "infection_pneumonia": ("Pneumonia", (60, 220), 3, "possible"),
    "infection_uri": ("Upper respiratory infection", (40, 300), 1, "possible"),
    "infection_other": ("Herpes zoster", (60, 300), 2, "possible"),
    "palpitations": ("Palpitations", (0, 120), 1, "possible"),
    "headache": ("Headache", (0, 90), 1, "possible"),
    "myalgia": ("Myalgia", (5, 120), 1, "possible"),
    "gastrointestinal": ("Nausea", (62, 200), 1, "possible"),
    "leukopenia": ("Leukopenia", (60, 260), 2, "yes"),
}


def visit_days(group: Group) -> dict[int, Numbers]:
    """Scatter the visits a little around their nominal days; baseline precedes, month 12 never exceeds, day 365."""
    rng, n = group.rng, len(group.rows)
    scatter = {0: (-9, 0), 3: (-9, 12), 6: (-10, 13), 9: (-10, 12), 12: (-14, 0)}
    return {month: NOMINAL_DAY[month] + rng.integers(low, high + 1, n) for month, (low, high) in scatter.items()}


def followup_months(rng: np.random.Generator) -> Numbers:
    """Hand out follow-up with median 13 and quartiles 12 and 18 months over all 91 patients."""
    months = np.concatenate([np.full(n, float(value)) for value, n in FOLLOWUP_KNOTS])
    return rng.permutation(months)


def list_doses(group: Group, repeat: np.ndarray, days: dict[int, Numbers]) -> pd.DataFrame:
    """List two infusions of 1 g, the repeat by body surface, and the tacrolimus period."""
    ids = group.rows["patient_id"]
    weight, height = group.baseline["weight_kg"], group.baseline["height_cm"]
    surface = np.sqrt(weight * height / 3600)  # Mosteller 1987
    again = _infusions(ids, days[6] + 3, np.round(375 * surface), "375mgm2_x1")[repeat]
    parts = [*(_infusions(ids, day, np.full(len(ids), 1000.0), "1g_x2") for day in (0, 14)), again]
    if group.name == COMBINED:
        parts.append(_tacrolimus(ids, weight))
    return pd.concat(parts, ignore_index=True).sort_values(
        ["patient_id", "start_day"], kind="stable", ignore_index=True
    )


def list_adverse_events(group: Group) -> pd.DataFrame:
    """List the printed numbers of events, one event per patient."""
    categories = [name for name in EVENTS for _ in range(count(f"ae_{name}", group.name, month=None))]
    who = group.rng.permutation(len(group.rows))[: len(categories)]
    rows = []
    for patient, category in zip(np.sort(who), group.rng.permutation(categories).tolist(), strict=True):
        term, (first, last), grade, related = EVENTS[category]
        on_infusion = category == "infusion_reaction"
        day = int(group.rng.choice([0, 14]) if on_infusion else group.rng.integers(first, last))
        serious = "yes" if grade >= 3 else "no"
        rows.append([group.rows["patient_id"].iloc[patient], day, term, category, grade, serious, related])
    return pd.DataFrame(rows, columns=["patient_id", "day", "term", "category", "grade", "serious", "related"])


def _infusions(ids: pd.Series, days: Numbers | int, dose: Numbers, protocol: str) -> pd.DataFrame:
    """Write one rituximab infusion per patient."""
    rows = pd.DataFrame({"patient_id": ids, "drug": "RTX", "start_day": days, "stop_day": days})
    return rows.assign(dose_mg=dose, dose_protocol=protocol)


def _tacrolimus(ids: pd.Series, weight_kg: Numbers) -> pd.DataFrame:
    """Write the tacrolimus period, dose in mg per day in steps of half a milligram."""
    rows = pd.DataFrame({"patient_id": ids, "drug": "TAC", "start_day": TAC_START_DAY, "stop_day": TAC_STOP_DAY})
    daily = np.round(TAC_MG_PER_KG * weight_kg * 2) / 2
    return rows.assign(dose_mg=daily, dose_protocol="0.03 mg/kg/day in two doses, trough 4-5 ng/mL")
