# The CDISC pilot by body system and term: patients, events, Fisher and Newcombe against placebo, exact interval of the share.
# Made with R 4.2.2 (stats 4.2.2). Run from the repository root: Rscript tests/oracles/pilot_events.R
# Input: tests/data/pilot_*.csv (treatment-emergent events of the safety population, SAFFL = TRTEMFL = Y).
options(warn = -1)  # prop.test warns of small counts; only its Wilson limits are used
subjects <- read.csv("tests/data/pilot_subjects.csv")
terms <- read.csv("tests/data/pilot_terms.csv")
events <- merge(merge(read.csv("tests/data/pilot_events.csv"), terms), subjects)
sizes <- table(subjects$arm)
one <- function(rows, level, body_system, term) do.call(rbind, lapply(c("P", "L", "H"), function(arm) {
  mine <- rows[rows$arm == arm, ]; k <- length(unique(mine$subject)); n <- sizes[[arm]]
  placebo <- length(unique(rows$subject[rows$arm == "P"]))
  exact <- binom.test(k, n)$conf.int
  m <- sizes[["P"]]; p1 <- k / n; p0 <- placebo / m; d <- p1 - p0
  a <- prop.test(k, n, correct = FALSE)$conf.int; b <- prop.test(placebo, m, correct = FALSE)$conf.int
  newcombe <- c(d - sqrt((p1 - a[1])^2 + (b[2] - p0)^2), d + sqrt((a[2] - p1)^2 + (p0 - b[1])^2))
  data.frame(level, body_system, term, arm, n_patients = k, n_events = nrow(mine), n_total = n, low = exact[1], high = exact[2],
             newcombe_low = newcombe[1], newcombe_high = newcombe[2],
             fisher = if (arm == "P") NA else fisher.test(matrix(c(k, n - k, placebo, sizes[["P"]] - placebo), 2))$p.value)
}))
by_system <- lapply(split(events, events$body_system), function(rows) one(rows, "category", rows$body_system[1], ""))
frequent <- names(which(table(events$code) >= 15))
by_term <- lapply(frequent, function(code) { rows <- events[events$code == code, ]
  one(rows, "term", rows$body_system[1], rows$term[1]) })
out <- rbind(one(events, "total", "", ""), do.call(rbind, by_system), do.call(rbind, by_term))
write.csv(out, "tests/oracles/pilot_events.csv", row.names = FALSE)
