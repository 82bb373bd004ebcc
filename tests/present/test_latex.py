"""Does a table leave as LaTeX and as an HTML page with everything from outside escaped?"""

from __future__ import annotations

import re

import pytest

from present.stamp import SYNTHETIC, Stamp
from present.tables.document import TableColumn, TableDocument, TableRow, section_row
from present.tables.files import table_latex, table_page
from present.tables.latex import latex_text

STAMP = Stamp(
    title="T", study="IMN (a_b.csv)", groups=("RTX 57",), left_out="left out 0", filters=(), definition=(),
    method="Welch.", cautions=("100 % of\nlines",), data_hash="0123456789ab", version="0.1.0", ribbon=SYNTHETIC,
)  # fmt: skip
TABLE = TableDocument(
    title="Baseline <b>& more</b>",
    columns=(TableColumn(id="a", label="Row_1"), TableColumn(id="b", label="RTX, N = 57", align="right")),
    rows=(
        section_row("Kidney & blood"),
        TableRow(cells=("<script>alert(1)</script>", "43 (75 %)")),
        TableRow(cells=("[a] \\input{x}", "−0.42ᵃ†"), indent=1),
    ),
    footnotes=("ᵃ Welch t-test, 95 % CI.",),
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("50 % & $5 #1 a_b {x}", r"50 \% \& \$5 \#1 a\_b \{x\}"),
        ("a\\b ~ ^", r"a\textbackslash{}b \textasciitilde{} \textasciicircum{}"),
        ("−0.42ᵃ ± 1 ≥ 2", r"$-$0.42\textsuperscript{a} $\pm$ 1 $\geq$ 2"),
        ("two\nlines", "two lines"),
    ],
)
def test_text_is_escaped_for_latex(text, written):
    assert latex_text(text) == written


def test_latex_has_every_row_and_the_stamp_as_comments():
    text = table_latex(TABLE, STAMP).decode()
    lines = text.splitlines()
    assert lines[0].startswith("% ")
    assert f"% {SYNTHETIC}" in lines
    assert r"\quad {[}a{]} \textbackslash{}input\{x\} & $-$0.42\textsuperscript{a}\dag{}" in text
    assert r"\multicolumn{2}{@{}l}{\textbf{Kidney \& blood}}" in text
    assert text.count(r"\begin{longtable}{@{}lr@{}}") == text.count(r"\end{longtable}") == 1
    outside = lines[lines.index(r"\end{longtable}") + 1 :]
    assert all(line.startswith("%") for line in outside)


def test_the_html_page_stands_alone_and_escapes():
    page = table_page(TABLE, STAMP).decode()
    assert re.findall(r"<(?:script|link|img|iframe)\b", page) == []
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<title>Baseline &lt;b&gt;&amp; more&lt;/b&gt;</title>" in page
    assert SYNTHETIC in page
