"""Time the program and print medians and ratios: ``make bench``."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

COLD_START = (
    "from streamlit.testing.v1 import AppTest; "
    "at = AppTest.from_file('ui/frame.py', default_timeout=60).run(); assert not at.exception"
)


def seconds(work: Callable[[], object], *, repeats: int) -> float:
    """Give the median wall time of a piece of work."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def line(what: str, found: float, than: tuple[str, float] | None = None) -> None:
    """Print one result in milliseconds, and its ratio to another program's."""
    versus = f"   {than[0]} {1000 * than[1]:9.1f} ms   ratio {than[1] / found:6.1f} x" if than else ""
    print(f"{what:<66}{1000 * found:9.1f} ms{versus}", flush=True)


def cold_start() -> None:
    """Time start to first page as CPU seconds of a fresh process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", COLD_START], cwd=ROOT, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    line("Cold start to first page, CPU", after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def redraws() -> None:
    """Time the script run after a filter change on each page of the IMN sample."""
    from streamlit.testing.v1 import AppTest

    app = AppTest.from_file(str(ROOT / "ui" / "frame.py"), default_timeout=60).run()
    app.sidebar.selectbox(key="new_filter").set_value("age_years").run()
    for page in ("baseline", "labs", "remission", "safety"):
        app.switch_page(f"../pages/{page}.py").run()
        ends = iter(range(1, 21))

        def change(app: AppTest = app, ends=ends) -> None:
            app.sidebar.slider(key="filter_age_years").set_value((22.0, 40.0 + next(ends))).run()

        line(f"Filter change at n = 91, page {page} (median of 20)", seconds(change, repeats=20))


def large() -> None:
    """Time each question at 100,000 patients."""
    import pandas as pd

    from analysis.baseline import describe_baseline
    from analysis.choices import propose_spec
    from analysis.labs import available_labs, describe_trajectories
    from analysis.outcomes.classify import classify
    from analysis.outcomes.derive import derive_outcomes
    from analysis.study import select_view
    from benchmarks.cohorts import large_cohort

    cohort = large_cohort(100_000)
    spec = replace(propose_spec(cohort), horizon_months=12.0)
    view = select_view(cohort, spec)
    rule = {"schedule": spec.schedule, "time_axis": spec.time_axis}
    line("100,000 patients: select a view", seconds(lambda: select_view(cohort, spec), repeats=3))
    outcomes = derive_outcomes(cohort, spec.rule, **rule)
    visits = pd.concat([outcomes.baseline, outcomes.visits], ignore_index=True)
    line("100,000 x 5 visits: classify (limit 1 s)", seconds(lambda: classify(visits, spec.rule), repeats=3))
    line(
        "100,000 x 5 visits: derive all outcomes",
        seconds(lambda: derive_outcomes(cohort, spec.rule, **rule), repeats=3),
    )
    line("100,000 patients: baseline table", seconds(lambda: describe_baseline(view), repeats=3))
    labs = available_labs(view)
    line("100,000 patients: trajectories", seconds(lambda: describe_trajectories(view, labs), repeats=3))


def large_curves() -> None:
    """Time the curve and the log-rank test at 100,000 patients against lifelines."""
    import numpy as np
    from lifelines import KaplanMeierFitter
    from lifelines.statistics import logrank_test

    from analysis.estimators.logrank import compare_logrank
    from analysis.estimators.survival import estimate_curve

    rng = np.random.default_rng(20230712)
    times, events = rng.exponential(12, 100_000).round(2), rng.random(100_000) < 0.6
    group = np.where(rng.random(100_000) < 0.5, "A", "B").astype(object)
    first = group == "A"
    ours = seconds(lambda: (estimate_curve(times, events), compare_logrank(times, events, group)), repeats=5)
    theirs = seconds(
        lambda: (
            KaplanMeierFitter().fit(times, events),
            logrank_test(times[first], times[~first], events[first], events[~first]),
        ),
        repeats=5,
    )
    line("100,000 patients: curve and log-rank", ours, ("lifelines", theirs))


def baseline() -> None:
    """Time Table 1 of 25 variables with tests, against the tableone package on the same columns."""
    from analysis.baseline import describe_baseline
    from benchmarks.baseline import table_view, tableone_work

    for n, repeats in ((91, 15), (100_000, 3)):
        view = table_view(n)
        ours = seconds(lambda view=view: describe_baseline(view), repeats=repeats)
        theirs = seconds(tableone_work(n), repeats=min(repeats, 3))
        line(f"{n:,} patients: Table 1, 25 variables with tests", ours, ("tableone", theirs))


def remission() -> None:
    """Time curves, log-rank and Cox at 100,000 patients against R's survival package, and the resampling at 91."""
    from benchmarks.remission import between_visits, curves, factors, follow_up, resampled, seconds_in_r

    table = follow_up(100_000)
    theirs = seconds_in_r(table, repeats=5)
    if not theirs:
        print("R with the package survival is not here: the next three lines have no comparison.")
    works = {
        "visits": ("curves, log-rank, landmarks on visits", curves(table, "visit")),
        "days": ("curves, log-rank, landmarks on continuous times", curves(table, "days")),
        "cox": ("Cox model, 9 covariates", factors(table)),
    }
    for name, (what, work) in works.items():
        ours = seconds(work, repeats=5)
        line(f"100,000 patients: {what}", ours, ("R survival", theirs[name]) if theirs else None)
    line("91 patients: 1,000 bootstrap curves", seconds(resampled(), repeats=5))
    line("91 patients: Turnbull with a band of 1,000 samples", seconds(between_visits(), repeats=5))


def safety() -> None:
    """Time the adverse-events tables of 50,000 events, 2 groups and 400 terms."""
    from benchmarks.safety import events_view, rates_work, table_work

    view = events_view()
    line("50,000 adverse events x 2 x 400 terms: table", seconds(lambda: table_work(view), repeats=5))
    line("50,000 adverse events x 2 x 400 terms: rates and ratios", seconds(lambda: rates_work(view), repeats=5))


def labs() -> None:
    """Time the laboratory questions at 91 patients and five visits; limit of the mixed model: 1.5 s."""
    from benchmarks.labs import N_PATIENTS, labs_work

    for what, work in labs_work().items():
        line(f"{N_PATIENTS} x 5 visits: {what}", seconds(work, repeats=5))


def reading() -> None:
    """Time 100,000 patients with 1.2 million visit rows from file to checked cohort; limits: 20 s and 3 GB."""
    from benchmarks.reading import KINDS, large_tables, measure_reading

    tables = large_tables()
    for kind in KINDS:
        found = measure_reading(kind, tables)
        parts = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in found.seconds.items())
        line(f"100,000 patients, 1.2 M visit rows from {kind}", sum(found.seconds.values()))
        print(f"    {parts}; peak memory {found.peak_gb:.2f} GB; {found.values:,} values")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for question in (cold_start, redraws, baseline, labs, remission, safety, large, large_curves, reading):
        question()
