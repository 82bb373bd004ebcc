"""Which workbook does a clinician fill in?"""

from __future__ import annotations

import io

import xlsxwriter

from analysis.cohort.dictionary import Variable, data_dictionary
from analysis.cohort.frames import MARKER
from analysis.cohort.model import ADVERSE_EVENT_COLUMNS, DOSE_COLUMNS, EVENT_COLUMNS
from analysis.cohort.rows import EXAMPLE_PATIENT

# Still accepted in a file, but nothing a clinician has to fill in.
_NOT_IN_PATIENTS = frozenset({"synthetic", "rtx_cumulative_dose_g"})

_EXAMPLES: dict[str, list[dict[str, object]]] = {
    "patients": [
        {
            "cohort": "IMN",
            "regimen_group": "RTX+TAC",
            "year_of_treatment": 2021,
            "age_years": 52,
            "sex": "female",
            "weight_kg": 64,
            "height_cm": 162,
            "mn_stage": "II",
            "hypertension": "yes",
            "diabetes": "no",
            "eligible": "yes",
        }
    ],
    "visits": [
        {"month": 0, "day": -3, "proteinuria_g_24h": 6.2, "albumin_g_l": 24.5, "scr_umol_l": 78, "pla2r_ru_ml": 85},
        {"month": 3, "day": 92, "proteinuria_g_24h": 3.1, "albumin_g_l": 31, "scr_umol_l": 76, "pla2r_ru_ml": "<2"},
    ],
    "doses": [{"drug": "RTX", "start_day": 0, "stop_day": 0, "dose_mg": 620, "dose_protocol": "375mgm2_x1"}],
    "adverse_events": [
        {"day": 0, "term": "rash during infusion", "category": "infusion_reaction", "grade": 1, "serious": "no"}
    ],
    "events": [{"event_type": "last_contact", "day": 120}],
}

_INTRODUCTION = (
    "NephroCompare: one row per patient, visit, dose, adverse event and hard event.",
    f"{EXAMPLE_PATIENT} shows how rows are filled in. Delete its rows before you load the file.",
    "Day 0 is the first rituximab infusion; earlier days are negative. Give month, day, or both.",
    "Write decimals with a point, a value below detection as <0.15, and leave missing cells empty.",
    "No names, record numbers, birth dates or phone numbers: such columns are not read.",
    "Columns you do not need may be deleted; columns of your own in patients can group or filter.",
)


def template_workbook() -> bytes:
    """Write the template: a sheet per table with canonical headers and one example patient, and a guide."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as workbook:
        bold = workbook.add_format({"bold": True, "bottom": 1})
        example = workbook.add_format({"italic": True})
        for table, columns in template_columns().items():
            sheet = workbook.add_worksheet(table)
            sheet.write_row(0, 0, columns, bold)
            sheet.freeze_panes(1, 1)
            sheet.set_column(0, len(columns) - 1, 16)
            for number, values in enumerate(_EXAMPLES[table], start=1):
                row = {"patient_id": EXAMPLE_PATIENT} | values
                for position, column in enumerate(columns):
                    sheet.write(number, position, row.get(column, ""), example)
            if table == "patients":
                _write_guide(workbook, bold)
    return buffer.getvalue()


def template_columns() -> dict[str, list[str]]:
    """Name the columns of every sheet, in the order of the dictionary."""
    known = data_dictionary().values()
    patients = [item.name for item in known if item.table == "patients" and item.name not in _NOT_IN_PATIENTS]
    at_visits = [item for item in known if item.table == "visits"]
    labs = [item.name for item in at_visits if item.kind in ("continuous", "binary") or item.name == MARKER]
    return {
        "patients": patients,
        "visits": ["patient_id", "month", "day", "unscheduled", *labs],
        "doses": DOSE_COLUMNS,
        "adverse_events": [*ADVERSE_EVENT_COLUMNS, "led_to_stop"],
        "events": EVENT_COLUMNS,
    }


def _write_guide(workbook: xlsxwriter.Workbook, bold: object) -> None:
    sheet = workbook.add_worksheet("Read me")
    sheet.set_column(0, 1, 30)
    sheet.set_column(2, 4, 24)
    sheet.write_row(0, 0, ["column", "meaning", "sheet", "unit", "allowed codes or limits"], bold)
    for number, sentence in enumerate(_INTRODUCTION, start=1):
        sheet.write_string(number, 0, sentence)
    for number, item in enumerate(data_dictionary().values(), start=len(_INTRODUCTION) + 2):
        for position, text in enumerate((item.name, item.label, item.table, item.unit, _allowed(item))):
            sheet.write_string(number, position, text)


def _allowed(item: Variable) -> str:
    if item.levels:
        return ", ".join(item.levels)
    if item.kind != "continuous":
        return "text"
    low, high = item.hard
    return f"{low:g} to {high:g}"
