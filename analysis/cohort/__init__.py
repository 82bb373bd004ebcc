"""From a clinician's file to one Cohort: model, dictionary, readers, checks, derived values."""
