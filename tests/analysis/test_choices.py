"""Which planned visits are proposed from the months in which the patients of a file were seen?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.choices import propose_schedule, propose_spec
from analysis.cohort.model import Cohort
from analysis.cohort.samples import load_sample
from analysis.cohort.visits import DAYS_PER_MONTH, assign_visits
from analysis.study import View, select_view
from tests.cohorts import make_cohort


def seen_at(months: tuple[float, ...], *, off: int = 0, n: int = 20) -> Cohort:
    """Measure albumin of each patient at baseline and at these months, up to ``off`` days early or late."""
    spread = np.linspace(-off, off, n).round()
    visits = [
        (f"P{who:02d}", round(month * DAYS_PER_MONTH + (spread[who] if month else 0)), {"albumin_g_l": 30.0 + who})
        for who in range(n)
        for month in (0.0, *months)
    ]
    return make_cohort({f"P{who:02d}": {} for who in range(n)}, visits)


def opened(cohort: Cohort) -> View:
    return select_view(cohort, propose_spec(cohort))


def kept(view: View, months: tuple[float, ...]) -> int:
    return len(assign_visits(view.cohort.visits, months))


@pytest.mark.parametrize("name", ["imn", "fsgs"])
def test_the_samples_keep_the_visits_of_their_papers(name: str) -> None:
    assert propose_schedule(opened(load_sample(name))).months == ()


@pytest.mark.parametrize("off", [0, 10])
def test_the_months_of_the_file_are_found_and_the_values_counted_as_the_visits_count_them(off: int) -> None:
    view = opened(seen_at((2, 4, 8, 18), off=off))
    offer = propose_schedule(view)
    assert offer.months == (0, 2, 4, 9, 18)  # the window of month 9 holds month 8 alone, that of 3 both 2 and 4
    assert offer.n_values == len(view.cohort.visits) == 100
    assert offer.n_placed == kept(view, view.spec.schedule) < offer.n_proposed
    assert offer.n_proposed == kept(view, offer.months) == 100


def test_visits_far_from_their_month_make_one_visit_not_several() -> None:
    assert propose_schedule(opened(seen_at((3, 6, 12, 24, 36), off=35, n=40))).months == (0, 3, 6, 12, 24, 36)


def test_monthly_visits_are_all_found_but_not_those_of_the_first_45_days() -> None:
    offer = propose_schedule(opened(seen_at(tuple(range(1, 9)), off=5)))
    assert offer.months == (0, 2, 3, 4, 5, 6, 7, 8)
    assert offer.n_values - offer.n_proposed == offer.n_early == 20  # month 1 of each patient


def test_a_month_the_file_itself_names_is_a_visit_even_the_first() -> None:
    cohort = seen_at((1, 2, 4, 8))
    named = cohort.visits.assign(month=(cohort.visits["day"] / DAYS_PER_MONTH).round(), day=np.nan)
    offer = propose_schedule(opened(replace(cohort, visits=named)))
    assert offer.months == (0, 1, 2, 4, 8)  # without days no value would count for month 9
    assert offer.n_proposed == offer.n_values == 100
    assert offer.n_early == 0


def test_visits_that_already_count_stay_and_only_missing_ones_are_added() -> None:
    days = (28, 84, 168, 336, 700)
    offer = propose_schedule(opened(seen_at(tuple(day / DAYS_PER_MONTH for day in days), off=6)))
    assert offer.months == (0, 3, 6, 12, 23)
    assert offer.n_early == 20  # day 28 of each patient
    assert offer.n_values - offer.n_proposed == 20


def test_a_lone_late_value_unscheduled_visits_and_no_visit_at_all_propose_nothing() -> None:
    cohort = seen_at((3, 6, 9, 12))
    late = cohort.visits.tail(1).assign(day=1500.0)
    assert propose_schedule(opened(replace(cohort, visits=pd.concat([cohort.visits, late])))).months == ()
    odd = seen_at((2, 4, 8, 18))
    assert propose_schedule(opened(replace(odd, visits=odd.visits.assign(unscheduled=True)))).months == ()
    assert propose_schedule(opened(replace(odd, visits=odd.visits.head(0)))).months == ()


def test_only_the_selected_patients_are_looked_at() -> None:
    view = opened(seen_at((2, 4, 8, 18)))
    nobody = replace(view, members=view.members.head(0))
    offer = propose_schedule(nobody)
    assert (offer.months, offer.n_values) == ((), 0)
