"""Small results by contract, made with the real estimators from a few typed patients."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from analysis.estimators.survival import estimate_curve
from analysis.results import Estimate, Method

SCHEDULE = (0.0, 3.0, 6.0, 9.0, 12.0)
METHOD = Method(name="km", sentence="Kaplan–Meier, log–log interval.")


def remission_result(groups: dict[str, tuple[list[float], list[int]]], competing: dict[str, list[int]] | None = None):
    """Build what ``describe_remission`` returns from (times, events) per group."""
    names = list(groups)
    curves, rows, landmarks, records = [], [], [], []
    for name, (time, event) in groups.items():
        time, event = np.asarray(time, dtype=float), np.asarray(event, dtype=bool)
        rival = np.asarray((competing or {}).get(name, [0] * len(time)), dtype=bool)
        curve = estimate_curve(time, event, rival)
        curves.append(curve.assign(group=name, is_read=len(time) >= 5))
        records.append(_records(name, time, event, rival))
        rows += [_risk_row(name, at, time, event, rival) for at in (*SCHEDULE, np.nan)]
        landmarks += [_landmark_row(name, at, curve, time) for at in SCHEDULE[1:]]
    category = pd.CategoricalDtype(names, ordered=True)
    return SimpleNamespace(
        curves=pd.concat(curves, ignore_index=True).astype({"group": category}),
        risk_table=pd.DataFrame(rows).astype({"group": category}),
        landmarks=pd.DataFrame(landmarks).astype({"group": category}),
        differences=pd.DataFrame(
            columns=["group", "reference_group", "time", "estimate", "conf_low", "conf_high", "reason"]
        ),
        records=pd.concat(records, ignore_index=True),
        naive=pd.DataFrame(columns=["group", "time", "estimate"]),
        interval="log-log",
        by_day=False,
        start="first rituximab",
        competing=False,
        groups=tuple(names),
        reference_group=names[-1],
        endpoint="complete_remission",
        test=Estimate(p_value=0.274, statistic=1.195, df=1),
        medians=medians_of(),
        method=METHOD,
        notes=(),
    )


def _records(name, time, event, rival):
    ids = [f"P-{number}" for number in range(1, len(time) + 1)]
    reason = [
        f"reached by month {at:g}" if hit else f"last seen at month {at:g}" for at, hit in zip(time, event, strict=True)
    ]
    return pd.DataFrame(
        {
            "patient_id": ids,
            "group": name,
            "time": time,
            "event": event,
            "competing_event": rival,
            "at_risk": True,
            "reason": reason,
        }
    )


def _risk_row(name, at, time, event, rival):
    before = np.ones(len(time), dtype=bool) if np.isnan(at) else time < at
    return {
        "group": name,
        "time": at,
        "label": "end" if np.isnan(at) else f"{at:g}",
        "n_risk": int((~before).sum()),
        "n_event_before": int((before & event).sum()),
        "n_competing_before": int((before & rival).sum()),
        "n_censor_before": int((before & ~event & ~rival).sum()),
    }


def _landmark_row(name, at, curve, time):
    row = curve[curve["time"] <= at].iloc[-1]
    known = len(time) > 0 and at <= time.max()
    return {
        "group": name,
        "time": at,
        "estimate": row["estimate"] if known else np.nan,
        "conf_low": row["conf_low"] if known else np.nan,
        "conf_high": row["conf_high"] if known else np.nan,
        "n_risk": int((time >= at).sum()),
        "reason": "" if known else "not estimable: beyond follow-up",
    }


def medians_of(**columns: object) -> pd.DataFrame:
    """Build one row of ``RemissionResult.medians``."""
    names = ["estimate", "conf_low", "conf_high", "attainers_median", "attainers_q1", "attainers_q3"]
    empty = {"group": "A", **dict.fromkeys(names, np.nan), "attainers_n": 0, "reason": ""}
    return pd.DataFrame([{**empty, **columns}])
