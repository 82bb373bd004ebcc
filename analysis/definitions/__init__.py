"""What does the chosen definition of remission do to these patients, and what would another do?"""

from analysis.definitions.comparison import AtHorizon, DefinitionsResult, describe_definitions
from analysis.definitions.standing import MG_PER_MMOL

__all__ = ["MG_PER_MMOL", "AtHorizon", "DefinitionsResult", "describe_definitions"]
