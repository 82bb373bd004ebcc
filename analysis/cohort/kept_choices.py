"""Do the choices kept in a study file still fit this program?"""

from __future__ import annotations

import json

from analysis.cohort.kept_fields import UnfitError, fitted
from analysis.study import StudySpec


def fitted_choices(text: str) -> tuple[str, tuple[str, ...]]:
    """Fit kept choices to the choices of this version.

    Returns
    -------
    tuple
        The choices as ``StudySpec.from_json`` reads them, and one sentence part per choice that was
        unknown or missing.

    Raises
    ------
    UnfitError
        If the text is no JSON object, or a choice has another type or value than it may have.
    """
    try:
        kept = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnfitError("its choices are not JSON") from error
    said: list[str] = []
    choices = fitted(kept, StudySpec, "", said)
    return json.dumps(choices, ensure_ascii=False), tuple(said)
