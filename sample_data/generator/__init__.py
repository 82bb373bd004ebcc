"""How the synthetic cohorts are made: designs, margins, arrangement, course, tables."""
