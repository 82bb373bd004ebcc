"""From a clinician's messy sheet to the remission curve, in the browser, with the numbers of the clean sample."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visits import Visit

ROOT = Path(__file__).resolve().parents[2]
MESSY = ROOT / "sample_data" / "SYN-IMN-91-messy.csv"
CURVE = "Who went into remission, and when?"
ANSWERS = {  # a part of the question -> the answer of somebody who knows the file
    "Which date is day 0": "首次利妥昔单抗日期",
    "Haemoglobin: header says mmol/L": "g/L",
    "Height: are the values outside": "Yes, in m",
    "24-h urine protein: are the values outside": "Yes, in mg/24 h",
}
MOST_QUESTIONS = 12

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def months(page: Page) -> dict[str, str]:
    """Read the table of the curve: the row of each month."""
    rows = page.get_by_role("row", name=re.compile(r"^(3|6|9|12)\s"))
    expect(rows.first).to_be_visible()
    return {text.split()[0]: " ".join(text.split()) for text in rows.all_inner_texts()[:4]}


def answer_everything(visit: Visit) -> int:
    """Answer question after question as they come; the first choice where it does not matter here."""
    page = visit.page
    for n_answered in range(MOST_QUESTIONS):
        visit.settled()
        forms = page.get_by_test_id("stForm")
        if not forms.count():
            return n_answered
        question = forms.first.inner_text().splitlines()[0]
        form = forms.filter(has_text=question)
        wanted = next((answer for part, answer in ANSWERS.items() if part in question), "")
        form.get_by_role("radiogroup").locator("label", has_text=wanted).first.click()
        form.get_by_role("button", name="Confirm").click()
        expect(form).to_have_count(0)
    raise AssertionError("the questions do not come to an end")


def test_from_the_messy_file_to_the_curve_of_the_clean_one(visit: Visit, address: str) -> None:
    page = visit.page
    visit.open(f"{address}/remission", CURVE)
    clean = months(page)
    page.get_by_role("link", name="Study", exact=True).click()
    visit.heading("Which cohort is open?")
    visit.settled()
    page.locator("input[type=file]").set_input_files(MESSY)
    visit.heading("What does each column mean?")
    visit.picture("1-questions")
    assert answer_everything(visit) == 5  # the four above, and two dates that were exchanged
    expect(page.get_by_text("Nothing is left to confirm.")).to_be_visible()
    visit.picture("2-confirmed")
    page.get_by_role("button", name="Open the cohort").click()
    visit.heading("Which cohort is open?")
    expect(page.get_by_text("91 now / 91 in total")).to_be_visible()
    visit.picture("3-cohort")
    page.get_by_role("link", name="Remission", exact=True).click()
    visit.heading(CURVE)
    visit.settled()
    visit.picture("4-curve")
    assert months(page) == clean
    assert "37.13 % (22.97 to 56.20)" in clean["12"]
    assert (visit.errors, visit.elsewhere) == ([], [])
