"""A click on a cell of the baseline table, or Enter on a row name, opens the row above the table and scrolls to it."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.visits import Visit


def test_a_cell_opens_its_patients_and_a_row_name_its_distribution(visit: Visit, address: str) -> None:
    page = visit.page
    visit.open(f"{address}/baseline", "Who was treated?")
    page.locator("tr[data-row='mn_stage=II'] td").nth(1).click()
    expect(page.get_by_text("Membranous stage (Ehrenreich-Churg), RTX+TAC, Stage II: n = 6")).to_be_visible()
    expect(page.get_by_role("combobox", name="Look at one row")).to_be_in_viewport()
    visit.settled()
    page.get_by_role("button", name="Serum albumin (g/L), mean ± SD").press("Enter")
    expect(page.locator(".js-plotly-plot").get_by_text("Serum albumin (g/L)")).to_be_visible()
    assert visit.errors == []
