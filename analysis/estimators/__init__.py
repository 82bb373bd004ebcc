"""Estimators that several questions share: proportions, quantiles, differences, time to event."""
