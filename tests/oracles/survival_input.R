# Input of the survival oracles: one row per patient of several data sets.
# Made with R 4.2.2. Run from the repository root, before survival_curves.R and logrank.R: Rscript tests/oracles/survival_input.R
# imn_e1, imn_e2: time to complete and to first remission of imn_skeleton.csv, a verbatim copy of the
# published IMN sample design (synthetic; censored at last_eval when the remission never came).
set.seed(20230712)
here <- "tests/oracles"
skeleton <- read.csv(file.path(here, "imn_skeleton.csv"))
reached <- function(t, name) data.frame(
  dataset = name, group = skeleton$arm, time = ifelse(is.na(t), skeleton$last_eval, t),
  event = as.integer(!is.na(t)), competing = 0L)
random <- function(name, n, groups, times, competing) {
  code <- sample(0:(1 + competing), n, replace = TRUE, prob = c(0.4, 0.4, 0.2)[seq_len(2 + competing)])
  data.frame(dataset = name, group = rep_len(groups, n), time = times,
             event = as.integer(code == 1), competing = as.integer(code == 2))
}
input <- rbind(
  reached(skeleton$t_cr, "imn_e1"), reached(skeleton$t_first, "imn_e2"),
  random("ties", 24, c("a", "b"), sample(c(3, 6, 9, 12), 24, replace = TRUE), FALSE),
  random("no_ties", 30, c("a", "b"), round(rexp(30, 0.1), 4), FALSE),
  random("three_groups", 60, c("a", "b", "c"), sample(1:12, 60, replace = TRUE), FALSE),
  random("competing_ties", 80, c("a", "b"), sample(c(3, 6, 9, 12), 80, replace = TRUE), TRUE),
  random("competing", 40, c("a", "b"), round(rexp(40, 0.1), 4), TRUE),
  data.frame(dataset = "half", group = "a", time = c(1, 2, 3, 4, 5, 6), event = c(1, 1, 1, 0, 1, 0), competing = 0L),
  data.frame(dataset = "half_at_end", group = "a", time = c(1, 2, 3, 4, 5, 6), event = c(1, 1, 1, 0, 0, 0), competing = 0L),
  data.frame(dataset = "all_events", group = "a", time = c(1, 2, 2, 4, 7), event = 1L, competing = 0L),
  data.frame(dataset = "late_first", group = "a", time = c(1, 1, 2, 5, 5, 8, 9), event = c(0, 0, 0, 1, 0, 1, 0), competing = 0L))
write.csv(input, file.path(here, "survival_input.csv"), row.names = FALSE)
