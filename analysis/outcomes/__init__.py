"""Remission rules as data, the classifier, and time-to-event tables."""
