"""How does the key of pseudonyms leave for the person who de-identified a file?"""

from __future__ import annotations

import csv
from io import StringIO

import pandas as pd

from present.tables.files import disarmed


def key_csv(key: pd.DataFrame) -> bytes:
    """Write the key of pseudonyms as CSV (UTF-8 with byte-order mark): one row per patient."""
    out = StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["pseudonym", "identifier in the file"])
    writer.writerows([disarmed(str(cell)) for cell in row] for row in key[["pseudonym", "identifier"]].to_numpy())
    return out.getvalue().encode("utf-8-sig")
