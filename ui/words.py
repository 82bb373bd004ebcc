"""Titles, help texts and sentences for empty states."""

from __future__ import annotations

APP = "NephroCompare"
SYNTHETIC_SHORT = "SYNTHETIC DATA · not patients"
PRESENTATION_HELP = "For a room: large letters, no controls; Page Up and Page Down change the page, Esc leaves"
SYNTHETIC = "SYNTHETIC demonstration data. Not patients. Do not cite."

COHORT_QUESTION = "Who is in the comparison, and who left?"
BASELINE_QUESTION = "Who was treated?"
LABS_QUESTION = "How did the laboratory values run?"
REMISSION_QUESTION = "Who went into remission, and when?"
FACTORS_QUESTION = "Which patients reach the endpoint sooner?"
SAFETY_QUESTION = "Which adverse events occurred?"
DEFINITIONS_QUESTION = "What counts as remission?"
PATIENTS_QUESTION = "Why does this patient have this status?"
COLUMNS_QUESTION = "What does each column mean?"
NO_UPLOAD = "No file is waiting. Drop a file on the Study page; the sample studies need no mapping."
STUDY_QUESTION = "Which cohort is open?"

NO_STUDY = (
    "The file behind this link is not in memory: an uploaded file stays only in the browser session that opened it. "
    "Open the file again below, and the groups and filters of the link apply. Or open a sample study."
)
ERROR_OURS = (
    "Something went wrong on our side, and the page could not be drawn. Your file is still open. "
    "Go to another page or undo the last choice. The details are in the terminal that runs the program, not here."
)

GROUP_HELP = "The column of the file whose categories are compared. Contrasts are group minus reference."
LEVELS_HELP = "The groups to compare, in the order they are shown."
REFERENCE_HELP = "Differences are each group minus this one; ratios are each group over this one."
WITHDRAWN_HELP = (
    "Patients who left the study after treatment began. Leaving them out can favour a treatment, because some left "
    "because of the outcome itself."
)
EXPECTED_FALSE = 0.05
FILTER_HELP = "Only what was known before treatment can be a filter. Each choice shows patients now / in total."
KEEP_MISSING = "keep patients without this value"
RULE_HELP = "Remission is never typed in: it follows from urine protein, albumin and kidney function by this rule."
AXIS_HELP = "Planned visits: an event counts at the visit that found it. Actual days: at the day of the measurement."
QUANTILE_HELP = "Type 6 is what SPSS prints and what both papers used; type 7 is the default of R and Excel."

BASELINE_P_OFF = (
    "P values are off: at baseline they answer a question nobody asks. They say whether chance could have made the "
    "groups differ, but unless patients were randomised chance did not make them, and a few patients give a large P "
    "(STROBE advises against them). The SMD says how large the difference is."
)
BASELINE_P_HELP = "Shows one test per row, named in a footnote, with its difference and interval."
ROWS_HELP = "The rows in the order they are picked; none picked is every row."
LEVELS_SHOWN_HELP = "In the order they are picked; the others still count in the denominators. None picked: the usual."
LOOK_HELP = "How journals want numbers written. Word, Excel, CSV, HTML and LaTeX follow."
SMD_HELP = "By reference: each group minus the reference. Largest: the two groups furthest apart."
SUMMARY_HELP = (
    "By variable: as the data dictionary says. By distribution: median where Shapiro-Wilk or the skewness speak "
    "against a normal distribution in any group."
)

NO_GROUPS = "All patients as one group"

EMPTY_ADVERSE_EVENTS = (
    "This file has no table of adverse events. That is not the same as no events: nothing was recorded here. "
    "Add a sheet named adverse_events; the template on the Study page shows its columns."
)
SAFETY_TABS = ("Risks", "Rates and ratios", "Grades", "Over time", "From laboratory values", "Listing")
NO_ONSETS = "No event that counts has a day of onset, so there is no timeline."
LABS_TABS = ("Course", "Change from baseline", "Baseline and visit", "Each patient", "At one visit", "Comparisons")
TOGETHER_HELP = "One figure with a panel per value on one time axis, to save or to show as a whole."
PUBLISHED_HELP = (
    "Lays what Chen et al. (Balkan Med J 2023;40:287-93) printed at baseline and month 12 beside the sample, "
    "which was made to follow them. They are no test of anything."
)
LABS_DROPOUT = "Who stopped being measured?"
LABS_BEHIND = "The patients behind each number; a click on a point of a figure lists them too"
TOO_MANY_PANELS = "One panel per patient is drawn for up to 40 patients. Narrow the selection with a filter."
ONE_GROUP = "There is one group, so nothing is compared. Choose groups on the left to compare them."
MODEL_HELP = "One model of all visits with the baseline value; takes up to a second or two, so only when asked for."
NO_EGFR = "The selected patients have no eGFR, so there is no slope."
EMPTY_LABS = "The selected patients have no laboratory values. Add a sheet named visits, or change the filters."
COMPLETENESS_TITLE = "Which values are there?"
COMPLETENESS_TABLE = "Completeness as a table, with patient-level variables"
SAVE_HELP = (
    "Everything needed to see the same numbers again: the tables as Parquet, the choices, the mapping of the columns, "
    "and where each value came from. It holds patient data: keep it where such data may be kept."
)
UPLOAD_LABEL = "Open a file: Excel, CSV, SPSS, Stata, SAS transport, REDCap or Parquet; several at once"
UPLOAD_HELP = (
    "The file stays in this browser session and on this computer. Patient ids should be pseudonyms; columns that look "
    "like names or record numbers are dropped."
)

FILE_LAYOUT = """
**Which files can be opened**

* any table with a row per patient or per visit and a column that says which patient; several files or sheets at once
* columns are recognised by name, in English, Chinese and Spanish, and by content; what is not certain is asked
* in the layout of the template nothing is asked
"""
FIRST_LABS = ("proteinuria_g_24h", "upcr_g_g", "albumin_g_l", "egfr", "pla2r_ru_ml")


def plural(n: int, noun: str) -> str:
    """Write a count with its noun: 1 patient, 2 patients."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


REMISSION_TABS = (
    "Curves", "Comparison", "States", "Patients' courses", "Between visits", "Relapse and B cells", "Sensitivity",
)  # fmt: skip
BEHIND_CURVES = "Who is behind the curves: click a step or a tick in the figure, or choose here"
ENDPOINT_HELP = "Time runs from the first rituximab infusion unless month 0 is another; for relapse from the remission."
START_HELP = "Needs actual days. From tacrolimus on, only patients still waiting then; from the biopsy, late entry."
CENSORING_HELP = "A visit without the labs the rule needs shows nothing; counting to the last contact makes rates low."
POSITIVE_HELP = "20 RU/mL is positive by the ELISA; 7.45 was the best cut-off of a Chinese series."
INTERVAL_HELP = "Log–log stays between 0 and 100 % and is the default here; R prints log, SPSS plain intervals."
TEST_HELP = "Choose before looking at the P value. Any group under 5 patients or 3 events: no P value."
STRATA_HELP = "Compares patients within each category only; for the tests of the log-rank family."
RESCUE_CHOICE_HELP = "What rescue therapy before the event means: it can no longer come, observation ends, or neither."
LANDMARK_HELP = "Only patients still waiting for the event and in care at this month; the clock restarts there."
NAIVE_HELP = "1 − Kaplan–Meier treats a death like a patient who moved away, and promises too much."
SENSITIVITY_INVITE = "One row per definition and convention, one choice changed at a time. Takes a second or two."
SETTING_HELP = (
    "The choice then holds on every page, and the table starts from it. Patients who left counted as failures and the "
    "landmark answer other questions and are not choices of the study."
)
FACTORS_HELP = "Only what was known before treatment. The treatment group is always in the model."
PENALTY_HELP = "Firth's penalty keeps effects finite where a factor sorts the events, and with very few events."


def post_hoc(n: int) -> str:
    """Say that a filter was chosen after seeing data, and how many have been (domain.md 3.7)."""
    return (
        "Post hoc view: this filter was chosen after seeing data. Use it to ask questions, not to answer them. "
        f"Selections looked at so far: {n}; by chance alone about {EXPECTED_FALSE * n:g} of {plural(n, 'comparison')} "
        f"would show P below {EXPECTED_FALSE:g}."
    )
