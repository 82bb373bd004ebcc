"""Which patients reach the endpoint sooner? Baseline factors alone and together, the treatment group always held."""

from ui import choose_remission, compute, show, show_remission, state, words

study = state.current()
show.page_title(words.FACTORS_QUESTION, compute.view(study))

choose_remission.choose_endpoint(study)
show_remission.factors(study)
