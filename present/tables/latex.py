"""How does a table look in LaTeX? Everything from outside is escaped here."""

from __future__ import annotations

from present.tables.document import TableDocument, TableRow

_ALIGN = {"left": "l", "center": "c", "right": "r"}
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "[": "{[}",  # else read as an option after a line break
    "]": "{]}",
}
_SIGNS = {
    "−": "$-$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "√": r"$\surd$",
    "χ": r"$\chi$",
    "µ": r"\textmu{}",
    "μ": r"\textmu{}",
    "²": r"\textsuperscript{2}",
    "³": r"\textsuperscript{3}",
    "⁹": r"\textsuperscript{9}",
    "†": r"\dag{}",
    "‡": r"\ddag{}",
    "–": "--",
    "…": r"\ldots{}",
    "\N{NO-BREAK SPACE}": "~",
}
_RAISED = dict(zip("ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿ", "abcdefghijklmn", strict=True))
_LETTERS = str.maketrans(
    _SPECIAL | _SIGNS | {raised: rf"\textsuperscript{{{letter}}}" for raised, letter in _RAISED.items()}
)


def latex_table(document: TableDocument, *, above: tuple[str, ...] = (), below: tuple[str, ...] = ()) -> str:
    """Write a longtable with booktabs rules; ``above`` and ``below`` become comments round it."""
    head = " & ".join(latex_text(label) for label in document.labels()) + r" \\"
    width = len(document.columns)
    notes = [rf"\multicolumn{{{width}}}{{p{{0.95\linewidth}}}}{{\footnotesize {latex_text(text)}}} \\"
             for text in document.footnotes]  # fmt: skip
    lines = [
        *(_comment(line) for line in ("Needs the packages booktabs and longtable.", *above)),
        rf"\begin{{longtable}}{{@{{}}{''.join(_ALIGN[column.align] for column in document.columns)}@{{}}}}",
        rf"\caption{{{latex_text(document.title)}}} \\",
        r"\toprule",
        head,
        r"\midrule",
        r"\endhead",
        *(_row(row, width) for row in document.rows),
        r"\bottomrule",
        *notes,
        r"\end{longtable}",
        *(_comment(line) for line in below),
    ]
    return "\n".join(lines) + "\n"


def latex_text(text: str) -> str:
    """Escape text for LaTeX; signs become commands that pdfLaTeX knows."""
    return " ".join(text.split()).translate(_LETTERS)


def _row(row: TableRow, width: int) -> str:
    if row.kind == "section":
        return rf"\addlinespace \multicolumn{{{width}}}{{@{{}}l}}{{\textbf{{{latex_text(row.cells[0])}}}}} \\"
    first, *cells = (latex_text(cell) for cell in row.cells)
    return " & ".join([r"\quad " * row.indent + first, *cells]) + r" \\"


def _comment(line: str) -> str:
    return "% " + " ".join(line.split())
