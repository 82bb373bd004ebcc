"""Do the written visits give the designed outcomes back, through the app's own remission rules?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.outcomes.classify import classify
from analysis.outcomes.rules import RemissionRule
from sample_data.generator.tables import StudyTables


def classify_visits(study: StudyTables, rule: RemissionRule) -> pd.DataFrame:
    """Classify every visit of a study against its baseline; adds ``status`` to the visits table."""
    measure = "upcr_g_g" if "upcr_g_g" in study.visits else "proteinuria_g_24h"
    names = {measure: "prot", "albumin_g_l": "alb", "scr_umol_l": "scr", "egfr": "egfr"}
    visits = study.visits.rename(columns=names)
    baseline = visits[visits["month"] == 0].set_index("patient_id")[["prot", "alb", "scr", "egfr"]].add_prefix("base_")
    table = visits.join(baseline.assign(peak_prot=baseline["base_prot"]), on="patient_id")
    return visits.assign(status=classify(table, rule)["status"])


def outcomes_by_month(study: StudyTables, rule: RemissionRule) -> pd.DataFrame:
    """Give each analysed patient ``best``, ``t_first``, ``t_cr`` and ``last_eval`` in months."""
    stayed = study.patients["withdrawal_reason"].fillna("") == ""
    analysed = study.patients.loc[(study.patients["eligible"] == "yes") & stayed, "patient_id"]
    visits = classify_visits(study, rule)
    later = visits[visits["patient_id"].isin(analysed) & (visits["month"] > 0)]
    return first_times(later, "month").reindex(analysed)


def outcomes_by_day(study: StudyTables, rule: RemissionRule) -> pd.DataFrame:
    """Give each patient ``best``, ``t_first``, ``t_cr`` and ``last_eval`` in days, unscheduled visits included."""
    visits = classify_visits(study, rule)
    return first_times(visits[visits["day"] > 0], "day").reindex(study.patients["patient_id"])


def first_times(visits: pd.DataFrame, axis: str) -> pd.DataFrame:
    """Reduce classified visits after treatment to first remission, first complete remission, last evaluable visit."""
    remitted, complete = visits[visits["status"].isin(["CR", "PR"])], visits[visits["status"] == "CR"]
    evaluable = visits[visits["status"] != "NE"]
    first, cr = (part.groupby("patient_id")[axis].min() for part in (remitted, complete))
    last = evaluable.groupby("patient_id")[axis].max()
    table = pd.DataFrame({"t_first": first, "t_cr": cr, "last_eval": last})
    best = np.where(table["t_cr"].notna(), "CR", np.where(table["t_first"].notna(), "PR", "NR"))
    return table.assign(best=best)
