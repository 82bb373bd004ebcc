"""Do the tables of a cohort contradict each other, or what can be true of a patient?

Every check takes frames that still carry ``file``, ``sheet`` and ``row`` and returns problems; none
alters a value. Limits and unreadable cells are found earlier, column by column (columns.py).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.cohort.baseline_window import check_values_before_the_window
from analysis.cohort.bcell_columns import COUNT, MARKER
from analysis.cohort.derived import estimated_gfr
from analysis.cohort.findings import column_finding, listed, row_findings
from analysis.cohort.frames import Frames
from analysis.cohort.model import Problem
from analysis.cohort.patient_checks import check_patients
from analysis.cohort.visits import visit_windows

EGFR_TOLERANCE = 0.10  # domain.md 1.5


def check_frames(frames: Frames) -> list[Problem]:
    """Run every check; problems in the order of the checks."""
    return [
        *check_patients(frames.patients),
        *check_repeated_visits(frames.visits),
        *check_visit_days(frames.visits),
        *check_values_before_the_window(frames.visits),
        *check_blood_pressure(frames.visits),
        *check_egfr(frames.visits, frames.patients),
        *check_doses(frames.doses),
        *check_adverse_event_days(frames.adverse_events),
        *check_final_events(frames.events),
        *check_event_days(frames.events),
        *check_last_contact(frames),
    ]


def check_repeated_visits(visits: pd.DataFrame) -> list[Problem]:
    """Find a variable measured twice on one day, or twice in one stated month."""
    names = _variable_and_marker(visits)
    keys = pd.DataFrame(  # places of words, which compare faster than words
        {"patient": pd.factorize(visits["patient_id"])[0], "variable": pd.factorize(names)[0]}, index=visits.index
    ).assign(day=visits["day"], month=visits["month"])
    scheduled = keys[~visits["unscheduled"].astype(bool) & keys["month"].notna()]
    same_day = keys.duplicated(["patient", "day", "variable"])
    same_month = scheduled.duplicated(["patient", "month", "variable"]).reindex(visits.index, fill_value=False)
    repeated = visits[same_day | same_month]
    message = "A visit needs one row; {patient} has a second one for this day or month."
    remedy = "Delete one, or mark it as unscheduled. Both were kept; the one nearest to the nominal day is used."
    first = repeated.drop_duplicates(["file", "sheet", "row"])
    return row_findings(first, "month", severity="warning", message=message, remedy=remedy)


def _variable_and_marker(visits: pd.DataFrame) -> pd.Series:
    """Name each variable; a B-cell count with the marker that its row of the file states."""
    names, place = visits["variable"], ["file", "sheet", "row"]
    of_cells = visits[names.isin([COUNT, MARKER])]
    stated = of_cells[of_cells["variable"] == MARKER].drop_duplicates(place)[[*place, "value"]]
    if stated.empty:
        return names
    marker = of_cells[place].merge(stated, on=place, how="left")["value"].map("{:g}".format, na_action="ignore")
    told = of_cells["variable"] + " " + marker.fillna("").set_axis(of_cells.index)
    return told.reindex(names.index).fillna(names)


def check_visit_days(visits: pd.DataFrame) -> list[Problem]:
    """Count visits whose stated month lies elsewhere than their day."""
    stated = visits[visits["month"].notna() & ~visits["unscheduled"].astype(bool)]
    if stated.empty:
        return []
    windows = visit_windows(tuple(sorted({0.0, *stated["month"]}))).set_index("month")
    first, last = stated["month"].map(windows["first_day"]), stated["month"].map(windows["last_day"])
    outside = stated[~stated["day"].between(first, last)].drop_duplicates(["file", "sheet", "row"])
    if outside.empty:
        return []
    message = (
        "The day of a visit should lie in the window of its month; "
        f"{len(outside)} visits lie elsewhere ({listed(outside['patient_id'])})."
    )
    remedy = "The stated month counts. Check the days if that is not meant."
    return [column_finding(visits, "day", severity="info", message=message, remedy=remedy)]


def check_blood_pressure(visits: pd.DataFrame) -> list[Problem]:
    """Find diastolic pressures that are not below the systolic one."""
    if not {"sbp_mmhg", "dbp_mmhg"} <= set(visits["variable"].unique()):
        return []
    wide = _side_by_side(visits[visits["variable"].isin(["sbp_mmhg", "dbp_mmhg"])])
    message = "Diastolic pressure must be below systolic; for {patient} it is not (diastolic {value} mmHg)."
    wrong = wide[wide["dbp_mmhg"] >= wide["sbp_mmhg"]]
    remedy = "Check whether the two are exchanged. The values were kept."
    return row_findings(wrong, "dbp_mmhg", severity="warning", message=message, remedy=remedy)


def check_egfr(visits: pd.DataFrame, patients: pd.DataFrame) -> list[Problem]:
    """Count eGFR values that neither CKD-EPI 2009 nor 2021 gives within 10 %."""
    if not {"egfr", "scr_umol_l"} <= set(visits["variable"].unique()) or not {"age_years", "sex"} <= set(patients):
        return []
    wide = _side_by_side(visits[visits["variable"].isin(["egfr", "scr_umol_l"]) & (visits["qualifier"] == "")])
    if not {"egfr", "scr_umol_l"} <= set(wide):
        return []
    known = wide.merge(patients[["patient_id", "age_years", "sex"]], on="patient_id")
    known = known[known["sex"].isin(["male", "female"])].dropna(subset=["egfr", "scr_umol_l", "age_years"])
    age = known["age_years"].astype(float) + known["day"] / 365.25
    agrees = np.zeros(len(known), dtype=bool)
    for formula in ("CKD-EPI-2009", "CKD-EPI-2021"):
        expected = estimated_gfr(known["scr_umol_l"], age, known["sex"] == "female", formula=formula)
        agrees |= np.abs(known["egfr"] / expected - 1) <= EGFR_TOLERANCE
    off = known[~agrees]
    if off.empty:
        return []
    message = (
        "eGFR should follow from creatinine, age and sex by CKD-EPI 2009 or 2021; "
        f"{len(off)} of {len(known)} values are more than 10 % away ({listed(off['patient_id'].drop_duplicates())})."
    )
    remedy = "Check creatinine, its unit and the formula. The given values were kept."
    return [column_finding(visits, "egfr", severity="info", message=message, remedy=remedy)]


def check_doses(doses: pd.DataFrame) -> list[Problem]:
    """Find administrations that end before they start."""
    message = "A dose cannot stop before it starts; {patient} stops on day {value}."
    backwards = doses[doses["stop_day"].astype(float) < doses["start_day"].astype(float)]
    remedy = "Correct start_day or stop_day. The row was kept."
    return row_findings(backwards, "stop_day", severity="error", message=message, remedy=remedy)


def check_adverse_event_days(adverse_events: pd.DataFrame) -> list[Problem]:
    """Find adverse events that began before time zero, which treatment cannot have caused."""
    early = adverse_events[adverse_events["day"].astype(float) < 0]
    message = "An adverse event of the treatment begins at or after time zero; {patient} has one on day {value}."
    remedy = "Check the day, or delete the row if it is an earlier illness. It was kept; pages count from day 0 on."
    return row_findings(early, "day", severity="warning", message=message, remedy=remedy)


def check_final_events(events: pd.DataFrame) -> list[Problem]:
    """Mark the second kidney failure or death of a patient, whatever its day; the earliest one counts."""
    final = events[events["event_type"].isin(list(_ONCE))]
    days = final["day"].astype(float)
    order = days.sort_values(kind="stable", na_position="last").index
    again = final.loc[order].duplicated(["patient_id", "event_type"]).reindex(final.index)
    problems: list[Problem] = []
    for event, words in _ONCE.items():
        rows = final[again.astype(bool) & final["event_type"].eq(event)]
        message = f"{words} happens once; {{patient}} has a second one, on day {{value}}. It is a duplicate."
        remedy = "Delete the row that is wrong. The earliest counts, so that the patient counts once."
        problems += row_findings(rows, "day", severity="warning", message=message, remedy=remedy)
    return problems


def check_event_days(events: pd.DataFrame) -> list[Problem]:
    """Find deaths, kidney failures and last contacts before time zero, when the patient could not be followed yet."""
    early = events[events["event_type"].isin([*_ONCE, "last_contact"]) & (events["day"].astype(float) < 0)]
    message = "Follow-up begins at time zero; {patient} has a death, kidney failure or last contact on day {value}."
    remedy = "Check this day and the day of time zero. The row was kept; it counts as day 0 where it ends follow-up."
    return row_findings(early, "day", severity="warning", message=message, remedy=remedy)


_ONCE = {"kidney_failure": "Kidney failure", "death": "Death"}


def check_last_contact(frames: Frames) -> list[Problem]:
    """Find visits, doses and events later than the last contact or the death of the patient."""
    ends = frames.events[frames.events["event_type"].isin(["last_contact", "death"])]
    last = ends["day"].astype(float).groupby(ends["patient_id"]).max()
    if last.empty:
        return []
    problems: list[Problem] = []
    days = {"visits": "day", "doses": "start_day", "adverse_events": "day", "events": "day"}
    for table, column in days.items():
        frame = getattr(frames, table)
        late = frame[frame[column].astype(float) > frame["patient_id"].map(last).astype(float) + 1]
        message = "Nothing can happen after the last contact; {patient} has day {value} in the table " + table + "."
        remedy = "Correct the day, or the day of last contact. The row was kept."
        rows = late.drop_duplicates(["file", "sheet", "row"])
        problems += row_findings(rows, column, severity="warning", message=message, remedy=remedy)
    return problems


def _side_by_side(visits: pd.DataFrame) -> pd.DataFrame:
    """Put the variables of one row of the file side by side."""
    keys = ["patient_id", "day", "file", "sheet", "row"]
    return visits.pivot_table(index=keys, columns="variable", values="value", aggfunc="first").reset_index()
