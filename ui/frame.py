"""The page list in sections, and the frame round every page: study, groups, filters."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from analysis.results import CohortError
from ui import choose, choose_filters, compute, presentation, show, state, words

ASSETS = Path(__file__).resolve().parent / "assets"


def main() -> None:
    """Draw the frame and run the page inside it."""
    st.set_page_config(page_title=words.APP, page_icon=str(ASSETS / "icon.svg"), layout="wide")
    st.logo(str(ASSETS / "logo.svg"), size="large", icon_image=str(ASSETS / "icon.svg"))
    study_page = st.Page(show.page_path("study"), title="Study", url_path="home", default=True)
    by_name = st.Page(show.page_path("study"), title="Study", url_path="study", visibility="hidden")
    columns_page, cohort_page, patients_page = _page("columns"), _page("cohort"), _page("patients")
    data = [study_page, by_name, columns_page, cohort_page, _page("definitions")]
    results = [
        _page("baseline"),
        _page("labs", "Laboratory"),
        _page("remission"),
        _page("factors"),
        _page("safety", "Adverse events"),
    ]
    _open_first_study()
    presenting = state.presenting() and state.open_study() is not None
    pages = {"Data": data, "Results": [*results, patients_page]}
    page = st.navigation(pages, position="hidden" if presenting else "sidebar")
    mapping_own = page == columns_page and _other_file_is_mapped()
    if presenting:
        presentation.bar(page, [cohort_page, *results])
    elif mapping_own:
        _sidebar_while_mapping()
    else:
        _sidebar()
    state.write_link()
    _body(page, needs_patients=page not in (study_page, by_name, columns_page), badge=not mapping_own)


def _page(stem: str, title: str = "") -> st.Page:
    return st.Page(show.page_path(stem), title=title or stem.capitalize(), url_path=stem)


def _open_first_study() -> None:
    """On the first run of a session open what the link names, else the first sample study."""
    asked = state.first_request()
    if asked is None:
        return
    if asked == state.UPLOADED:
        state.link_waits_for_file()
        return
    name = asked if asked in state.SAMPLE_STUDIES else state.FIRST_STUDY
    if name != asked:
        state.add_message("The link names a study this program does not have; the sample study is open instead.")
    state.open_cohort(name, compute.sample(name))


def _sidebar() -> None:
    study = state.open_study()
    if study is None:
        return
    with st.sidebar:
        if study.cohort.provenance.synthetic:
            st.badge(words.SYNTHETIC_SHORT, color="orange", help=words.SYNTHETIC)
        st.markdown(f"**{show.plain(study.cohort.name)}**")
        choose.choose_groups(study)
        choose.choose_withdrawn(study)
        now, total = compute.view(study).members["patient_id"].tolist(), compute.unfiltered_view(study).n
        st.markdown(f"**Filters** · {len(now)} now / {total} in total")
        choose_filters.choose_filters(study)
        selections = state.count_selections(now, total)
        if len(now) < total:
            st.caption(words.post_hoc(selections))
        presentation.offer()


def _other_file_is_mapped() -> bool:
    """Tell whether the files being mapped are another study than the open one."""
    study = state.open_study()
    return state.upload() is not None and (study is None or study.source != state.UPLOADED)


def _sidebar_while_mapping() -> None:
    """Name the study that stays open; its groups and filters are not those of the file being mapped."""
    study, upload = state.open_study(), state.upload()
    if study is None or upload is None:
        return
    with st.sidebar:
        st.markdown(f"**Being mapped:** {show.plain(upload.names())}")
        kind = " (synthetic sample)" if study.cohort.provenance.synthetic else ""
        st.caption(f"Still open: {show.plain(study.cohort.name)}{kind}. Its groups and filters are on the other pages.")


def _body(page: st.Page, *, needs_patients: bool, badge: bool) -> None:
    study = state.open_study()
    for text in state.take_messages():
        st.info(show.plain(text))
    if badge and study is not None and study.cohort.provenance.synthetic:
        st.badge(words.SYNTHETIC, color="orange", width="stretch")
    if study is None and needs_patients:
        st.warning(words.NO_STUDY)
        st.page_link(show.page_path("study"), label="Go to the Study page")
        return
    try:
        if study is not None and needs_patients and compute.view(study).n == 0:
            show.nobody_left(compute.view(study))
        else:
            page.run()
    except CohortError as error:
        show.problem(error)


main()
