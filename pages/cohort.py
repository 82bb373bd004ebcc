"""Who is in the comparison? The flow of patients, their follow-up, and which values are there."""

import streamlit as st

from present.figures.cohort import FLOW_WIDTH, flow_alt, flow_figure
from present.figures.completeness import COMPLETENESS_WIDTH, completeness_alt, completeness_figure
from present.tables.cohort import attrition_table, completeness_table, flow_table, follow_up_table
from ui import compute, show, state, words

study = state.current()
view = compute.view(study)
show.page_title(words.COHORT_QUESTION, view)

flow = compute.flow(study)
for overlap in flow.overlap:
    st.warning(show.plain(overlap.text), icon=":material/call_split:")
shown = show.Shown(view=view, method=flow.method, notes=(*flow.overlap, *flow.notes))
show.figure(
    lambda theme: flow_figure(flow, theme=theme),
    title="Flow of patients",
    shown=shown,
    alt=flow_alt(flow),
    least_width=FLOW_WIDTH,
)
show.table(flow_table(flow), shown=shown)
if flow.filters:
    show.table(attrition_table(flow), shown=shown)
show.notes(flow.notes)
show.method(flow.method)

followed = compute.follow_up(study)
show.table(follow_up_table(followed), shown=show.Shown(view=view, method=followed.method, notes=flow.notes))
show.method(followed.method)

complete = compute.completeness(study)
shown = show.Shown(view=view, method=complete.method, notes=flow.notes)
st.subheader(words.COMPLETENESS_TITLE, anchor=False)
if complete.visits.empty:
    st.info(words.EMPTY_LABS)
else:
    show.figure(
        lambda theme: completeness_figure(complete, theme=theme),
        title=words.COMPLETENESS_TITLE,
        shown=shown,
        alt=completeness_alt(complete),
        least_width=COMPLETENESS_WIDTH,
    )
with st.expander(words.COMPLETENESS_TABLE):
    show.table(completeness_table(complete), shown=shown)
show.method(complete.method)
