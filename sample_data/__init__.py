"""Two synthetic demonstration cohorts that follow the published studies, and their generator."""
