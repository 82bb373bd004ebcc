"""Where does the clock start, and until when are patients without the event followed?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.choices import propose_spec
from analysis.clock import BIOPSY, RITUXIMAB, TACROLIMUS, refused_starts, start_in_use
from analysis.cohort.model import DOSE_COLUMNS
from analysis.cohort.samples import load_sample
from analysis.factors import describe_factors
from analysis.options import RemissionOptions
from analysis.outcomes.derive import Outcomes, derive_outcomes
from analysis.outcomes.endpoints import best_response
from analysis.outcomes.rules import PRESETS
from analysis.remission import (
    RemissionResult,
    compare_groups,
    compare_settings,
    describe_exposure,
    describe_landmark,
    describe_partial,
    describe_remission,
    estimate_effects,
    estimate_intervals,
    study_records,
)
from analysis.results import CohortError
from analysis.study import StudySpec, View, select_view
from present.stamp import make_stamp
from tests.cohorts import labs, make_cohort

MONTH = 30.4375
RULE = PRESETS["P1_2023"]


def outcomes_of(view: View) -> Outcomes:
    spec = view.spec
    return derive_outcomes(view.cohort, spec.rule, schedule=spec.schedule, time_axis=spec.time_axis)


def view_of(cohort, *, axis="actual", endpoint="first_remission", horizon=12.0, rule=RULE, **options) -> View:
    spec = StudySpec(
        time_axis=axis, endpoint=endpoint, horizon_months=horizon, rule=rule, remission=RemissionOptions(**options)
    )
    return select_view(cohort, spec)


def described(view: View) -> RemissionResult:
    outcomes = outcomes_of(view)
    return describe_remission(view, study_records(view, outcomes), best_response(outcomes))


ILL, WELL = labs(8.0, albumin=24.0), labs(0.1)
COURSES = {  # patient: first dose of tacrolimus (day), biopsy (months before rituximab), visits
    "soon": (60, 2.0, [(0, ILL), (91, ILL), (183, WELL)]),
    "before": (100, 5.0, [(0, ILL), (91, WELL), (183, WELL)]),
    "never": (None, 1.0, [(0, ILL), (91, ILL), (183, WELL)]),
    "unseen": (200, 20.0, [(0, ILL), (91, ILL)]),
    "late": (60, 0.0, [(0, ILL), (91, ILL), (365, ILL), (440, WELL)]),
    "earlier": (-30, None, [(0, ILL), (91, WELL)]),
}


def study(**events: float):
    visits = [(patient, day, values) for patient, (_, _, seen) in COURSES.items() for day, values in seen]
    patients = {name: {"biopsy_to_rtx_months": months} for name, (_, months, _) in COURSES.items()}
    cohort = make_cohort(patients, visits, events=[(name, "last_contact", day) for name, day in events.items()])
    begun = [[name, "TAC", day, np.nan, np.nan, ""] for name, (day, _, _) in COURSES.items() if day is not None]
    return replace(cohort, doses=pd.DataFrame(begun, columns=DOSE_COLUMNS))


def records(view: View) -> pd.DataFrame:
    return study_records(view, outcomes_of(view)).set_index("patient_id")


# ---------------------------------------------------------------- tacrolimus


def test_from_tacrolimus_on_only_those_still_waiting_are_at_risk() -> None:
    found = records(view_of(study(), time_zero=TACROLIMUS))
    assert found.loc[~found["at_risk"], "reason"].to_dict() == {
        "before": "already reached when tacrolimus began",
        "never": "tacrolimus never begun, or on a day that is not recorded",
        "earlier": "tacrolimus began before the first rituximab, before observation",
    }
    soon = found.loc["soon"]
    assert (soon["event"], soon["time"]) == (True, pytest.approx((183 - 60) / MONTH))
    assert (soon["interval_low"], soon["interval_high"]) == pytest.approx(((91 - 60) / MONTH, (183 - 60) / MONTH))
    assert soon["reason"] == "reached by month 4.04"
    unseen = found.loc["unseen", ["at_risk", "event", "time", "reason"]]
    assert unseen.tolist() == [True, False, 0.0, "no evaluable visit after tacrolimus began"]


def test_the_horizon_counts_from_the_new_start() -> None:
    found = records(view_of(study(), time_zero=TACROLIMUS)).loc["late"]
    assert (found["event"], found["time"]) == (False, pytest.approx(365 / MONTH))
    assert found["reason"] == "not by month 12, followed longer"
    longer = records(view_of(study(), time_zero=TACROLIMUS, horizon=13.0)).loc["late"]
    assert (longer["event"], longer["time"]) == (True, pytest.approx(380 / MONTH))


def test_a_competing_event_before_tacrolimus_is_counted_with_its_name() -> None:
    cohort = study()
    death = pd.DataFrame([["soon", "death", 50.0]], columns=cohort.events.columns)
    found = records(view_of(replace(cohort, events=death), time_zero=TACROLIMUS)).loc["soon"]
    assert (found["at_risk"], found["reason"]) == (False, "death before tacrolimus began")


def test_the_imn_sample_counts_who_never_began() -> None:
    cohort = load_sample("imn")
    spec = StudySpec(
        group_column="regimen_group", group_levels=("RTX+TAC", "RTX"), time_axis="actual",
        remission=RemissionOptions(time_zero=TACROLIMUS),
    )  # fmt: skip
    result = described(select_view(cohort, spec))
    n = int((~cohort.patients["patient_id"].isin(cohort.doses.query("drug == 'TAC'")["patient_id"])).sum())
    outside = result.not_at_risk
    never = outside.loc[outside["reason"].str.startswith("tacrolimus never begun"), "n"].sum()
    assert 0 < never <= n
    assert result.start == "start of tacrolimus"
    assert "from the start of tacrolimus" in result.method.sentence
    assert "did not begin" in result.method.sentence


# ---------------------------------------------------------------- biopsy: delayed entry


def test_from_the_biopsy_patients_enter_at_rituximab() -> None:
    found = records(view_of(study(), time_zero=BIOPSY, horizon=18.0))
    soon = found.loc["soon"]
    assert (soon["entry"], soon["time"], soon["event"]) == (2.0, pytest.approx(2 + 183 / MONTH), True)
    outside = found.loc[~found["at_risk"], "reason"].to_dict()
    assert outside == {
        "unseen": "under observation only after month 18",
        "earlier": "time of the biopsy not known",
    }
    assert found.loc["never", "entry"] == 1.0


def test_risk_sets_from_the_biopsy_hold_who_entered_and_add_up() -> None:
    result = described(view_of(study(), time_zero=BIOPSY, horizon=18.0))
    risk = result.risk_table.set_index("label")
    assert (risk.loc["0", "n_risk"], risk.loc["0", "n_waiting"]) == (1, 3)  # "late" was biopsied on day 0
    assert (risk.loc["3", "n_risk"], risk.loc["3", "n_waiting"]) == (3, 1)
    numbers = risk[["n_risk", "n_waiting", "n_event_before", "n_competing_before", "n_censor_before"]]
    assert numbers.sum(axis=1).eq(4).all()
    assert result.landmarks["time"].max() == 12.0
    assert "delayed entry" in result.method.sentence
    assert any(note.code == "CLOCK" and "4 patients came under observation" in note.text for note in result.notes)


def test_who_enters_in_the_last_hours_before_the_horizon_is_not_at_risk() -> None:
    # the horizon of 12 months is day 365, month 11.992: this patient enters after it and before month 12
    patients = {"A": {"biopsy_to_rtx_months": 11.995}, "B": {"biopsy_to_rtx_months": 2.0}}
    cohort = make_cohort(patients, [(name, day, ILL) for name in patients for day in (0, 91)])
    found = records(view_of(cohort, time_zero=BIOPSY))
    assert found["reason"].tolist()[0] == "under observation only after month 12"
    assert described(view_of(cohort, time_zero=BIOPSY)).records["at_risk"].tolist() == [False, True]


def imn_from_biopsy() -> View:
    return select_view(
        load_sample("imn"),
        StudySpec(
            group_column="regimen_group", group_levels=("RTX+TAC", "RTX"), time_axis="actual", horizon_months=24.0,
            endpoint="first_remission", remission=RemissionOptions(time_zero=BIOPSY),
        ),
    )  # fmt: skip


def test_what_cannot_take_late_entry_is_withheld_with_the_reason() -> None:
    view = imn_from_biopsy()
    result = described(view)
    why = "come under observation after month 0"
    tests = compare_groups(view, result).tests.set_index("test")
    withheld = tests.drop(index="fixed-time")
    assert withheld["p_value"].isna().all()
    assert withheld["reason"].str.contains(why).all()
    assert 0 < tests.loc["fixed-time", "p_value"] < 1
    effects = estimate_effects(view, result)
    assert effects.hazard_ratios["hazard_ratio"].isna().all()
    assert effects.hazard_ratios["reason"].str.contains(why).all()
    assert effects.restricted_means["reason"].str.contains(why).all()
    assert not describe_exposure(view, result).known
    with pytest.raises(CohortError, match="Time runs from the biopsy"):
        estimate_intervals(view, result)
    with pytest.raises(CohortError, match="Time runs from the biopsy"):
        describe_factors(view, result.records)
    rows = compare_settings(view).rows.set_index("setting")
    assert rows.loc["own", "estimate"] == pytest.approx(
        result.differences.query("time == 24")["estimate"].iloc[0], abs=1e-12
    )
    assert rows.loc["withdrawn", "reason"].startswith("not applicable: time runs from the biopsy")


def test_partial_remission_stays_at_rituximab_and_says_so() -> None:
    view = imn_from_biopsy()
    usual = replace(view, spec=replace(view.spec, remission=RemissionOptions()))
    found, plain = (describe_partial(one, outcomes_of(one)) for one in (view, usual))
    months = plain.differences["time"].unique()
    pd.testing.assert_frame_equal(
        found.differences[found.differences["time"].isin(months)].reset_index(drop=True), plain.differences
    )
    assert "Always from the first rituximab" in found.method.sentence
    assert "Always from" not in plain.method.sentence


# ---------------------------------------------------------------- what is offered


@pytest.mark.parametrize(
    ("choices", "why"),
    [
        ({"axis": "nominal"}, "planned visits are counted from the first rituximab; choose actual days"),
        ({"endpoint": "relapse"}, "relapse is counted from the remission"),
        (
            {"rule": replace(RULE, attainment="at_horizon")},
            "the rule looks at the last planned visit, which is counted from the first rituximab",
        ),
    ],
)
def test_a_start_that_cannot_be_used_is_refused_and_not_used(choices: dict, why: str) -> None:
    view = view_of(study(), time_zero=BIOPSY, **choices)
    assert refused_starts(view) == {TACROLIMUS: why, BIOPSY: why}
    assert start_in_use(view) == RITUXIMAB
    plain = view_of(study(), **choices)
    pd.testing.assert_frame_equal(records(view), records(plain))
    result = described(view)
    assert next(note.text for note in result.notes if note.code == "CLOCK").endswith(f"not as chosen: {why}.")


def test_a_file_without_biopsy_or_tacrolimus_does_not_offer_them() -> None:
    view = view_of(make_cohort({"A": {}}, [("A", 0, ILL), ("A", 91, ILL)]))
    assert refused_starts(view) == {
        TACROLIMUS: "the file has no start of tacrolimus",
        BIOPSY: "the file has no time of the biopsy",
    }
    assert refused_starts(view_of(study())) == {}


# ---------------------------------------------------------------- last contact


def test_last_contact_follows_longer_than_the_last_evaluable_visit() -> None:
    cohort = study(unseen=250.0)
    usual = records(view_of(cohort)).loc["unseen"]
    assert (usual["time"], usual["reason"]) == (pytest.approx(91 / MONTH), "last evaluable visit at month 2.99")
    found = records(view_of(cohort, censoring="last_contact"))
    unseen = found.loc["unseen"]
    assert (unseen["time"], unseen["reason"]) == (pytest.approx(250 / MONTH), "last contact at month 8.21")
    assert unseen["interval_low"] == pytest.approx(91 / MONTH)
    assert found.loc["soon", "time"] == pytest.approx(183 / MONTH)
    planned = records(view_of(cohort, axis="nominal", censoring="last_contact")).loc["unseen"]
    assert planned["time"] == 6.0  # month 9 had not come


def test_last_contact_never_passes_the_horizon_or_a_rescue_that_ends_the_wait() -> None:
    assert records(view_of(study(unseen=900.0), censoring="last_contact")).loc["unseen", "time"] == pytest.approx(
        365 / MONTH
    )
    cohort = study(unseen=250.0)
    rescue = pd.DataFrame([["unseen", "rescue", 120.0]], columns=cohort.events.columns)
    both = replace(cohort, events=pd.concat([cohort.events, rescue]))
    ended = records(view_of(both, censoring="last_contact", rescue="censored")).loc["unseen"]
    assert (ended["time"], ended["competing_event"]) == (pytest.approx(120 / MONTH), False)


def test_last_contact_is_said_in_the_method_the_stamp_and_a_caution() -> None:
    view = view_of(study(unseen=250.0), censoring="last_contact")
    result = described(view)
    assert "censored at their last contact" in result.method.sentence
    note = next(note for note in result.notes if note.code == "CENSORING")
    assert note.text.startswith("1 of 6 patients count as without the event")
    assert note.patient_ids == ("unseen",)
    stamp = make_stamp(view, title="t", method=result.method, notes=result.notes, version="1")
    assert "without the event to the last contact" in stamp.definition[1]
    usual = view_of(study())
    plain = make_stamp(usual, title="t", method=described(usual).method, notes=(), version="1")
    assert "last contact" not in " ".join((*plain.definition, plain.method))
    assert "to month 12 after first rituximab, timed by actual days; patients" in plain.definition[1]


def test_the_stamp_names_another_start() -> None:
    view = view_of(study(), time_zero=TACROLIMUS)
    stamp = make_stamp(view, title="t", method=described(view).method, notes=(), version="1")
    assert "to month 12 after start of tacrolimus" in stamp.definition[1]


# ---------------------------------------------------------------- anti-PLA2R


@pytest.mark.parametrize(("level", "at_risk"), [(20.0, [True, False, False]), (7.45, [True, True, False])])
def test_positive_from_20_or_7_45(level: float, at_risk: list[bool]) -> None:
    base = {"A": 20.0, "B": 15.0, "C": 7.4}
    cohort = make_cohort(
        {name: {} for name in base},
        [(name, day, {"pla2r_ru_ml": value}) for name, start in base.items() for day, value in ((0, start), (91, 1.0))],
    )
    view = view_of(cohort, endpoint="immunologic_remission", pla2r_positive_from=level)
    assert records(view)["at_risk"].tolist() == at_risk
    result = described(view)
    assert f"At risk: anti-PLA2R of {level:g} RU/mL or more" in result.method.sentence
    stamp = make_stamp(view, title="t", method=result.method, notes=(), version="1")
    assert f"at risk from anti-PLA2R {level:g} RU/mL" in stamp.definition[1]


def test_the_choices_travel_through_json() -> None:
    spec = view_of(study(), time_zero=BIOPSY, censoring="last_contact", pla2r_positive_from=7.45).spec
    assert StudySpec.from_json(spec.to_json()) == spec


def test_tacrolimus_begins_late_only_where_month_0_is_before_it() -> None:
    cohort = load_sample("imn")
    spec = replace(propose_spec(cohort), withdrawn="excluded", time_axis="actual")
    late = {}
    for start in (RITUXIMAB, BIOPSY, TACROLIMUS):
        view = select_view(cohort, replace(spec, remission=RemissionOptions(time_zero=start)))
        notes = (*described(view).notes, *describe_factors_notes(view, start))
        late[start] = [note.text for note in notes if note.code == "W-06"]
    words = "RTX+TAC: TAC starts in month 2 (median{}); patients had to reach it to be in this group."
    assert set(late[RITUXIMAB]) == {words.format("") + " See the landmark analysis."}
    assert set(late[BIOPSY]) == {words.format(", from the first rituximab") + " See the landmark analysis."}
    assert late[TACROLIMUS] == []


def describe_factors_notes(view: View, start: str) -> tuple:
    """Give the notes of the factors page, which does not take time from the biopsy."""
    if start == BIOPSY:
        return ()
    return describe_factors(view, described(view).records).notes


def test_after_the_landmark_the_end_of_follow_up_is_told_on_the_clock_of_the_rows() -> None:
    cohort = load_sample("imn")
    spec = replace(propose_spec(cohort), withdrawn="excluded", time_axis="actual")
    view = select_view(cohort, replace(spec, remission=RemissionOptions(time_zero=TACROLIMUS)))
    curves = described(view)
    last = curves.curves.query("group == 'RTX+TAC'")["time"].max()
    values = describe_landmark(view, curves).values
    row = values[(values["group"] == "RTX+TAC") & (values["month"] == 12)].iloc[0]
    assert row["reason"] == f"not estimable: follow-up ends at month {last:.3g}"
    assert row["time"] == pytest.approx((365 - 91) / MONTH, abs=0.02)
