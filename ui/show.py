"""Draw a figure, a table, notes and the method footer: the same way on every page."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis import __version__
from analysis.cohort.bcell_columns import MARKER
from analysis.results import CohortError, Method, Note
from analysis.study import View
from present.figures.theme import CONFIG, DARK, LIGHT, PRINT, Theme, group_styles, mark_figure, presented
from present.stamp import Stamp, attrition_words, make_stamp, mark_words
from present.tables.document import TableDocument
from present.tables.html import table_html
from ui import state, words

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from streamlit.delta_generator import DeltaGenerator

PAGES = Path(__file__).resolve().parent.parent / "pages"
Draw = Callable[[Theme], "go.Figure"]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What every figure and table of one page says about itself when it is saved."""

    view: View
    method: Method
    notes: tuple[Note, ...]

    def stamp(self, title: str) -> Stamp:
        """Write the stamp of one download."""
        return make_stamp(self.view, title=title, method=self.method, notes=self.notes, version=__version__)


def plain(text: str) -> str:
    """Escape text from outside wherever Streamlit would read it as Markdown."""
    return re.sub(r"([\\`*_{}\[\]()<>#$~|:!+-])", r"\\\1", text)


def theme() -> Theme:
    """Give the colours of the surface the visitor looks at, and the sizes of the desk or the room."""
    colours = DARK if st.context.theme.type == "dark" else LIGHT
    return presented(colours) if state.presenting() else colours


def page_path(stem: str) -> Path:
    """Give the script of a page."""
    return PAGES / f"{stem}.py"


def page_title(question: str, view: View | None = None) -> None:
    """Head a page: the question it answers, then who is in it."""
    st.title(question, anchor=False)
    if view is not None:
        _who(view)


def figure(draw: Draw, *, title: str, shown: Shown, alt: str, least_width: int = 0) -> None:
    """Draw a figure with its downloads; ``draw`` gives the same picture in any theme.

    Where the screen is narrower than ``least_width`` pixels the figure scrolls sideways in its own box.
    """
    picture = _on_screen(draw, shown)
    with _own_box(title, least_width):
        st.plotly_chart(picture, theme=None, config=CONFIG, alt=alt, key=f"figure_{title}")
    _figure_downloads(lambda: draw(PRINT), title, shown)


def figure_to_click(draw: Draw, *, title: str, shown: Shown, alt: str, least_width: int = 0) -> Any:
    """Draw a figure whose points can be clicked; give the ``customdata`` of the point clicked, or None."""
    picture = _on_screen(draw, shown)
    with _own_box(title, least_width):
        event = st.plotly_chart(
            picture, theme=None, config=CONFIG, alt=alt, key=f"figure_{title}", on_select="rerun",
            selection_mode="points",
        )  # fmt: skip
    _figure_downloads(lambda: draw(PRINT), title, shown)
    points = event["selection"]["points"]
    return points[0].get("customdata") if points else None


def _own_box(title: str, least_width: int) -> DeltaGenerator:
    """Make a box in which a figure of at least this width scrolls sideways on a narrow screen."""
    name = "scroll_" + "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in title.lower())
    box = st.container(key=name)
    if least_width:
        least = int(least_width * theme().sizes.scale)
        rule = f"<style>.st-key-{name}{{overflow-x:auto}}.st-key-{name}>*{{min-width:{least}px}}</style>"
        box.html(rule)
    return box


def table(document: TableDocument, *, shown: Shown, opens: str | None = None) -> None:
    """Show a table with its downloads; ``opens`` is the key under which its rows are listened to."""
    colours = theme()
    styles = group_styles(shown.view.groups, theme=colours)
    with st.container(key=opens):
        st.html(table_html(document, styles=styles, surface=colours.surface, opens=opens is not None))
    _table_downloads(document, shown)


def notes(items: tuple[Note, ...]) -> None:
    """Show the cautions a result carries."""
    if items:
        with st.container(border=True):
            st.markdown("**Read with care**")
            for item in items:
                st.markdown(f"- {plain(item.text)}")


def method(item: Method) -> None:
    """Print how the numbers of the page were made."""
    with st.container(border=True):
        st.caption(f"**Method.** {plain(item.sentence)}")
        for reference in item.references:
            st.caption(plain(reference))


def problem(error: CohortError) -> None:
    """Say what was needed, what was found, and what to do."""
    st.error(f"**{plain(error.needed)}**\n\n{plain(error.found)} {plain(error.remedy)}", icon=":material/error:")


def nobody_left(view: View) -> None:
    """Say which step removed the last patients, and what to do."""
    last = view.attrition.iloc[-1] if len(view.attrition) else None
    if last is None:
        st.warning("The file has no patients. Open another file on the Study page.")
        return
    step = view.attrition[view.attrition["step"] == last["step"]]
    sums = step.groupby(["kind", "reason"])["n"].sum()
    why = "; ".join(f"{attrition_words(kind, reason)} ({n})" for (kind, reason), n in sums.items())
    st.warning(
        f"No patient is left. The last {words.plural(int(step['n'].sum()), 'patient')} went with: {plain(why)}. "
        "Remove or widen a filter, or choose other groups."
    )


def cohort_summary(view: View) -> None:
    """Say what was read, who is analysed, and what was found on the way in."""
    cohort = view.cohort
    st.subheader(plain(cohort.name), anchor=False)
    _who(view)
    read = {
        "Patients in the file": len(cohort.patients),
        "Patients analysed": view.n,
        "Laboratory values": int(cohort.visits["variable"].ne(MARKER).sum()),
        "Doses": len(cohort.doses),
        "Adverse events": len(cohort.adverse_events),
    }
    for column, (label, n) in zip(st.columns(len(read)), read.items(), strict=True):
        column.metric(label, f"{n:,}")
    provenance = cohort.provenance
    problems = provenance.problem_table()
    if problems.empty:
        st.success("The checks found nothing to report.")
    else:
        kinds = problems["severity"].replace("info", "note").value_counts()
        counts = ", ".join(words.plural(int(n), str(kind)) for kind, n in kinds.items())
        st.markdown(f"**Found on the way in:** {counts}")
        problem_list(problems, name="cohort")
    st.caption(plain(f"Source: {provenance.source} · SHA-256 {provenance.sha256[:12]} · NephroCompare {__version__}"))


_PROBLEM_COLUMNS: dict[str, Any] = {
    "severity": st.column_config.TextColumn("Severity", width=70),
    "message": st.column_config.TextColumn("Message", width=460),
    "remedy": st.column_config.TextColumn("What to do", width=300),
    **{name: st.column_config.TextColumn(name.capitalize(), width="small") for name in ("file", "sheet", "column")},
    "row": st.column_config.NumberColumn("Row", width=60),
    "value": st.column_config.TextColumn("Value", width=90),
}
_WRAPPED = 72  # pixels of a row: two lines of text


def problem_list(problems: pd.DataFrame, *, name: str) -> None:
    """List what was found in a file, downloadable."""
    st.dataframe(
        problems.assign(severity=problems["severity"].replace("info", "note")),
        hide_index=True,
        key=f"problems_{name}",
        column_order=[column for column in _PROBLEM_COLUMNS if problems[column].fillna("").astype(str).ne("").any()],
        column_config=_PROBLEM_COLUMNS,
        row_height=_WRAPPED,
    )
    st.download_button(
        "Problem list (CSV)",
        data=lambda: problems_csv(problems),
        file_name="nephrocompare-problems.csv",
        mime="text/csv",
        on_click="ignore",
        key=f"problems_csv_{name}",
    )


def problems_csv(problems: pd.DataFrame) -> bytes:
    """Write the problem list as CSV; a cell a spreadsheet would run as a formula is disarmed."""
    from present.tables.files import disarmed

    return (
        problems.map(lambda cell: disarmed(str(cell)) if isinstance(cell, str) else cell)
        .to_csv(index=False)
        .encode("utf-8-sig")
    )


def _who(view: View) -> None:
    """Say who is in: the size of each group, and everyone left out with the reason."""
    sizes = " · ".join(f"**{plain(group)}** {n}" for group, n in view.group_sizes().items())
    line, why = st.columns([5, 2], vertical_alignment="center")
    line.markdown(sizes)
    left_out = view.left_out()
    if left_out:
        with why.popover(f"Left out {left_out} (why)", type="tertiary"):
            for (kind, reason), rows in view.attrition.groupby(["kind", "reason"], sort=False):
                ids = sorted(patient for some in rows["patient_ids"] for patient in some)
                st.markdown(f"{plain(_sentence_case(attrition_words(kind, reason)))}: **{len(ids)}**")
                st.caption(plain(", ".join(ids[:60]) + (" …" if len(ids) > 60 else "")))


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


def _on_screen(draw: Draw, shown: Shown) -> go.Figure:
    picture = draw(theme())
    if marks := mark_words(shown.view, shown.notes):
        mark_figure(picture, theme(), marks)
    return picture


def _figure_downloads(draw: Callable[[], go.Figure], title: str, shown: Shown) -> None:
    from present.figures import files

    writers = {
        "PNG": (lambda: files.figure_png(draw(), shown.stamp(title)), "png", "image/png"),
        "SVG": (lambda: files.figure_svg(draw(), shown.stamp(title)), "svg", "image/svg+xml"),
        "HTML, interactive": (lambda: files.figure_html(draw(), shown.stamp(title)), "html", "text/html"),
    }
    _download_row("Figure", title, writers)


def _table_downloads(document: TableDocument, shown: Shown) -> None:
    from present.tables import files

    def stamp() -> Stamp:
        return shown.stamp(document.title)

    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    excel = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    writers = {
        "Word": (lambda: files.table_word(document, stamp()), "docx", word),
        "Excel": (lambda: files.table_excel(document, stamp()), "xlsx", excel),
        "CSV": (lambda: files.table_csv(document, stamp()), "csv", "text/csv"),
        "HTML": (lambda: files.table_page(document, stamp()), "html", "text/html"),
        "LaTeX": (lambda: files.table_latex(document, stamp()), "tex", "application/x-tex"),
    }
    _download_row("Table", document.title, writers)


def _download_row(what: str, title: str, writers: dict[str, tuple[Callable[[], bytes], str, str]]) -> None:
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        for name, (write, suffix, mime) in writers.items():
            st.download_button(
                name,
                data=write,
                file_name=f"{file_stem(title)}.{suffix}",
                mime=mime,
                on_click="ignore",
                type="tertiary",
                icon=":material/download:",
                key=f"{what}_{title}_{name}",
                help=f"{what} as {name}, with groups, filters, definitions and method",
            )


def file_stem(title: str) -> str:
    """Make a file name of a title: letters, digits and hyphens."""
    return "nephrocompare-" + re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60]
