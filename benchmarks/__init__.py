"""What is timed, against what: ratios within one run, never a timed test."""
