"""Hypothesis runs bounded and seeded (`make fuzz` runs the long profile); plotly checks each figure a test draws."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

from present.figures.sketch import check_every_figure

settings.register_profile(
    "short", max_examples=30, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("long", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))
check_every_figure()
