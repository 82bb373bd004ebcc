"""Do the patient-level columns contradict each other, and can the regimens be compared?"""

from __future__ import annotations

import pandas as pd

from analysis.cohort.derived import body_mass_index
from analysis.cohort.findings import column_finding, counted_patients, listed, row_findings
from analysis.cohort.model import Problem, Severity
from analysis.cohort.value_words import read_regimen

BMI_TOLERANCE = 0.05  # relative; rounding of weight and height stays well below
MAX_GROUP_LEVELS = 8  # as in analysis.study.group_candidates
FEWEST_TO_COMPARE_COLUMNS = 5  # patients; two columns of four values agree too often by chance

_NOT_COMPARED = frozenset({"patient_id", "synthetic", "file", "sheet", "row"})


def check_patients(patients: pd.DataFrame) -> list[Problem]:
    """Run every check of the patients table."""
    return [
        *check_groups(patients),
        *check_screening(patients),
        *check_body_mass_index(patients),
        *check_earlier_treatment(patients),
        *check_fractions(patients),
        *check_identical_columns(patients),
    ]


def check_groups(patients: pd.DataFrame) -> list[Problem]:
    """Say what stands in the way of comparing regimens."""
    if len(patients) < 2:
        return []
    if "regimen_group" not in patients:
        return [_no_groups(patients)]
    return [
        *_lonely_groups(patients),
        *_similar_groups(patients),
        *_many_groups(patients),
        *_without_group(patients),
    ]


def check_screening(patients: pd.DataFrame) -> list[Problem]:
    """Find patients whose eligibility and reason for exclusion contradict each other."""
    if not {"eligible", "exclusion_reason"} <= set(patients):
        return []
    reason = patients["exclusion_reason"].notna()
    without = patients[(patients["eligible"] == "no") & ~reason]
    needless = patients[(patients["eligible"] == "yes") & reason]
    remedy = "Correct the column eligible or exclusion_reason."
    missing = "Who was not eligible needs a reason for exclusion; {patient} has none."
    extra = "Who was eligible needs no reason for exclusion; {patient} is eligible and has one."
    return [
        *row_findings(without, "exclusion_reason", severity="info", message=missing, remedy=remedy),
        *row_findings(needless, "eligible", severity="warning", message=extra, remedy=remedy),
    ]


def check_body_mass_index(patients: pd.DataFrame) -> list[Problem]:
    """Find given body mass indices that do not follow from weight and height."""
    if not {"bmi_kg_m2", "weight_kg", "height_cm"} <= set(patients):
        return []
    expected = pd.Series(body_mass_index(patients["weight_kg"], patients["height_cm"]), index=patients.index)
    off = patients[(patients["bmi_kg_m2"] / expected - 1).abs() > BMI_TOLERANCE]
    message = "Body mass index must follow from weight and height; {patient} has {value}, more than 5 % away."
    remedy = "Check weight, height and unit. The given value was kept."
    return row_findings(off, "bmi_kg_m2", severity="warning", message=message, remedy=remedy)


def check_earlier_treatment(patients: pd.DataFrame) -> list[Problem]:
    """Find patients whose "both treatments" is not what the two single columns say."""
    names = ["prior_gc_ctx", "prior_gc_csa", "prior_gc_ctx_and_gc_csa"]
    if not set(names) <= set(patients):
        return []
    first, second, both = (patients[name] for name in names)
    not_both = (first == "no") | (second == "no")
    off = ((both == "yes") & not_both) | ((both == "no") & (first == "yes") & (second == "yes"))
    message = "Both earlier treatments means each of the two; for {patient} the three columns disagree (both: {value})."
    remedy = "Correct one of the three. The given values were kept."
    return row_findings(patients[off], names[2], severity="warning", message=message, remedy=remedy)


def check_fractions(patients: pd.DataFrame) -> list[Problem]:
    """Ask whether percentages below 1 beside larger ones are fractions."""
    if "glomerulosclerosis_pct" not in patients:
        return []
    value = patients["glomerulosclerosis_pct"].astype(float)
    small = patients[value.between(0, 1, inclusive="neither")]
    if small.empty or not (value > 1).any():
        return []
    message = f"Sclerosis is read in percent; below 1 % beside larger values: {counted_patients(small)}."
    remedy = "Check that these are percentages, not fractions."
    return [column_finding(patients, "glomerulosclerosis_pct", severity="info", message=message, remedy=remedy)]


def check_identical_columns(patients: pd.DataFrame) -> list[Problem]:
    """Find patient columns with the same value in every patient, as after a copying error."""
    names = [name for name in patients if name not in _NOT_COMPARED and patients[name].nunique() > 1]
    if len(patients) < FEWEST_TO_COMPARE_COLUMNS or not names:
        return []
    prints = [_print_of(patients[name]) for name in names]
    twins = pd.Series(names).groupby(prints, sort=False).agg(list)
    remedy = "Check that a column was not copied over another."
    return [
        column_finding(
            patients,
            group[0],
            severity="info",
            message=f"Different columns rarely agree in every patient; these do: {listed(group)}.",
            remedy=remedy,
        )
        for group in twins
        if len(group) > 1
    ]


def _print_of(column: pd.Series) -> bytes:
    """Give bytes that are the same for columns with the same values."""
    if column.dtype == float:
        return column.to_numpy().tobytes()
    return pd.util.hash_pandas_object(column, index=False).to_numpy().tobytes()


def _no_groups(patients: pd.DataFrame) -> Problem:
    others = [name for name in patients if _could_group(patients[name])]
    found = f"Other columns could form groups: {listed(others)}." if others else "No other column could form groups."
    message = f"Comparing regimens needs the column regimen_group; it is not in the file. {found}"
    remedy = "Add regimen_group, or choose another column as the group. All patients form one group until then."
    severity: Severity = "info" if others else "warning"
    return column_finding(patients, "regimen_group", severity=severity, message=message, remedy=remedy)


def _could_group(values: pd.Series) -> bool:
    usable = values.name not in _NOT_COMPARED and not pd.api.types.is_numeric_dtype(values)
    return usable and 2 <= values.nunique() <= MAX_GROUP_LEVELS


def _lonely_groups(patients: pd.DataFrame) -> list[Problem]:
    groups = patients["regimen_group"]
    lonely = patients[groups.map(groups.value_counts()) == 1]
    message = "A group needs at least two patients to be summarised; “{value}” has only {patient}."
    remedy = "Correct the regimen if it is a typing error, or leave this group out of the comparison."
    return row_findings(lonely, "regimen_group", severity="warning", message=message, remedy=remedy)


def _many_groups(patients: pd.DataFrame) -> list[Problem]:
    """Say that a column of regimens has more spellings than groups can be compared."""
    counts = patients["regimen_group"].value_counts()
    if len(counts) <= MAX_GROUP_LEVELS:
        return []
    found = ", ".join(f"{name} ({n})" for name, n in counts.head(12).items()) + (" …" if len(counts) > 12 else "")
    message = f"At most {MAX_GROUP_LEVELS} regimens can be compared; {len(counts)} are in the file: {found}."
    remedy = "Write the same regimen the same way, or choose another column as the group."
    return [column_finding(patients, "regimen_group", severity="warning", message=message, remedy=remedy)]


def _similar_groups(patients: pd.DataFrame) -> list[Problem]:
    counts = patients["regimen_group"].astype("string").dropna().value_counts(sort=False)
    names = pd.Series(counts.index.astype(str))
    bare = names.map(lambda name: read_regimen(name) or "".join(name.split()).casefold())
    counted = names + " (" + counts.astype(str).to_numpy() + ")"
    alike = counted.groupby(bare, sort=True).agg(list)
    remedy = "Write them the same way if they are the same."
    return [
        column_finding(
            patients,
            "regimen_group",
            severity="warning",
            message=f"Each regimen needs one spelling; these look alike: {listed(group)}.",
            remedy=remedy,
        )
        for group in alike
        if len(group) > 1
    ]


def _without_group(patients: pd.DataFrame) -> list[Problem]:
    """Find patients without a regimen; those screened out never had one."""
    missing = patients["regimen_group"].isna()
    if "eligible" in patients:
        missing &= patients["eligible"] != "no"
    if not missing.any():
        return []
    message = f"Every patient needs a regimen to be compared; without one: {counted_patients(patients[missing])}."
    remedy = "Fill in regimen_group; until then they belong to no group."
    return [column_finding(patients, "regimen_group", severity="warning", message=message, remedy=remedy)]
