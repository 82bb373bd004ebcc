"""Widgets of the import: what each column means, what must be confirmed, and the file that is opened in the end."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import streamlit as st

from analysis.cohort.column_review import change_meaning, meanings_on_offer, review_columns
from analysis.cohort.findings import shown_cell
from analysis.cohort.mapping import Question, TableMapping, from_json
from analysis.cohort.questions import accept_proposals, answer_question, open_questions
from analysis.cohort.replay import replay
from analysis.results import CohortError
from ui import compute, compute_import, show, state, words
from ui.show import plain
from ui.state import Upload, picked

SHOWN_AT_ONCE = 10
TABLE_ROLES: dict[str, str] = {
    "patients": "One row per patient",
    "visits": "One row per visit",
    "doses": "One row per dose or treatment period",
    "adverse_events": "One row per adverse event",
    "events": "One row per hard event (death, kidney failure, …)",
    "leave out": "Not read",
}
MISSING_WORD = "missing"
KEY_LABEL = "Key of pseudonyms (keep it apart)"
KEY_HELP = (
    "The patient ids of this file say who a patient is, so pseudonyms stand for them everywhere. This key names the "
    "identifier behind each. It is made from the open file when you click, and is in no study, mapping or report."
)


def show_questions(upload: Upload) -> int:
    """Ask what the file does not say with certainty, a few at a time; give how many are open."""
    questions = compute.upload_answer(upload, "open questions", lambda: open_questions(upload.mapping, upload.raw))
    if not questions:
        st.success("Nothing is left to confirm.")
        return 0
    st.subheader(f"To confirm: {len(questions)}", anchor=False)
    proposed = sum(question.has_proposal() for question in questions)
    if proposed:
        label = f"Accept {words.plural(proposed, 'proposed answer')}"
        st.button(label, key="accept_proposals", on_click=_accept, args=(upload,))
    for question in questions[:SHOWN_AT_ONCE]:
        _ask(upload, question)
    if len(questions) > SHOWN_AT_ONCE:
        st.caption(f"{len(questions) - SHOWN_AT_ONCE} more follow once these are answered.")
    return len(questions)


def edit_columns(upload: Upload) -> None:
    """Show every column with its first values and what it is taken for; the meaning can be changed."""
    for table in upload.mapping.tables:
        columns = compute.upload_answer(
            upload, f"columns of {table.table}", partial(review_columns, upload.mapping, upload.raw, table.table)
        )
        with st.expander(f"{plain(table.table)}: {len(columns)} columns, {TABLE_ROLES[table.role].lower()}"):
            _choose_role(upload, table)
            key = f"columns_{upload.number}_{table.table}"
            st.data_editor(
                columns,
                key=key,
                hide_index=True,
                disabled=["column", "first_values", "how"],
                column_config={
                    "column": st.column_config.TextColumn("Column of the file"),
                    "first_values": st.column_config.TextColumn("First values"),
                    "meaning": st.column_config.SelectboxColumn("Taken for", options=_options(columns), required=True),
                    "unit": st.column_config.TextColumn("Unit"),
                    "month": st.column_config.NumberColumn("Month", min_value=0, max_value=1200),
                    "how": st.column_config.TextColumn("Recognised by"),
                },
                on_change=_edited,
                args=(upload, table.table, key),
            )


def _choose_role(upload: Upload, table: TableMapping) -> None:
    """Choose what the rows of one table are."""
    key = f"role_{upload.number}_{table.table}"
    roles = list(TABLE_ROLES)
    st.selectbox(
        "Rows of this table",
        roles,
        index=roles.index(table.role),
        format_func=lambda role: TABLE_ROLES[role],
        key=key,
        on_change=_with_role,
        args=(upload, table.table, key),
    )


def _with_role(upload: Upload, table: str, key: str) -> None:
    mapping = upload.mapping.with_table_role(table, picked(key))
    state.set_upload(replace(upload, mapping=mapping, number=upload.number + 1))


def save_or_replay(upload: Upload) -> None:
    """Save the mapping as a file, or lay a saved one over this export."""
    save, load = st.columns(2, gap="large")
    with save:
        st.download_button(
            "Save this mapping (JSON)",
            data=upload.mapping_json(),
            file_name="nephrocompare-mapping.json",
            mime="application/json",
            on_click="ignore",
            icon=":material/download:",
        )
    with load:
        saved = st.file_uploader("Use a saved mapping", type=["json"], key="saved_mapping")
        if saved is not None and state.new_mapping_file(saved.file_id):
            try:
                mapping, changes = replay(from_json(saved.getvalue()), upload.raw)
            except CohortError as error:
                state.keep_upload_problem(error)
            else:
                state.set_upload(replace(upload, mapping=mapping, changes=tuple(item.message for item in changes)))
            st.rerun()


def offer_key(upload: Upload) -> None:
    """Offer the identifiers behind the pseudonyms, made on click for this session and part of no other download."""
    if not upload.mapping.pseudonyms:
        return
    st.download_button(
        KEY_LABEL,
        data=lambda: compute_import.key_of_pseudonyms(upload),
        file_name="nephrocompare-key-of-pseudonyms.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/key:",
        key="pseudonym_key",
        help=KEY_HELP,
    )


def open_mapped(upload: Upload, n_open: int) -> None:
    """Open the cohort with the mapping as it stands; what is not confirmed is not read, and listed."""
    if n_open:
        still = f"Still to answer: {words.plural(n_open, 'question')}."
        st.warning(f"{still} Columns with an open question are not read, and are listed among the problems.")
    if st.button("Open the cohort", type="primary", key="open_mapped"):
        try:
            with compute_import.steps("Applying the mapping …") as tell:
                cohort = compute_import.open_upload(upload, tell, mapped=True)
        except CohortError as error:
            state.keep_upload_problem(error)
            st.rerun()
        state.open_cohort(state.UPLOADED, cohort)
        st.switch_page(show.page_path("study"))


def _options(columns) -> list[str]:
    return [*dict.fromkeys([*columns["meaning"], *meanings_on_offer()])]


def _accept(upload: Upload) -> None:
    state.set_upload(replace(upload, mapping=accept_proposals(upload.mapping, upload.raw)))


def _ask(upload: Upload, question: Question) -> None:
    with st.form(f"question_{upload.number}_{question.id}", border=True):
        st.markdown(f"**{plain(question.text)}**")
        st.caption(plain(question.found))
        answer = _word_answers(question) if question.words else _one_answer(question)
        if st.form_submit_button("Confirm"):
            try:
                mapping = answer_question(upload.mapping, question, answer or "")
            except CohortError as error:
                st.error(plain(str(error)))
            else:
                state.set_upload(replace(upload, mapping=mapping))
                st.rerun()


def _one_answer(question: Question) -> str | None:
    words = dict(question.choices)
    if not words:
        return st.text_input("Answer", value=question.proposal, label_visibility="collapsed")
    start = list(words).index(question.proposal) if question.proposal in words else None
    return st.radio(
        plain(question.text),
        list(words),
        index=start,
        format_func=lambda choice: plain(words[choice]),
        label_visibility="collapsed",
    )


def _word_answers(question: Question) -> dict[str, str]:
    choices = dict(question.choices)
    answers: dict[str, str] = {}
    for item in question.words:
        label = f"{plain(shown_cell(item.word)) if item.word else '(blank)'} · {item.count} rows"
        if choices:
            start = list(choices).index(item.proposal) if item.proposal in choices else None
            found = st.selectbox(label, list(choices), index=start, format_func=choices.get)
        else:
            found = st.text_input(label, value=item.proposal)
        answers[item.word] = found or ""
    return answers


def _edited(upload: Upload, table: str, key: str) -> None:
    """Take over what was changed in the grid."""
    mapping, columns = upload.mapping, upload.mapping.columns_of(table)
    for row, changes in picked(key)["edited_rows"].items():
        column = columns[int(row)].column
        if "meaning" in changes:
            mapping = change_meaning(mapping, table, column, changes["meaning"])
        if "unit" in changes:
            mapping = mapping.with_column(table, column, unit=changes["unit"] or "", how="chosen")
        if "month" in changes:
            mapping = mapping.with_column(table, column, month=changes["month"])
    state.set_upload(replace(upload, mapping=mapping, number=upload.number + 1))
