"""Which baseline factors go with reaching the endpoint sooner, the treatment group held fixed?"""

from analysis.factors.columns import factors_on_offer
from analysis.factors.description import FactorsResult, describe_factors

__all__ = ["FactorsResult", "describe_factors", "factors_on_offer"]
