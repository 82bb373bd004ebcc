"""The science of NephroCompare: cohorts, outcome rules, estimators, one module per clinical question."""

__version__ = "0.1.0"
